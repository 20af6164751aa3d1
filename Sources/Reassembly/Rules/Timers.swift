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
  /// - Parameter time: the current time, on the clock of the last packet.
  public mutating func advance(to time: Timestamp) {
    let before = clock.now
    clock.advance(to: time)
    if clock.now >= nextDue { sweep(from: before) }
  }

  /// Advances packet time to a packet that is not assembled, such as one that a filter refused, and handles the timers that are due.
  ///
  /// Amortised O(1). Packets that are assembled advance the time themselves. If every packet of the capture advances it, the report of a
  /// connection does not depend on which other connections are assembled.
  ///
  /// - Parameter info: the capture information of the packet.
  @inline(__always)
  public mutating func advance(to info: CaptureInfo) {
    let before = clock.now
    clock.advance(to: info)
    if clock.now >= nextDue { sweep(from: before) }
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

  /// Kind of timer; each kind is ordered by due time.
  private enum Timer: UInt8, CaseIterable {
    case start, gap, synSent, withoutPayload, withPayload, halfClosed, closing, timeWait

    var list: ConnectionList {
      switch self {
      case .start, .gap: .none
      case .synSent: .synSent
      case .withoutPayload: .withoutPayload
      case .withPayload: .withPayload
      case .halfClosed: .halfClosed
      case .closing: .closing
      case .timeWait: .timeWait
      }
    }
  }

  /// Handles every timer that is due, in the order of due time, each with the clock at that time.
  ///
  /// Therefore the fate of a connection does not depend on the time of the sweep, which also depends on other connections. At equal times
  /// the order is that of `Timer`, then that of ids. O(1) for each timer that is due.
  ///
  /// - Parameter start: the time of the sweep before, or later.
  @inline(never)
  mutating func sweep(from start: Int64) {
    let now = clock.now
    var time = start
    while true {
      let (timer, due, following) = earliestTimer()
      nextDue = min(due, following)
      guard due <= now else { break }
      // Handling a timer can only make this time earlier.
      nextDue = following
      var next = due
      repeat {
        time = max(time, next)
        clock.turn(to: time)
        run(timer)
        next = self.due(timer)
      } while next <= now && next < nextDue
    }
    clock.turn(to: now)
  }

  /// Returns the timer that is due first, its due time, and that of the next timer; `.max` if there is none.
  private func earliestTimer() -> (timer: Timer, due: Int64, following: Int64) {
    var earliest = (timer: Timer.start, due: Int64.max, following: Int64.max)
    for timer in Timer.allCases {
      let due = due(timer)
      if due < earliest.due {
        earliest = (timer, due, earliest.due)
      } else {
        earliest.following = min(earliest.following, due)
      }
    }
    return earliest
  }

  /// Returns the time at which the first timer of a kind is due; `.max` if there is none.
  @inline(__always)
  private func due(_ timer: Timer) -> Int64 {
    switch timer {
    case .start:
      let first = awaitingStart.first
      return first.exists ? due(first.state.awaitingStartSince, after: Self.awaitStartTime) : .max
    case .gap:
      guard let timeout = options.gapTimeout, let (_, arrival) = gapTimers.oldest else { return .max }
      return due(Int64(arrival << 6), after: timeout)
    default:
      let connection = pool.first(of: timer.list)
      guard connection.exists, let lifetime = lifetime(in: timer.list) else { return .max }
      return due(connection.state.listedAt, after: lifetime)
    }
  }

  /// Handles the first timer of a kind.
  @inline(__always)
  private mutating func run(_ timer: Timer) {
    switch timer {
    case .start:
      let half = awaitingStart.firstInOrder()
      order?.beginTimer(timer.rawValue, due: due(timer), rank: half.rank)
      startMidstream(half)
      updateState(half.connection, byPacket: false)
    case .gap:
      guard let (half, _) = gapTimers.oldest else { return }
      order?.beginTimer(timer.rawValue, due: due(timer), rank: half.rank)
      giveUpGap(half, cause: .age)
      updateState(half.connection, byPacket: false)
    case .timeWait:
      let connection = pool.first(of: .timeWait)
      pool.prefetchRemovals(behind: connection)
      pool.remove(connection)
    default:
      let connection = pool.firstInOrder(of: timer.list)
      order?.beginTimer(timer.rawValue, due: due(timer), rank: connection.originator.rank)
      complete(connection, close: closeReason(connection, otherwise: .idle), cause: .close)
    }
  }

  @inline(always)
  func due(_ time: Int64, after duration: PacketDuration) -> Int64 {
    let (due, overflow) = time.addingReportingOverflow(duration.nanoseconds)
    return overflow ? .max : due
  }

  /// Puts a connection into a list at the present time.
  mutating func list(_ connection: ConnectionHandle, in list: ConnectionList) {
    let wasEmpty = pool.isEmpty(list)
    pool.append(connection, to: list, at: clock.now)
    if wasEmpty, let lifetime = lifetime(in: list) { nextDue = min(nextDue, due(clock.now, after: lifetime)) }
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
