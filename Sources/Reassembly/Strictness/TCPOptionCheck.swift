public import Packets

/// Holds segments against what the handshake agreed on: the peer's largest segment and its window. (gopacket: `TCPOptionCheck`.)
///
/// For `Stream.accept`, one for each connection. It is stricter than TCP is: whatever begins below the expected sequence number is turned
/// away, a retransmission that brings new bytes too; so are the segments above the MSS that captures on a host with offloading
/// consist of.
public struct TCPOptionCheck: Sendable {
  /// What is wrong with a segment.
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

  /// What one end has stated; 0 and `isScaled` false before it has.
  private struct End {
    /// In bytes; 0 where the SYN had no such option.
    var segmentSize: UInt16 = 0
    /// As in the header; 0 where no segment was taken yet.
    var window: UInt16 = 0
    var isScaled = false
  }

  private var originator = End()
  private var responder = End()

  public init() {}

  private subscript(_ side: Side) -> End {
    get { side == .originator ? originator : responder }
    set { if side == .originator { originator = newValue } else { responder = newValue } }
  }

  /// Judges a segment, and notes what it states if nothing is wrong with it. O(options). (gopacket: `Accept`.)
  ///
  /// The peer's window is checked only where it is not scaled, as the model does: 64 KiB are then its largest.
  /// - Parameter next: the sequence number expected next in this direction; nothing is checked before it is known.
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

  /// What a SYN states; the last option of a kind counts, and what is not stated is as if it never was.
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
