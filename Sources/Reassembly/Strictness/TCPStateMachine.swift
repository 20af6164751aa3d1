public import Packets

/// Simple TCP state machine, which decides what segments a connection allows. (gopacket: `TCPSimpleFSM`.)
///
/// It is made for ``SegmentFilter/accept(_:info:from:next:start:)``, one for each connection, for captures in which only segments shall count that
/// the hosts' own TCPs would have accepted. It reads control bits alone, in the order of capture, and checks no sequence number: a reset
/// with any number ends the connection, and segments out of order are rejected.
///
///     closed --SYN--> synSent --SYN-ACK of the peer--> established --FIN--> closeWait --FIN-ACK of the peer--> lastAck --ACK--> closed
///
/// A RST leads from every state between the first and the last to `reset`, which allows nothing. The states are those of RFC 9293, section
/// 3.3.2, reduced.
public struct TCPStateMachine: Sendable {
  /// State of a connection.
  public enum State: UInt8, Sendable, CaseIterable {
    /// No SYN was seen, or the connection is over.
    case closed
    /// A SYN was seen.
    case synSent
    /// The SYN was answered.
    case established
    /// One end sent a FIN.
    case closeWait
    /// Both ends sent a FIN.
    case lastAck
    /// A RST was seen.
    case reset
  }

  /// State after the segments so far.
  public private(set) var state = State.closed
  /// Sender of the SYN, then sender of the first FIN.
  private var leader = Side.originator
  private let supportsMissingEstablishment: Bool

  /// Creates a machine for a connection without segments so far.
  ///
  /// - Parameter supportsMissingEstablishment: whether the first segment gives the state if SYN and SYN-ACK were not captured; if false,
  ///   nothing is allowed before a SYN.
  public init(supportsMissingEstablishment: Bool = false) { self.supportsMissingEstablishment = supportsMissingEstablishment }

  /// Advances by one segment if the state allows it. (gopacket: `CheckState`.)
  ///
  /// O(1).
  ///
  /// - Parameters:
  ///   - flags: the control bits of the segment.
  ///   - side: the end that sent it.
  /// - Returns: whether the state allows the segment; if not, the state does not change.
  public mutating func allows(_ flags: TCPFlags, from side: Side) -> Bool {
    let isSYN = flags.contains(.syn)
    let isACK = flags.contains(.ack)
    if state == .closed, supportsMissingEstablishment, !isSYN || isACK { guess(flags, from: side) }
    switch state {
    case .closed:
      guard isSYN, !isACK else { return false }
      leader = side
      state = .synSent
      return true
    case .reset:
      return false
    case .synSent, .established, .closeWait, .lastAck:
      if flags.contains(.rst) {
        state = .reset
        return true
      }
      return goOn(flags, from: side)
    }
  }

  /// Advances by a segment without RST between the first SYN and the last ACK.
  private mutating func goOn(_ flags: TCPFlags, from side: Side) -> Bool {
    let isACK = flags.contains(.ack)
    let isFIN = flags.contains(.fin)
    switch state {
    case .synSent:
      guard flags.contains(.syn) else { return false }
      // The SYN may be repeated by its sender, or answered by the peer.
      guard isACK else { return side == leader }
      guard side != leader else { return false }
      state = .established
      return true
    case .established:
      if isFIN {
        state = .closeWait
        leader = side
      }
      return true
    case .closeWait:
      guard isACK else { return false }
      if isFIN, side != leader { state = .lastAck }
      return true
    case .lastAck:
      guard isACK, side == leader else { return false }
      state = .closed
      return true
    case .closed, .reset:
      return false
    }
  }

  /// Guesses the state before a first segment that is no SYN.
  private mutating func guess(_ flags: TCPFlags, from side: Side) {
    let isACK = flags.contains(.ack)
    if flags.contains(.syn) {
      state = .synSent
      leader = side.other
    } else if flags.contains(.fin), isACK {
      // The FIN of the peer came before.
      state = .closeWait
      leader = side.other
    } else {
      state = .established
    }
  }
}
