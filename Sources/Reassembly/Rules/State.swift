import Packets

/// State: what a connection is, by what was seen of it, and so which timer it waits for.
///
/// Rules, section 5: FIN and RST; the timers are section 7: Timers and limits.
extension Assembler {
  /// Completes a connection that is over, or puts it into the list that its state asks for. O(1) but for the completion.
  ///
  /// - Parameter byPacket: a packet of the connection was the reason, which makes it the one seen last.
  @inline(always)
  mutating func settle(_ index: ConnectionHandle, byPacket: Bool) {
    guard index.state.flags.isDisjoint(with: [.hasEnd, .reset]) else {
      settleEnding(index, byPacket: byPacket)
      return
    }
    index.state.endedAt = Connection.notEnded
    // What carries bytes goes on so, and what lies with the other direction is left in memory.
    if byPacket, index.state.list == .carrying {
      pool.append(index, to: .carrying, at: clock.now)
    } else {
      enter(index, listOfGoingOn(index), byPacket: byPacket)
    }
  }

  /// Of a connection of which a direction ended, or that was reset.
  private mutating func settleEnding(_ index: ConnectionHandle, byPacket: Bool) {
    let originator = index.originator
    let originatorEnded = originator.state.flags.contains(.ended)
    let responderEnded = originator.other.state.flags.contains(.ended)
    let areEnded = originatorEnded && responderEnded
    if areEnded, isAcknowledged(index) {
      complete(index, close: closeReason(index, otherwise: .fin), cause: .close)
      return
    }
    let isOver = areEnded || index.state.flags.contains(.reset)
    if !isOver {
      index.state.endedAt = Connection.notEnded
    } else if index.state.endedAt == Connection.notEnded {
      index.state.endedAt = clock.now
    }
    let wanted: ConnectionList
    if isOver, options.closeDelay != nil {
      wanted = .closing
    } else if (originatorEnded && originator.other.state.packets == 0) || (responderEnded && originator.state.packets == 0) {
      wanted = .halfEnded
    } else {
      wanted = listOfGoingOn(index)
    }
    enter(index, wanted, byPacket: byPacket)
  }

  /// The list of a connection that is not over, by what was seen of it.
  @inline(always)
  private func listOfGoingOn(_ index: ConnectionHandle) -> ConnectionList {
    let originator = index.originator
    let flags = originator.state.flags
    if flags.union(originator.other.state.flags).contains(.payload) { return .carrying }
    return flags.contains(.syn) && originator.other.state.packets == 0 ? .unanswered : .bare
  }

  @inline(always)
  mutating func enter(_ index: ConnectionHandle, _ wanted: ConnectionList, byPacket: Bool) {
    if index.state.list != wanted || (byPacket && wanted.isByLastPacket) { list(index, in: wanted) }
  }

  /// Each end has acknowledged the other's FIN.
  @inline(__always)
  private func isAcknowledged(_ index: ConnectionHandle) -> Bool {
    let originator = index.originator
    let responder = originator.other
    let originatorEnd = originator.state.fin &+ 1
    let responderEnd = responder.state.fin &+ 1
    return responder.state.hasAcknowledged(originatorEnd) && originator.state.hasAcknowledged(responderEnd)
  }
}
