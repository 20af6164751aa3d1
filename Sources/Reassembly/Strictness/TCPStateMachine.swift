public import Packets

/// A very simple TCP state machine: which segments the state of a connection allows. (gopacket: `TCPSimpleFSM`.)
///
/// For `Stream.accept`, one for each connection, where segments shall count only if the hosts' own TCPs would have taken them. It looks at
/// control bits alone, in the order of capture: no sequence number is checked, so a reset with any number ends everything, and
/// segments that the capture holds out of order are turned away.
///
///     closed --SYN--> synSent --SYN-ACK of the peer--> established --FIN--> closeWait --FIN-ACK of the peer--> lastAck --ACK--> closed
///
/// A RST leads from every state between the first and the last to `reset`, which allows nothing.
public struct TCPStateMachine: Sendable {
  public enum State: UInt8, Sendable, CaseIterable {
    case closed, synSent, established, closeWait, lastAck, reset
  }

  public private(set) var state = State.closed
  /// Who sent the SYN, then who sent the first FIN.
  private var leader = Side.originator
  private let supportsMissingEstablishment: Bool

  /// A machine of a connection of which nothing was seen.
  ///
  /// - Parameter supportsMissingEstablishment: the first segment tells the state where SYN and SYN-ACK were not captured; without it,
  ///   nothing is allowed before a SYN.
  public init(supportsMissingEstablishment: Bool = false) { self.supportsMissingEstablishment = supportsMissingEstablishment }

  /// Goes on by one segment, or answers that the state does not allow it; then nothing changes. O(1). (gopacket: `CheckState`.)
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

  /// A segment without RST between the first SYN and the last ACK.
  private mutating func goOn(_ flags: TCPFlags, from side: Side) -> Bool {
    let isACK = flags.contains(.ack)
    let isFIN = flags.contains(.fin)
    switch state {
    case .synSent:
      guard flags.contains(.syn) else { return false }
      // The SYN once more, or its answer; each only from its own side.
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

  /// What the state was before a first segment that is no SYN.
  private mutating func guess(_ flags: TCPFlags, from side: Side) {
    let isACK = flags.contains(.ack)
    if flags.contains(.syn) {
      state = .synSent
      leader = side.other
    } else if flags.contains(.fin), isACK {
      // The peer's FIN came before.
      state = .closeWait
      leader = side.other
    } else {
      state = .established
    }
  }
}
