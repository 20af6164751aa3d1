import Packets

/// State: the list, and so the timer, of a connection.
///
/// Rules, section 5: FIN and RST; the timers are section 7: Timers and limits.
extension Assembler {
  /// Completes a connection whose FINs are acknowledged, or puts it into the list of its state, which is that of a timer.
  ///
  /// O(1) except for the completion. If the reason is a packet of the connection (`byPacket`), the connection becomes the most recent in
  /// its list.
  @inline(always)
  mutating func updateState(_ connection: ConnectionHandle, byPacket: Bool) {
    guard connection.state.flags.isDisjoint(with: [.hasFINReached, .reset]) else {
      updateEndingState(connection, byPacket: byPacket)
      return
    }
    connection.state.endedAt = Connection.notEnded
    // A connection with payload stays in its list, so the memory of its other direction is not touched.
    if byPacket, connection.state.list == .withPayload {
      pool.append(connection, to: .withPayload, at: clock.now)
    } else {
      enter(connection, listOfOpen(connection), byPacket: byPacket)
    }
  }

  /// Updates the state of a connection with an ended direction or a reset.
  private mutating func updateEndingState(_ connection: ConnectionHandle, byPacket: Bool) {
    let originator = connection.originator
    let originatorEnded = originator.state.flags.contains(.finReached)
    let responderEnded = originator.other.state.flags.contains(.finReached)
    let areEnded = originatorEnded && responderEnded
    if areEnded, isAcknowledged(connection) {
      complete(connection, close: closeReason(connection, otherwise: .fin), cause: .close)
      return
    }
    let isOver = areEnded || connection.state.flags.contains(.reset)
    if !isOver {
      connection.state.endedAt = Connection.notEnded
    } else if connection.state.endedAt == Connection.notEnded {
      connection.state.endedAt = clock.now
    }
    // It waits for the acknowledgments, and after a reset for data of the peer in flight.
    let wanted: ConnectionList
    if isOver, options.closeDelay != nil {
      wanted = .closing
    } else if (originatorEnded && originator.other.state.packets == 0) || (responderEnded && originator.state.packets == 0) {
      wanted = .halfClosed
    } else {
      wanted = listOfOpen(connection)
    }
    enter(connection, wanted, byPacket: byPacket)
  }

  /// The list of a connection that is not over.
  @inline(always)
  private func listOfOpen(_ connection: ConnectionHandle) -> ConnectionList {
    let originator = connection.originator
    let flags = originator.state.flags
    if flags.union(originator.other.state.flags).contains(.payload) { return .withPayload }
    return flags.contains(.syn) && originator.other.state.packets == 0 ? .synSent : .withoutPayload
  }

  @inline(always)
  mutating func enter(_ connection: ConnectionHandle, _ wanted: ConnectionList, byPacket: Bool) {
    if connection.state.list != wanted || (byPacket && wanted.isByLastPacket) { list(connection, in: wanted) }
  }

  /// Whether each end has acknowledged the other's FIN.
  @inline(__always)
  private func isAcknowledged(_ connection: ConnectionHandle) -> Bool {
    let originator = connection.originator
    let responder = originator.other
    let originatorEnd = originator.state.fin &+ 1
    let responderEnd = responder.state.fin &+ 1
    return responder.state.hasAcknowledged(originatorEnd) && originator.state.hasAcknowledged(responderEnd)
  }
}
