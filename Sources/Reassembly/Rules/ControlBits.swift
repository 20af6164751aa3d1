import Packets

/// The control bits of a segment as they count: SYN together with FIN or RST is no control information.
///
/// Rules, section 3: A segment.
struct ControlBits {
  /// SYN, FIN and RST only where they count; ACK as it stands.
  private let flags: TCPFlags
  /// SYN came together with FIN or RST.
  let isContradictory: Bool

  @inline(__always)
  init(_ segment: borrowing TCPSegment) {
    let contradiction = segment.flags.contains(.syn) && !segment.flags.isDisjoint(with: [.fin, .rst])
    flags = contradiction ? segment.flags.intersection(.ack) : segment.flags
    isContradictory = contradiction
  }

  @inline(__always) var isSYN: Bool { flags.contains(.syn) }
  @inline(__always) var isFIN: Bool { flags.contains(.fin) }
  @inline(__always) var isRST: Bool { flags.contains(.rst) }
  @inline(__always) var isACK: Bool { flags.contains(.ack) }
}
