public import Packets

/// Filter that holds the segments of one connection against its state and its options.
public final class Strictness: SegmentFilter {
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
  ///   - info: the capture information of its packet.
  ///   - side: the end that sent it.
  ///   - next: the expected sequence number of its direction; nil before the start is known.
  ///   - start: it stays as it is.
  /// - Returns: whether the segment is used.
  public func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict {
    if let allowed = states?.allows(segment.flags, from: side), !allowed { return .reject(.state) }
    if options?.violation(in: segment, from: side, next: next) != nil { return .reject(.options) }
    return .accept
  }
}
