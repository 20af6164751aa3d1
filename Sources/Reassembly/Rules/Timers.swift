public import Packets

/// Timers: what is due at the clock's present. Every list is ordered by time, so a sweep reads only what is due.
///
/// Rules, section 7: Timers and limits.
extension Assembler {
  /// One direction ended and the other was never captured.
  private static let halfEndedTime = PacketDuration.seconds(60)

  /// Lets packet time go on without a segment, as on a quiet live interface, and does what is due. Amortised O(1).
  @inline(__always)
  public mutating func advance(to time: Timestamp) {
    clock.advance(to: time)
    if clock.now >= nextDue { sweep() }
  }

  /// How long a connection may stand in a list; nil for ever.
  @inline(always)
  private func lifetime(in list: ConnectionList) -> PacketDuration? {
    switch list {
    case .unanswered: options.synTimeout ?? options.idleTimeout
    case .bare, .carrying: options.idleTimeout
    case .halfEnded: Self.halfEndedTime
    case .closing: options.closeDelay
    case .lingering: options.stragglerTime
    case .none: nil
    }
  }

  mutating func sweep() {
    let now = clock.now
    while case let half = held.first, half.exists, now &- half.state.heldSince >= Self.holdTime.nanoseconds {
      beginMidstream(half)
      settle(half.connection, byPacket: false)
    }
    if let timeout = options.gapTimeout {
      while let (half, arrival) = waiting.oldest, isDue(arrival, after: timeout) {
        giveUpGap(half, cause: .age)
        settle(half.connection, byPacket: false)
      }
    }
    for list in ConnectionList.allCases {
      guard let lifetime = lifetime(in: list) else { continue }
      while case let index = pool.first(of: list), index.exists, now &- index.state.listedAt >= lifetime.nanoseconds {
        if list == .lingering {
          pool.prefetchRemovals(behind: index)
          pool.remove(index)
        } else {
          let due = index.state.listedAt &+ lifetime.nanoseconds
          complete(index, close: closeReason(index, otherwise: .idle), cause: .close, at: due)
        }
      }
    }
    nextDue = earliestDue()
  }

  @inline(always)
  private func isDue(_ arrival: UInt64, after timeout: PacketDuration) -> Bool {
    timeout.nanoseconds <= clock.now && arrival <= PacketClock.arrival(at: clock.now &- timeout.nanoseconds)
  }

  @inline(always)
  private func earliestDue() -> Int64 {
    var earliest = Int64.max
    if held.first.exists { earliest = min(earliest, held.first.state.heldSince &+ Self.holdTime.nanoseconds) }
    if let timeout = options.gapTimeout, let (_, arrival) = waiting.oldest {
      earliest = min(earliest, due(Int64(arrival << 6), after: timeout))
    }
    for list in ConnectionList.allCases {
      let index = pool.first(of: list)
      if index.exists, let lifetime = lifetime(in: list) { earliest = min(earliest, due(index.state.listedAt, after: lifetime)) }
    }
    return earliest
  }

  @inline(always)
  func due(_ time: Int64, after duration: PacketDuration) -> Int64 {
    let (due, overflow) = time.addingReportingOverflow(duration.nanoseconds)
    return overflow ? .max : due
  }

  /// Puts a connection into the list that its state asks for, now.
  mutating func list(_ index: ConnectionHandle, in list: ConnectionList) { self.list(index, in: list, at: clock.now) }

  /// - Parameter time: not before that of any connection in the list.
  mutating func list(_ index: ConnectionHandle, in list: ConnectionList, at time: Int64) {
    let wasEmpty = pool.isEmpty(list)
    pool.append(index, to: list, at: time)
    if wasEmpty, let lifetime = lifetime(in: list) { nextDue = min(nextDue, due(time, after: lifetime)) }
  }

  /// Brings the heap up to date after a direction's queue changed.
  mutating func noteWaiting(_ half: HalfHandle) {
    let oldest = half.state.queue.oldest
    guard oldest.exists else {
      waiting.update(half, arrival: nil)
      return
    }
    let arrival = pages[oldest].arrival
    waiting.update(half, arrival: arrival)
    if let timeout = options.gapTimeout { nextDue = min(nextDue, due(Int64(arrival << 6), after: timeout)) }
  }
}
