import Packets

/// Flushing: gaps and connections that the caller gives up. (gopacket: `FlushWithOptions`, `FlushCloseOlderThan`, `FlushAll`.)
extension Assembler {
  /// Gives up old holes, and completes idle connections.
  ///
  /// The cost is O(what is flushed + log of the directions with queued bytes).
  ///
  /// - Parameters:
  ///   - age: holes are given up whose queued bytes have waited this long; nil leaves holes alone.
  ///   - idle: connections are completed that had no packet for this long; nil leaves connections alone.
  /// - Returns: the number of holes that were given up, and of connections that completed.
  @discardableResult
  public mutating func flush(gapsOlderThan age: PacketDuration?, idleFor idle: PacketDuration?) -> (flushed: Int, closed: Int) {
    var flushed = 0
    if let age {
      let limit = PacketClock.arrival(at: clock.now &- min(age.nanoseconds, clock.now))
      while let (half, arrival) = gapTimers.oldest, arrival <= limit, age.nanoseconds <= clock.now {
        giveUpGap(half, cause: .age)
        updateState(half.connection, byPacket: false)
        flushed += 1
      }
    }
    var closed = 0
    if let idle {
      for list in ConnectionList.allCases where list != .timeWait && list != .none {
        while case let connection = pool.first(of: list), connection.exists, clock.now &- connection.state.lastSeen >= idle.nanoseconds {
          complete(connection, close: closeReason(connection, otherwise: .idle), cause: .close)
          closed += 1
        }
      }
    }
    return (flushed, closed)
  }

  /// Gives up holes and completes connections older than `age`. (gopacket: `FlushCloseOlderThan`.)
  ///
  /// - Parameter age: the time that a queued byte has waited, or a connection was idle.
  /// - Returns: the number of holes that were given up, and of connections that completed.
  @discardableResult
  public mutating func flushAndClose(olderThan age: PacketDuration) -> (flushed: Int, closed: Int) {
    flush(gapsOlderThan: age, idleFor: age)
  }

  /// Completes every connection, in the order of ids, because the input has ended.
  ///
  /// The cost is O(n log n) for n open connections.
  ///
  /// - Returns: the number of connections that completed.
  @discardableResult
  public mutating func flushAll() -> Int {
    let open = pool.openConnections()
    for connection in open {
      order?.beginEnd(of: connection.state.id)
      complete(connection, close: closeReason(connection, otherwise: .open), cause: .end)
    }
    defragmenter.discardAll()
    statistics.fragments = defragmenter.statistics
    statistics.clockJumps = clock.jumps
    return open.count
  }
}
