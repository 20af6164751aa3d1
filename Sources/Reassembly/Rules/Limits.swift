import Packets

/// Limits: what gives way when queued bytes or connections exceed what they may take.
///
/// Rules, section 7: Timers and limits.
extension Assembler {
  /// Makes queued bytes give way where a connection, or all together, take more than they may.
  mutating func enforceLimits(_ half: HalfHandle) {
    let connectionLimit = options.maxBufferedPagesPerConnection
    if connectionLimit > 0 {
      while cost(half.connection) > connectionLimit &* Page.size, let victim = waitingHalf(of: half) {
        statistics.pageLimitFlushes &+= 1
        giveUpGap(victim, cause: .pageLimit)
      }
    }
    let totalLimit = options.maxBufferedPagesTotal
    if totalLimit > 0 {
      while pages.usedBytes > totalLimit &* Page.size, let victim = waiting.oldest?.half ?? markedHalf(of: half) {
        statistics.memoryLimitFlushes &+= 1
        giveUpGap(victim, cause: .memoryLimit)
        if victim.connection != half.connection { settle(victim.connection, byPacket: false) }
      }
    }
  }

  @inline(__always)
  func cost(_ index: ConnectionHandle) -> Int {
    index.originator.state.queue.cost &+ index.responder.state.queue.cost
  }

  private func waitingHalf(of half: HalfHandle) -> HalfHandle? {
    if half.state.queue.hasBytes { return half }
    return half.other.state.queue.hasBytes ? half.other : markedHalf(of: half)
  }

  /// Marks alone take memory too: a capture of headers only has nothing else queued.
  private func markedHalf(of half: HalfHandle) -> HalfHandle? {
    if !half.state.queue.isEmpty { return half }
    return half.other.state.queue.isEmpty ? nil : half.other
  }

  /// At the limit remembered connections go first, then unanswered SYNs, then the longest idle without payload, then the longest idle: a
  /// SYN flood must not evict the evidence.
  mutating func makeRoom() {
    guard options.maxConnections > 0 else { return }
    while pool.count >= options.maxConnections, !pool.isEmpty(.lingering) { pool.remove(pool.first(of: .lingering)) }
    guard pool.openCount >= options.maxConnections else { return }
    let victim = evictionVictim()
    guard victim.exists else { return }
    statistics.evictedConnections &+= 1
    complete(victim, close: closeReason(victim, otherwise: .evicted), cause: .close)
  }

  private func evictionVictim() -> ConnectionHandle {
    for list in [ConnectionList.unanswered, .bare] where !pool.isEmpty(list) { return pool.first(of: list) }
    var victim = ConnectionHandle.none
    for list in [ConnectionList.closing, .halfEnded, .carrying] {
      let index = pool.first(of: list)
      guard index.exists else { continue }
      if !victim.exists || index.state.lastSeen < victim.state.lastSeen { victim = index }
    }
    return victim
  }
}
