public import Packets

/// Check of segments against the options of the handshake: the peer's MSS and its window. (gopacket: `TCPOptionCheck`.)
///
/// It is made for ``SegmentFilter/accept(_:info:from:next:start:)``, one for each connection, and is stricter than TCP: it rejects whatever begins
/// below the expected sequence number, including a retransmission with new bytes, and segments above the MSS, of which captures on a host
/// with offloading consist.
public struct TCPOptionCheck: Sendable {
  /// Fault of a segment.
  public enum Violation: Sendable, CaseIterable {
    /// The MSS option of a SYN is not four bytes long.
    case segmentSizeLength
    /// The window scale option of a SYN is not three bytes long.
    case windowScaleLength
    /// It begins below the expected sequence number, and is no keep-alive.
    case repeated
    /// It has more payload than the peer's MSS.
    case aboveSegmentSize
    /// It begins farther ahead than the peer's window.
    case beyondWindow
  }

  /// Statements of one end; 0 and false before the first.
  private struct End {
    /// MSS in bytes; 0 if the SYN had no such option.
    var segmentSize: UInt16 = 0
    /// Window as in the header; 0 before the first accepted segment.
    var window: UInt16 = 0
    var isScaled = false
  }

  private var originator = End()
  private var responder = End()

  /// Creates a check for a connection without segments so far.
  public init() {}

  private subscript(_ side: Side) -> End {
    get { side == .originator ? originator : responder }
    set { if side == .originator { originator = newValue } else { responder = newValue } }
  }

  /// Judges a segment, and records what it states if it has no fault. (gopacket: `Accept`.)
  ///
  /// O(options). The peer's window is checked only if it is not scaled, as in gopacket; 64 KiB is then the largest.
  ///
  /// - Parameters:
  ///   - segment: the segment.
  ///   - side: the end that sent it.
  ///   - next: the expected sequence number of its direction; nil before the start is known, and then nothing is checked.
  /// - Returns: the fault of the segment; nil if it has none.
  public mutating func violation(in segment: TCPSegment, from side: Side, next: SequenceNumber?) -> Violation? {
    var end = self[side]
    if segment.flags.contains(.syn) {
      if let violation = Self.read(segment.options, into: &end) { return violation }
    } else if let next, let violation = Self.compare(segment, with: self[side.other], next: next) {
      return violation
    }
    end.window = segment.window
    self[side] = end
    return nil
  }

  /// Reads the options of a SYN.
  ///
  /// The last option of a kind counts; an option that is missing is reset.
  private static func read(_ options: Span<UInt8>, into end: inout End) -> Violation? {
    end.segmentSize = 0
    end.isScaled = false
    var walk = TCPOptions(options)
    while let option = walk.next() {
      switch option.kind {
      case 2:
        guard option.data.count == 2 else { return .segmentSizeLength }
        end.segmentSize = UInt16(option.data[0]) << 8 | UInt16(option.data[1])
      case 3:
        guard option.data.count == 1 else { return .windowScaleLength }
        end.isScaled = true
      default: break
      }
    }
    return nil
  }

  private static func compare(_ segment: TCPSegment, with peer: End, next: SequenceNumber) -> Violation? {
    let length = segment.payload.count &+ segment.missingLength
    let distance = next.distance(to: segment.sequence)
    if distance < 0 { return distance == -1 && length <= 1 ? nil : .repeated }
    if peer.segmentSize > 0, length > Int(peer.segmentSize) { return .aboveSegmentSize }
    if peer.window > 0, !peer.isScaled, Int(distance) > Int(peer.window) { return .beyondWindow }
    return nil
  }
}
