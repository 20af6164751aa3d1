public import Packets

/// Timers: lists in the order of time, of which a sweep reads only what is due.
///
/// Rules, section 7: Timers and limits.
extension Assembler {
  /// Time after which a connection completes if one direction ended and the other was never captured.
  private static let halfClosedTime = PacketDuration.seconds(60)

  /// Advances packet time without a segment, as on a quiet live interface, and handles the timers that are due.
  ///
  /// Amortised O(1).
  ///
  /// - Parameter time: the present time, on the clock of the packets.
  @inline(__always)
  public mutating func advance(to time: Timestamp) {
    clock.advance(to: time)
    if clock.now >= nextDue { sweep() }
  }

  /// Time that a connection may stay in a list; nil without a limit.
  @inline(always)
  private func lifetime(in list: ConnectionList) -> PacketDuration? {
    switch list {
    case .synSent: options.synTimeout ?? options.idleTimeout
    case .withoutPayload, .withPayload: options.idleTimeout
    case .halfClosed: Self.halfClosedTime
    case .closing: options.closeDelay
    case .timeWait: options.stragglerTime
    case .none: nil
    }
  }

  /// Handles everything that is due.
  mutating func sweep() {
    let now = clock.now
    while case let half = awaitingStart.first, half.exists, now &- half.state.awaitingStartSince >= Self.awaitStartTime.nanoseconds {
      startMidstream(half)
      updateState(half.connection, byPacket: false)
    }
    if let timeout = options.gapTimeout {
      while let (half, arrival) = gapTimers.oldest, isDue(arrival, after: timeout) {
        giveUpGap(half, cause: .age)
        updateState(half.connection, byPacket: false)
      }
    }
    for list in ConnectionList.allCases {
      guard let lifetime = lifetime(in: list) else { continue }
      while case let connection = pool.first(of: list), connection.exists, now &- connection.state.listedAt >= lifetime.nanoseconds {
        if list == .timeWait {
          pool.prefetchRemovals(behind: connection)
          pool.remove(connection)
        } else {
          let due = connection.state.listedAt &+ lifetime.nanoseconds
          complete(connection, close: closeReason(connection, otherwise: .idle), cause: .close, at: due)
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
    if awaitingStart.first.exists {
      earliest = min(earliest, awaitingStart.first.state.awaitingStartSince &+ Self.awaitStartTime.nanoseconds)
    }
    if let timeout = options.gapTimeout, let (_, arrival) = gapTimers.oldest {
      earliest = min(earliest, due(Int64(arrival << 6), after: timeout))
    }
    for list in ConnectionList.allCases {
      let connection = pool.first(of: list)
      if connection.exists, let lifetime = lifetime(in: list) { earliest = min(earliest, due(connection.state.listedAt, after: lifetime)) }
    }
    return earliest
  }

  @inline(always)
  func due(_ time: Int64, after duration: PacketDuration) -> Int64 {
    let (due, overflow) = time.addingReportingOverflow(duration.nanoseconds)
    return overflow ? .max : due
  }

  /// Puts a connection into a list at the present time.
  mutating func list(_ connection: ConnectionHandle, in list: ConnectionList) { self.list(connection, in: list, at: clock.now) }

  /// Puts a connection into a list at a time that is not before that of any connection in the list.
  mutating func list(_ connection: ConnectionHandle, in list: ConnectionList, at time: Int64) {
    let wasEmpty = pool.isEmpty(list)
    pool.append(connection, to: list, at: time)
    if wasEmpty, let lifetime = lifetime(in: list) { nextDue = min(nextDue, due(time, after: lifetime)) }
  }

  /// Updates the gap timer of a direction after its queue changed.
  mutating func updateGapTimer(_ half: HalfHandle) {
    let oldest = half.state.queue.oldest
    guard oldest.exists else {
      gapTimers.update(half, arrival: nil)
      return
    }
    let arrival = pages[oldest].arrival
    gapTimers.update(half, arrival: arrival)
    if let timeout = options.gapTimeout { nextDue = min(nextDue, due(Int64(arrival << 6), after: timeout)) }
  }
}
