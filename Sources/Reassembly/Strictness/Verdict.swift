/// Verdict of a stream on a segment before it is used.
public enum Verdict: Hashable, Sendable {
  /// The segment is used.
  case accepted
  /// The segment is counted under a reason and changes nothing.
  case rejected(RejectionReason)
}

/// Reason why a stream rejects a segment; each has a counter of its own beside that of all rejected segments.
public enum RejectionReason: UInt8, Hashable, Sendable, CaseIterable {
  /// A reason of the stream itself.
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
