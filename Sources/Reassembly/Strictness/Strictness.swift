public import Packets

/// Strictness checks of one connection, for ``Stream/accept(_:info:from:next:start:)``.
public final class Strictness {
  private var states: TCPStateMachine?
  private var options: TCPOptionCheck?

  /// The checks that are asked for; nil if there are none, so that a connection without checks pays for a pointer alone.
  ///
  /// This is no initialiser, because a class with a failing initialiser is allocated before it fails.
  ///
  /// - Parameters:
  ///   - states: whether to check with ``TCPStateMachine``.
  ///   - options: whether to check with ``TCPOptionCheck``.
  /// - Returns: the checks, or nil.
  public static func checking(states: Bool, options: Bool) -> Strictness? {
    states || options ? Strictness(checksStates: states, checksOptions: options) : nil
  }

  private init(checksStates: Bool, checksOptions: Bool) {
    if checksStates { states = TCPStateMachine() }
    if checksOptions { options = TCPOptionCheck() }
  }

  /// Judges a segment.
  ///
  /// The state machine comes first. It advances even if the option check then rejects the segment, as in gopacket's reassemblydump.
  ///
  /// - Parameters:
  ///   - segment: the segment.
  ///   - side: the end that sent it.
  ///   - next: the expected sequence number of its direction; nil before the start is known.
  /// - Returns: whether the segment is accepted.
  public func verdict(on segment: TCPSegment, from side: Side, next: SequenceNumber?) -> Verdict {
    if let allowed = states?.allows(segment.flags, from: side), !allowed { return .rejected(.state) }
    if options?.violation(in: segment, from: side, next: next) != nil { return .rejected(.options) }
    return .accepted
  }
}
