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
    case candidate
    /// The connection is over: this begins the next one.
    case next
  }

  mutating func judgeSYN(_ segment: borrowing TCPSegment, _ half: HalfIndex, isACK: Bool) -> SYNMeaning {
    let isn = segment.sequence.rawValue
    let flags = pool.slab[half].flags
    let connection = half.connection
    if isOver(connection), isNew(isn, half, endedAt: pool.slab[connection].endedAt) { return .next }
    if flags.contains(.syn), !flags.contains(.startedBeforeSYN) {
      if isn &+ 1 == UInt32(truncatingIfNeeded: pool.slab[half].origin) { return .own }
      if flags.isDisjoint(with: [.payload, .fin]) {
        if isACK { return answersAnother(segment.acknowledgment.rawValue, half) ? .candidate : alternativeSYNACK(isn, half) }
        // Nothing was answered and nothing sent: the client tries again with another number.
        if pool.slab[half.other].packets == 0 { return .first }
      }
      return .candidate
    }
    guard flags.contains(.based) else { return .first }
    return distanceOfLate(isn, half).map(SYNMeaning.late) ?? .candidate
  }

  /// A SYN this far below the lowest byte of a direction without one is its own, captured late.
  private static let lateHandshakeReach: Int64 = 1 << 20

  /// How far the bytes of a direction, which has some, begin behind offset 0 of a SYN with this number; nil where the SYN is not its own.
  @inline(always)
  func distanceOfLate(_ isn: UInt32, _ half: HalfIndex) -> Int64? {
    let lowest = pool.slab[half].flags.contains(.started) ? pool.slab[half].origin : lowestPosition(half)
    let below = lowest &- pool.slab[half].position(of: isn &+ 1)
    // A keep-alive repeats the place of the SYN, so the lowest byte may lie right there.
    return below >= -1 && below <= Self.lateHandshakeReach ? below : nil
  }

  /// Does what a SYN that was accepted means for its direction.
  mutating func settle(_ meaning: SYNMeaning, isn: UInt32, _ half: HalfIndex) {
    switch meaning {
    case .first: restart(half, isn: isn)
    case .late(let below):
      pool.slab[half].flags.insert(.syn)
      if !pool.slab[half].flags.contains(.started) {
        begin(half, at: pool.slab[half].position(of: isn &+ 1))
      } else if below != 0 {
        pool.slab[half].flags.insert(.startedBeforeSYN)
      }
    case .own, .alternative, .candidate, .next: break
    }
  }

  private mutating func restart(_ half: HalfIndex, isn: UInt32) {
    // A SYN that was turned away left a mark where its data would have been.
    if !pool.slab[half].queue.isEmpty { freeMarks(half) }
    place(half, isn: isn)
  }

  /// Offset 0 of a direction that has handed on nothing lies behind this number.
  mutating func place(_ half: HalfIndex, isn: UInt32) {
    // A reset that waited for the stream of the earlier number waits in vain.
    pool.slab[half].flags.remove(.resetPending)
    rebase(half, to: HalfConnection.firstPosition(of: isn &+ 1))
    pool.slab[half].flags.formUnion([.syn, .based, .started])
  }

  /// Both directions ended, or a reset was accepted.
  func isOver(_ index: ConnectionIndex) -> Bool {
    pool.slab[index].flags.contains(.reset)
      || (pool.slab[HalfIndex(index, .originator)].flags.contains(.ended) && pool.slab[HalfIndex(index, .responder)].flags.contains(.ended))
  }
}
