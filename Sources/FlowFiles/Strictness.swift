internal import Packets
internal import Reassembly

/// What judges the segments of one connection, where the options ask for it.
final class Strictness {
  private var states: TCPStateMachine?
  private var options: TCPOptionCheck?

  /// nil where every segment is taken, so that a connection without checks pays for a pointer alone.
  init?(_ options: FlowFileOptions) {
    guard options.checksStates || options.checksOptions else { return nil }
    if options.checksStates { states = TCPStateMachine() }
    if options.checksOptions { self.options = TCPOptionCheck() }
  }

  /// The state machine comes first, and goes on even if the option check then turns the segment away, as in the model.
  func verdict(on segment: TCPSegment, from side: Side, next: SequenceNumber?) -> Verdict {
    if let allowed = states?.allows(segment.flags, from: side), !allowed { return .rejected(.state) }
    if options?.violation(in: segment, from: side, next: next) != nil { return .rejected(.options) }
    return .accepted
  }
}
