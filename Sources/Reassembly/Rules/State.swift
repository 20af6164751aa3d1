import Packets

/// State: what a connection is, by what was seen of it, and so which timer it waits for.
///
/// Rules, section 5: FIN and RST; the timers are section 7: Timers and limits.
extension Assembler {
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
  mutating func enter(_ index: ConnectionIndex, _ wanted: ConnectionList, byPacket: Bool) {
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
