import Packets

/// Flushing from outside. (gopacket: `FlushWithOptions`, `FlushCloseOlderThan`, `FlushAll`.)
extension Assembler {
  /// Gives up the holes that queued bytes have waited at for `age` or longer, and completes the connections that had no packet for
  /// `idle` or longer; nil leaves either out. Answers how many connections were flushed, and how many completed.
  ///
  /// O(what is flushed + log of what waits).
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

  /// Flushes and completes everything older than `age`. (gopacket: `FlushCloseOlderThan`.)
  public mutating func flushAndClose(olderThan age: PacketDuration) -> (flushed: Int, closed: Int) {
    flush(gapsOlderThan: age, idleFor: age)
  }

  /// Completes every connection, in order of id: the input has ended. Answers how many. O(n log n).
  public mutating func flushAll() -> Int {
    let open = pool.openConnections()
    for connection in open { complete(connection, close: closeReason(connection, otherwise: .open), cause: .end) }
    defragmenter.discardAll()
    statistics.fragments = defragmenter.statistics
    statistics.clockJumps = clock.jumps
    return open.count
  }
}
