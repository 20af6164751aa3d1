import Packets

/// RST: which resets count, and what takes one back (RFC 5961, section 3).
///
/// Rules, section 5: FIN and RST.
extension Assembler {
  mutating func takeReset(_ segment: borrowing TCPSegment, _ half: HalfIndex, isACK: Bool) -> Disposition.Kind {
    drop(Int64(segment.payload.count), .rstPayload, half)
    let index = half.connection
    if isACK, answersSYN(segment.acknowledgment.rawValue, half) {
      pool.slab[half].flags.insert(.reset)
      complete(index, close: .refused, cause: .close)
      return .refused
    }
    let sequence = segment.sequence.rawValue
    let other = pool.slab[half.other]
    let isAtAcknowledgment = other.flags.contains(.acknowledges) && sequence == other.latestAcknowledgment
    let flags = pool.slab[half].flags
    let isKnown = flags.contains(.based)
    let position = position(of: sequence, half)
    let distance = position &- pool.slab[half].next
    // A FIN takes a number of its own, so a reset behind it is no farther ahead.
    let isExpected = distance == 0 || (distance == 1 && flags.contains(.ended))
    if isAtAcknowledgment || (flags.contains(.started) && isExpected) {
      acceptReset(half, at: position)
      return .reset
    }
    guard isKnown, distance > 0 || !flags.contains(.started), window(half).contains(position) else {
      if !isKnown { pool.slab[half].flags.remove(.based) }
      note(.rstIgnored, half)
      return .rstIgnored
    }
    // What was accepted stands; a further reset ahead of it says nothing new.
    guard !flags.contains(.reset) else { return .reset }
    if !flags.contains(.resetPending) || position < pool.slab[half].reset { pool.slab[half].reset = position }
    pool.slab[half].flags.insert(.resetPending)
    return .reset
  }

  /// Whether a reset that acknowledges `number` answers a SYN which was not answered yet.
  private func answersSYN(_ number: UInt32, _ half: HalfIndex) -> Bool {
    let other = pool.slab[half.other]
    guard other.flags.contains(.syn), pool.slab[half].flags.isDisjoint(with: [.syn, .payload, .fin]) else { return false }
    guard !pool.slab[half].hasAcknowledged(other.origin) else { return false }
    let position = other.position(of: number)
    // Data on the SYN is acknowledged with it. A client that acknowledges has had an answer, whether it was captured or not.
    return position == other.origin || (!other.flags.contains(.acknowledges) && position > other.origin && position <= other.next)
  }

  private mutating func acceptReset(_ half: HalfIndex, at position: Int64) {
    if !pool.slab[half].flags.contains(.reset) { pool.slab[half].reset = position }
    pool.slab[half].flags.remove(.resetPending)
    pool.slab[half].flags.insert(.reset)
    pool.slab[half.connection].flags.insert(.reset)
  }

  /// The stream has got to a reset that lay ahead.
  @inline(always)
  mutating func acceptPendingReset(_ half: HalfIndex) {
    if pool.slab[half].flags.contains(.resetPending) { acceptResetReached(half) }
  }

  private mutating func acceptResetReached(_ half: HalfIndex) {
    let flags = pool.slab[half].flags
    guard pool.slab[half].next &+ (flags.contains(.ended) ? 1 : 0) >= pool.slab[half].reset else { return }
    acceptReset(half, at: pool.slab[half].reset)
  }

  /// A TCP that reset sends no more: payload behind a reset proves it forged.
  mutating func withdrawReset(_ half: HalfIndex, end: Int64) {
    guard !pool.slab[half].flags.isDisjoint(with: [.reset, .resetPending]), end > pool.slab[half].reset else { return }
    pool.slab[half].flags.subtract([.reset, .resetPending])
    pool.slab[half].flags.insert(.withdrawn)
    note(.rstWithdrawn, half)
    if !pool.slab[half.other].flags.contains(.reset) { pool.slab[half.connection].flags.remove(.reset) }
  }
}
