/// Invariants that hold after every call, whatever came from the wire.
extension Assembler {
  /// Stops the program if the structures contradict one another.
  ///
  /// O(everything held), so it is called only in debug builds, and only while little is held.
  func checkInvariants() {
    var pageCount = 0
    var segmentCount = 0
    var timerCount = 0
    var openCount = 0
    for list in ConnectionList.allCases where list != .none {
      var handle = pool.first(of: list)
      var listedAt = Int64.min
      while handle.exists {
        let connection = handle.state
        assert(connection.list == list, "a connection is in another list than it records")
        assert(connection.listedAt >= listedAt, "a list is out of order")
        listedAt = connection.listedAt
        let hasStream = handle.stream.object != nil
        assert(hasStream != (list == .timeWait), "an open connection has a stream, one in time-wait has none")
        for side in Side.allCases { check(handle.half(side), &pageCount, &segmentCount, &timerCount) }
        openCount += 1
        handle = pool.next(handle)
      }
    }
    assert(openCount == pool.count, "the table and the lists differ")
    assert(pageCount == pages.used, "a page is in use without an owner")
    assert(segmentCount == pages.usedSegments, "a queued segment is in use without an owner")
    assert(timerCount == gapTimers.count, "the gap timers hold a direction that has nothing queued")
  }

  private func check(_ half: HalfHandle, _ pageCount: inout Int, _ segmentCount: inout Int, _ timerCount: inout Int) {
    let state = half.state
    let flags = half.connection.state.flags
    assert(state.ledger?.isPending != true || flags.contains(.ledgerTouched), "a connection lacks the flag of a ledger that matters")
    assert(!state.flags.contains(.finReached) || flags.contains(.hasFINReached), "a connection lacks the flag of a direction that ended")
    pageCount += Int(state.queue.pageCount)
    segmentCount += Int(state.queue.segmentCount)
    assert(
      (state.gapTimerPlace != GapTimers.absent) == state.queue.hasBytes, "a direction has a gap timer exactly while it has bytes queued")
    if state.gapTimerPlace != GapTimers.absent { timerCount += 1 }
    let found = state.queue.tree.all(pages)
    checkWindow(half, found)
    var end = Int64.min
    var queuedBytes: UInt32 = 0
    for queued in found {
      let start = state.position(of: pages[queued].start)
      assert(start >= end, "queued clusters overlap")
      assert(!state.flags.contains(.started) || start >= state.next, "a queued cluster lies after the expected offset")
      assert(
        !state.flags.contains(.started) || start > state.next || pages[queued].content != .bytes,
        "a cluster at the expected offset is still queued")
      end = state.position(of: pages.clusterEnd(of: queued))
      if pages[queued].content == .bytes { queuedBytes &+= pages.clusterEnd(of: queued) &- pages[queued].start }
    }
    assert(queuedBytes == state.queue.queuedBytes, "the count of queued bytes is wrong")
    if state.flags.isSuperset(of: [.fin, .started]) { assert(found.isEmpty || end <= state.fin, "something is queued beyond the FIN") }
    if state.flags.contains(.finReached) { assert(found.isEmpty && !state.firstKept.exists, "a closed direction holds segments") }
  }

  /// Checks that all that a direction holds lies within the reach of the window.
  private func checkWindow(_ half: HalfHandle, _ found: [QueuedIndex]) {
    let state = half.state
    guard state.flags.contains(.positioned) else {
      assert(found.isEmpty && state.flags.isDisjoint(with: [.fin, .resetPending]), "a direction without a position holds something")
      return
    }
    var positions = [state.next]
    for queued in found {
      positions += [state.position(of: pages[queued].start), state.position(of: pages.clusterEnd(of: queued) &- 1)]
    }
    if state.flags.contains(.fin) { positions.append(state.fin) }
    // A reset that waits may lie before all else until the start is known.
    if state.flags.contains(.resetPending) { positions.append(state.reset) }
    if let lowest = positions.min(), let highest = positions.max() {
      assert(highest &- lowest <= Self.byteReach, "a direction holds bytes outside the window")
    }
  }
}
