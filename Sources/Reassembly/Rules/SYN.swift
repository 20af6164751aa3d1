import Packets

/// SYN: the meaning of a SYN on a connection that exists.
///
/// Rules, section 2: Connections. SYN-ACKs with different numbers are in `SYNACK.swift`, SYNs of a possible next connection in
/// `SYNPending.swift`.
extension Assembler {
  /// Meaning of a SYN on a connection that exists.
  enum SYNMeaning {
    /// A copy of this direction's SYN; its payload lies at offset 0.
    case own
    /// The first SYN of this direction, or one that replaces an earlier one.
    case first
    /// The SYN of this direction, captured after some of its bytes.
    ///
    /// `below` is the distance from offset 0 to the lowest byte; -1 is the number of the SYN itself.
    case late(below: Int64)
    /// Another SYN-ACK of the server; the acknowledgment of the client decides between them.
    case alternative
    /// Another SYN-ACK of the server, whose acknowledgment by the client was captured before it.
    case acknowledged
    /// A copy of this direction's SYN after its payload: the client may have restarted with the same number.
    case repetition
    /// A SYN-ACK with another number than before, after such a copy.
    case answer
    /// A SYN that may begin the next connection.
    case pendingSYN
    /// The SYN of the next connection, because this one is over.
    case next

    var isFirst: Bool { if case .first = self { true } else { false } }
    var isOwn: Bool { if case .own = self { true } else { false } }
  }

  mutating func classifySYN(_ segment: borrowing TCPSegment, _ half: HalfHandle, isACK: Bool) -> SYNMeaning {
    let isn = segment.sequence.rawValue
    let flags = half.state.flags
    let connection = half.connection
    if isACK, answersRepetition(segment, half) { return .answer }
    if isOver(connection), isNew(isn, half, endedAt: connection.state.endedAt) { return .next }
    if flags.contains(.syn), !flags.contains(.startedBeforeSYN) {
      if isn &+ 1 == UInt32(truncatingIfNeeded: half.state.origin) {
        return !isACK && isRepetition(segment, half) ? .repetition : .own
      }
      if flags.isDisjoint(with: [.payload, .fin]) {
        if isACK { return answersAnother(segment.acknowledgment.rawValue, half) ? .pendingSYN : alternativeSYNACK(isn, half) }
        // Without an answer and without data, the client tries again with another number.
        if half.other.state.packets == 0 { return .first }
      }
      return .pendingSYN
    }
    guard flags.contains(.positioned) else { return .first }
    return distanceOfLate(isn, half).map(SYNMeaning.late) ?? .pendingSYN
  }

  /// Distance in bytes below the lowest byte of a direction up to which a SYN is its own, captured late.
  private static let lateHandshakeReach: Int64 = 1 << 20

  /// The distance from offset 0 of a SYN with this number to the lowest byte of a direction that has bytes; nil if the SYN is not its own.
  @inline(always)
  func distanceOfLate(_ isn: UInt32, _ half: HalfHandle) -> Int64? {
    let lowest = half.state.flags.contains(.started) ? half.state.origin : lowestPosition(half)
    let below = lowest &- half.state.position(of: isn &+ 1)
    // A keep-alive repeats the number of the SYN, so the lowest byte may lie there.
    return below >= -1 && below <= Self.lateHandshakeReach ? below : nil
  }

  /// Applies an accepted SYN to its direction.
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
    case .acknowledged:
      if !half.state.queue.isEmpty { freePlaceholders(half) }
      switchSYNACK(half, to: isn)
      count(.synAckIgnored, half)
    case .own, .alternative, .repetition, .answer, .pendingSYN, .next: break
    }
  }

  private mutating func restart(_ half: HalfHandle, isn: UInt32) {
    // A rejected SYN left a placeholder for its data.
    if !half.state.queue.isEmpty { freePlaceholders(half) }
    setOrigin(half, isn: isn)
  }

  /// Sets offset 0 of a direction that has delivered nothing to the byte after this initial sequence number.
  mutating func setOrigin(_ half: HalfHandle, isn: UInt32) {
    // A pending reset belongs to the earlier number.
    half.state.flags.remove(.resetPending)
    rebase(half, to: HalfConnection.firstPosition(of: isn &+ 1))
    half.state.flags.formUnion([.syn, .positioned, .started])
  }

  /// Whether both directions ended or a reset was accepted.
  func isOver(_ connection: ConnectionHandle) -> Bool {
    connection.state.flags.contains(.reset)
      || (connection.originator.state.flags.contains(.finReached) && connection.responder.state.flags.contains(.finReached))
  }
}
