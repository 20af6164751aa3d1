/// What must hold after every call, whatever came from the wire.
extension Assembler {
  /// Stops the program where the structures contradict one another. O(everything held), so only debug builds call it, and only while little
  /// is held.
  func checkInvariants() {
    var pageCount = 0
    var segmentCount = 0
    var waitingCount = 0
    var openCount = 0
    for list in ConnectionList.allCases where list != .none {
      var index = pool.first(of: list)
      var listedAt = Int64.min
      while index.exists {
        let connection = index.state
        assert(connection.list == list, "a connection stands in another list than it says")
        assert(connection.listedAt >= listedAt, "a list is out of order")
        listedAt = connection.listedAt
        let hasStream = index.stream.object != nil
        assert(hasStream != (list == .timeWait), "an open connection has a stream, a remembered one has none")
        for side in Side.allCases { check(index.half(side), &pageCount, &segmentCount, &waitingCount) }
        openCount += 1
        index = pool.next(index)
      }
    }
    assert(openCount == pool.count, "table and lists disagree")
    assert(pageCount == pages.used, "a page is held by nobody")
    assert(segmentCount == pages.usedSegments, "a queued segment is held by nobody")
    assert(waitingCount == gapTimers.count, "the heap holds a direction that has nothing queued")
  }

  private func check(_ half: HalfHandle, _ pageCount: inout Int, _ segmentCount: inout Int, _ waitingCount: inout Int) {
    let state = half.state
    let flags = half.connection.state.flags
    assert(state.ledger?.isPending != true || flags.contains(.ledgerTouched), "a connection does not know that something is pending")
    assert(!state.flags.contains(.finReached) || flags.contains(.hasFINReached), "a connection does not know that a direction ended")
    pageCount += Int(state.queue.pageCount)
    segmentCount += Int(state.queue.segmentCount)
    assert((state.gapTimerPlace != GapTimers.absent) == state.queue.hasBytes, "a direction waits exactly while it has bytes queued")
    if state.gapTimerPlace != GapTimers.absent { waitingCount += 1 }
    let found = state.queue.tree.all(pages)
    checkWindow(half, found)
    var end = Int64.min
    var queuedBytes: UInt32 = 0
    for queued in found {
      let start = state.position(of: pages[queued].start)
      assert(start >= end, "queued runs overlap")
      assert(!state.flags.contains(.started) || start >= state.next, "a queued run lies behind the expected offset")
      assert(!state.flags.contains(.started) || start > state.next || pages[queued].content != .bytes, "a run that is due is still queued")
      end = state.position(of: pages.clusterEnd(of: queued))
      if pages[queued].content == .bytes { queuedBytes &+= pages.clusterEnd(of: queued) &- pages[queued].start }
    }
    assert(queuedBytes == state.queue.queuedBytes, "queued bytes are counted wrong")
    if state.flags.isSuperset(of: [.fin, .started]) { assert(found.isEmpty || end <= state.fin, "something is queued beyond the FIN") }
    if state.flags.contains(.finReached) { assert(found.isEmpty && !state.firstSaved.exists, "a closed direction holds segments") }
  }

  /// All that a direction holds lies within the window's reach of each other.
  private func checkWindow(_ half: HalfHandle, _ found: [QueuedIndex]) {
    let state = half.state
    guard state.flags.contains(.positioned) else {
      assert(found.isEmpty && state.flags.isDisjoint(with: [.fin, .resetPending]), "a direction without a base holds something")
      return
    }
    var positions = [state.next]
    for queued in found {
      positions += [state.position(of: pages[queued].start), state.position(of: pages.clusterEnd(of: queued) &- 1)]
    }
    if state.flags.contains(.fin) { positions.append(state.fin) }
    if let lowest = positions.min(), let highest = positions.max() {
      assert(highest &- lowest <= Self.byteReach, "a direction holds what lies outside the window")
    }
    if state.flags.contains(.resetPending) { assert(window(half).contains(state.reset), "a reset waits outside the window") }
  }
}
