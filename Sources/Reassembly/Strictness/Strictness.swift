public import Packets

/// What judges the segments of one connection in `Stream.accept`, where that is asked for.
public final class Strictness {
  private var states: TCPStateMachine?
  private var options: TCPOptionCheck?

  /// nil where every segment is taken, so that a connection without checks pays for a pointer alone. No initialiser, because a class that
  /// answers nil has been allocated all the same.
  public static func checking(states: Bool, options: Bool) -> Strictness? {
    states || options ? Strictness(checksStates: states, checksOptions: options) : nil
  }

  private init(checksStates: Bool, checksOptions: Bool) {
    if checksStates { states = TCPStateMachine() }
    if checksOptions { options = TCPOptionCheck() }
  }

  /// The state machine comes first, and goes on even if the option check then turns the segment away, as in the model.
  public func verdict(on segment: TCPSegment, from side: Side, next: SequenceNumber?) -> Verdict {
    if let allowed = states?.allows(segment.flags, from: side), !allowed { return .rejected(.state) }
    if options?.violation(in: segment, from: side, next: next) != nil { return .rejected(.options) }
    return .accepted
  }
}
