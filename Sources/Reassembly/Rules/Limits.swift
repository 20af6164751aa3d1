import Packets

/// Limits: what is given up when queued bytes or connections exceed a limit.
///
/// Rules, section 7: Timers and limits.
extension Assembler {
  /// Gives up holes while one connection, or all connections together, exceed their memory limit.
  mutating func enforceLimits(_ half: HalfHandle) {
    if let limit = options.connectionMemory {
      while cost(half.connection) > limit, let victim = halfWithQueue(of: half) {
        statistics.pageLimitFlushes &+= 1
        giveUpGap(victim, cause: .pageLimit)
      }
    }
    if let limit = options.memoryLimit {
      while pages.usedBytes > limit, let victim = gapTimers.oldest?.half ?? halfWithPlaceholders(of: half) {
        statistics.memoryLimitFlushes &+= 1
        giveUpGap(victim, cause: .memoryLimit)
        if victim.connection != half.connection { updateState(victim.connection, byPacket: false) }
      }
    }
  }

  @inline(__always)
  func cost(_ connection: ConnectionHandle) -> Int {
    connection.originator.state.queue.cost &+ connection.responder.state.queue.cost
  }

  private func halfWithQueue(of half: HalfHandle) -> HalfHandle? {
    if half.state.queue.hasBytes { return half }
    return half.other.state.queue.hasBytes ? half.other : halfWithPlaceholders(of: half)
  }

  /// A direction with placeholders alone: they take memory too, and a capture of headers only has nothing else queued.
  private func halfWithPlaceholders(of half: HalfHandle) -> HalfHandle? {
    if !half.state.queue.isEmpty { return half }
    return half.other.state.queue.isEmpty ? nil : half.other
  }

  /// Makes room for one connection at the connection limit.
  ///
  /// Connections in time-wait go first, then SYNs without an answer, then the longest idle without payload, then the longest idle: a SYN
  /// flood must evict its own before connections that carry data.
  mutating func makeRoom() {
    guard let limit = options.maxConnections else { return }
    while pool.count >= limit, !pool.isEmpty(.timeWait) { pool.remove(pool.first(of: .timeWait)) }
    guard pool.openCount >= limit else { return }
    let victim = evictionVictim()
    guard victim.exists else { return }
    statistics.evictedConnections &+= 1
    complete(victim, close: closeReason(victim, otherwise: .evicted), cause: .close)
  }

  private func evictionVictim() -> ConnectionHandle {
    for list in [ConnectionList.synSent, .withoutPayload] where !pool.isEmpty(list) { return pool.first(of: list) }
    var victim = ConnectionHandle.none
    for list in [ConnectionList.closing, .halfClosed, .withPayload] {
      let connection = pool.first(of: list)
      guard connection.exists else { continue }
      if !victim.exists || connection.state.lastSeen < victim.state.lastSeen { victim = connection }
    }
    return victim
  }
}
