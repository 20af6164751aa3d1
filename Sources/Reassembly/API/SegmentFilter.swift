public import Packets

/// Judge of the segments of one connection, before they are used. (gopacket: `Stream.Accept`.)
///
/// A connection with a filter has no fast path.
public protocol SegmentFilter: AnyObject {
  /// Judges a segment.
  ///
  /// A rejected segment is counted under its reason and changes nothing. Its bytes become a gap unless another copy comes.
  ///
  /// - Parameters:
  ///   - segment: the segment.
  ///   - info: the capture information of its packet.
  ///   - side: the end that sent it.
  ///   - next: the expected sequence number of its direction (RCV.NXT of the receiver); nil before the start is known.
  ///   - start: set it to true to make a direction whose SYN was not seen begin at this segment at once.
  /// - Returns: whether the segment is used.
  func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict
}

/// Verdict of a filter on a segment.
public enum Verdict: Hashable, Sendable {
  /// The segment is used.
  case accept
  /// The segment is counted under a reason and changes nothing.
  case reject(RejectionReason)
}

/// Reason why a filter rejects a segment; each has a counter of its own beside that of all rejected segments.
public enum RejectionReason: UInt8, Hashable, Sendable, CaseIterable {
  /// A reason of the filter itself.
  case other
  /// The state of the connection does not allow the segment; see ``TCPStateMachine``.
  case state
  /// The segment contradicts the options or the window of the peer; see ``TCPOptionCheck``.
  case options

  /// Anomaly that is counted besides `rejected`.
  var anomaly: Anomaly? {
    switch self {
    case .other: nil
    case .state: .rejectedByState
    case .options: .rejectedByOptions
    }
  }
}
