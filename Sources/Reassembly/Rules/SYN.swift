import Packets

/// SYN: what a SYN on a connection that exists means: repeated, late, replaced, or the beginning of the next connection.
///
/// Rules, section 2: Connections. The SYN-ACKs with different numbers stand in `SYNACK.swift`, the SYNs of a possible next connection in
/// `SYNPending.swift`.
extension Assembler {
  /// What a SYN on a connection means.
  enum SYNMeaning {
    /// A copy of this direction's SYN: its payload lies at offset 0.
    case own
    /// The first SYN of this direction, or one that takes the place of an earlier one.
    case first
    /// The SYN of this direction, captured when its bytes were seen already, which begin this far behind offset 0; -1 is the SYN's place.
    case late(below: Int64)
    /// Another answer of the server; the client will say which one counts.
    case alternative
    /// May begin the next connection.
    case pendingSYN
    /// The connection is over: this begins the next one.
    case next
  }

  mutating func classifySYN(_ segment: borrowing TCPSegment, _ half: HalfHandle, isACK: Bool) -> SYNMeaning {
    let isn = segment.sequence.rawValue
    let flags = half.state.flags
    let connection = half.connection
    if isOver(connection), isNew(isn, half, endedAt: connection.state.endedAt) { return .next }
    if flags.contains(.syn), !flags.contains(.startedBeforeSYN) {
      if isn &+ 1 == UInt32(truncatingIfNeeded: half.state.origin) { return .own }
      if flags.isDisjoint(with: [.payload, .fin]) {
        if isACK { return answersAnother(segment.acknowledgment.rawValue, half) ? .pendingSYN : alternativeSYNACK(isn, half) }
        // Nothing was answered and nothing sent: the client tries again with another number.
        if half.other.state.packets == 0 { return .first }
      }
      return .pendingSYN
    }
    guard flags.contains(.positioned) else { return .first }
    return distanceOfLate(isn, half).map(SYNMeaning.late) ?? .pendingSYN
  }

  /// A SYN this far below the lowest byte of a direction without one is its own, captured late.
  private static let lateHandshakeReach: Int64 = 1 << 20

  /// How far the bytes of a direction, which has some, begin behind offset 0 of a SYN with this number; nil where the SYN is not its own.
  @inline(always)
  func distanceOfLate(_ isn: UInt32, _ half: HalfHandle) -> Int64? {
    let lowest = half.state.flags.contains(.started) ? half.state.origin : lowestPosition(half)
    let below = lowest &- half.state.position(of: isn &+ 1)
    // A keep-alive repeats the place of the SYN, so the lowest byte may lie right there.
    return below >= -1 && below <= Self.lateHandshakeReach ? below : nil
  }

  /// Does what a SYN that was accepted means for its direction.
  mutating func applySYN(_ meaning: SYNMeaning, isn: UInt32, _ half: HalfHandle) {
    switch meaning {
    case .first: restart(half, isn: isn)
    case .late(let below):
      half.state.flags.insert(.syn)
      if !half.state.flags.contains(.started) {
        startStream(half, at: half.state.position(of: isn &+ 1))
      } else if below != 0 {
        half.state.flags.insert(.startedBeforeSYN)
      }
    case .own, .alternative, .pendingSYN, .next: break
    }
  }

  private mutating func restart(_ half: HalfHandle, isn: UInt32) {
    // A SYN that was turned away left a placeholder where its data would have been.
    if !half.state.queue.isEmpty { freePlaceholders(half) }
    setOrigin(half, isn: isn)
  }

  /// Offset 0 of a direction that has handed on nothing lies behind this number.
  mutating func setOrigin(_ half: HalfHandle, isn: UInt32) {
    // A reset that waited for the stream of the earlier number waits in vain.
    half.state.flags.remove(.resetPending)
    rebase(half, to: HalfConnection.firstPosition(of: isn &+ 1))
    half.state.flags.formUnion([.syn, .positioned, .started])
  }

  /// Both directions ended, or a reset was accepted.
  func isOver(_ connection: ConnectionHandle) -> Bool {
    connection.state.flags.contains(.reset)
      || (connection.originator.state.flags.contains(.finReached) && connection.responder.state.flags.contains(.finReached))
  }
}
