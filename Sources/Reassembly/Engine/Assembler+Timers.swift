public import Packets

/// Time: what is due at the clock's present. Every list is ordered by time, so a sweep touches only what is due.
extension Assembler {
  /// A direction without a SYN is held this long for its lowest byte, or until it holds this many bytes.
  static let holdTime = PacketDuration.seconds(1)
  static let holdBytes: UInt32 = 1 << 20
  /// One direction ended and the other was never captured.
  static let halfEndedTime = PacketDuration.seconds(60)

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

  private mutating func sweep() {
    let now = clock.now
    while case let half = held.first, half.exists, now &- pool.slab[half].heldSince >= Self.holdTime.nanoseconds {
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
      while case let index = pool.first(of: list), index.exists, now &- pool.slab[index].listedAt >= lifetime.nanoseconds {
        if list == .lingering {
          pool.prefetchRemovals(behind: index)
          pool.remove(index)
        } else {
          let due = pool.slab[index].listedAt &+ lifetime.nanoseconds
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
    if held.first.exists { earliest = min(earliest, pool.slab[held.first].heldSince &+ Self.holdTime.nanoseconds) }
    if let timeout = options.gapTimeout, let (_, arrival) = waiting.oldest {
      earliest = min(earliest, due(Int64(arrival << 6), after: timeout))
    }
    for list in ConnectionList.allCases {
      let index = pool.first(of: list)
      if index.exists, let lifetime = lifetime(in: list) { earliest = min(earliest, due(pool.slab[index].listedAt, after: lifetime)) }
    }
    return earliest
  }

  @inline(always)
  private func due(_ time: Int64, after duration: PacketDuration) -> Int64 {
    let (due, overflow) = time.addingReportingOverflow(duration.nanoseconds)
    return overflow ? .max : due
  }

  /// Puts a connection into the list that its state asks for, now.
  mutating func list(_ index: ConnectionIndex, in list: ConnectionList) { self.list(index, in: list, at: clock.now) }

  /// - Parameter time: not before that of any connection in the list.
  mutating func list(_ index: ConnectionIndex, in list: ConnectionList, at time: Int64) {
    let wasEmpty = pool.isEmpty(list)
    pool.append(index, to: list, at: time)
    if wasEmpty, let lifetime = lifetime(in: list) { nextDue = min(nextDue, due(time, after: lifetime)) }
  }

  /// Holds a direction back until its start is known.
  mutating func hold(_ half: HalfIndex) {
    guard !pool.slab[half].flags.contains(.held) else { return }
    held.append(half, at: clock.now, in: pool.slab)
    nextDue = min(nextDue, due(clock.now, after: Self.holdTime))
  }

  /// Brings the heap up to date after a direction's queue changed.
  mutating func noteWaiting(_ half: HalfIndex) {
    let oldest = pool.slab[half].queue.oldest
    guard oldest.exists else {
      waiting.update(half, arrival: nil, in: pool.slab)
      return
    }
    let arrival = pages[oldest].arrival
    waiting.update(half, arrival: arrival, in: pool.slab)
    if let timeout = options.gapTimeout { nextDue = min(nextDue, due(Int64(arrival << 6), after: timeout)) }
  }

  /// Completes a connection that is over, or puts it into the list that its state asks for. O(1) but for the completion.
  ///
  /// - Parameter byPacket: a packet of the connection was the reason, which makes it the one seen last.
  @inline(always)
  mutating func settle(_ index: ConnectionIndex, byPacket: Bool) {
    guard pool.slab[index].flags.isDisjoint(with: [.hasEnd, .reset]) else {
      settleEnding(index, byPacket: byPacket)
      return
    }
    pool.slab[index].endedAt = Connection.notEnded
    // What carries bytes goes on so, and what lies with the other direction is left in memory.
    if byPacket, pool.slab[index].list == .carrying {
      pool.append(index, to: .carrying, at: clock.now)
    } else {
      enter(index, listOfGoingOn(index), byPacket: byPacket)
    }
  }

  /// Of a connection of which a direction ended, or that was reset.
  private mutating func settleEnding(_ index: ConnectionIndex, byPacket: Bool) {
    let originator = HalfIndex(index, .originator)
    let originatorEnded = pool.slab[originator].flags.contains(.ended)
    let responderEnded = pool.slab[originator.other].flags.contains(.ended)
    let areEnded = originatorEnded && responderEnded
    if areEnded, isAcknowledged(index) {
      complete(index, close: closeReason(index, otherwise: .fin), cause: .close)
      return
    }
    let isOver = areEnded || pool.slab[index].flags.contains(.reset)
    if !isOver {
      pool.slab[index].endedAt = Connection.notEnded
    } else if pool.slab[index].endedAt == Connection.notEnded {
      pool.slab[index].endedAt = clock.now
    }
    let wanted: ConnectionList
    if isOver, options.closeDelay != nil {
      wanted = .closing
    } else if (originatorEnded && pool.slab[originator.other].packets == 0) || (responderEnded && pool.slab[originator].packets == 0) {
      wanted = .halfEnded
    } else {
      wanted = listOfGoingOn(index)
    }
    enter(index, wanted, byPacket: byPacket)
  }

  /// The list of a connection that is not over, by what was seen of it.
  @inline(always)
  private func listOfGoingOn(_ index: ConnectionIndex) -> ConnectionList {
    let originator = HalfIndex(index, .originator)
    let flags = pool.slab[originator].flags
    if flags.union(pool.slab[originator.other].flags).contains(.payload) { return .carrying }
    return flags.contains(.syn) && pool.slab[originator.other].packets == 0 ? .unanswered : .bare
  }

  @inline(always)
  private mutating func enter(_ index: ConnectionIndex, _ wanted: ConnectionList, byPacket: Bool) {
    if pool.slab[index].list != wanted || (byPacket && wanted.isByLastPacket) { list(index, in: wanted) }
  }

  /// Each end has acknowledged the other's FIN.
  @inline(__always)
  private func isAcknowledged(_ index: ConnectionIndex) -> Bool {
    let originator = HalfIndex(index, .originator)
    let responder = originator.other
    let originatorEnd = pool.slab[originator].fin &+ 1
    let responderEnd = pool.slab[responder].fin &+ 1
    return pool.slab[responder].hasAcknowledged(originatorEnd) && pool.slab[originator].hasAcknowledged(responderEnd)
  }
}
