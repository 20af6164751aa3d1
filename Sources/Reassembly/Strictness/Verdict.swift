/// What a stream says to a segment before it is used.
public enum Verdict: Hashable, Sendable {
  case accepted
  case rejected(RejectionReason)
}

/// Why a stream turned a segment away; each has a count of its own, beside the one of all.
public enum RejectionReason: UInt8, Hashable, Sendable, CaseIterable {
  /// The stream's own reason.
  case other
  /// The state of the connection does not allow it: `TCPStateMachine`.
  case state
  /// It contradicts the options or the window of the peer: `TCPOptionCheck`.
  case options

  /// The anomaly that is counted besides `rejected`.
  var anomaly: Anomaly? {
    switch self {
    case .other: nil
    case .state: .rejectedByState
    case .options: .rejectedByOptions
    }
  }
}
