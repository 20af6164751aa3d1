import Packets

/// Control bits: the flags of a segment as far as they count.
///
/// SYN together with FIN or RST is no control information.
///
/// Rules, section 3: A segment.
struct ControlBits {
  /// SYN, FIN and RST as far as they count, and ACK as it came.
  private let flags: TCPFlags
  /// Whether SYN came together with FIN or RST.
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
