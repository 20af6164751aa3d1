/// What must hold after every call, whatever came from the wire.
extension Assembler {
  /// Stops the program where the structures contradict one another. O(everything held), so only debug builds call it, and only while little
  /// is held.
  func checkInvariants() {
    var pageCount = 0
    var pieceCount = 0
    var waitingCount = 0
    var openCount = 0
    for list in ConnectionList.allCases where list != .none {
      var index = pool.first(of: list)
      var listedAt = Int64.min
      while index.exists {
        let connection = pool.slab[index]
        assert(connection.list == list, "a connection stands in another list than it says")
        assert(connection.listedAt >= listedAt, "a list is out of order")
        listedAt = connection.listedAt
        let hasStream = pool.slab[stream: index].stream != nil
        assert(hasStream != (list == .lingering), "an open connection has a stream, a remembered one has none")
        for side in Side.allCases { check(HalfIndex(index, side), &pageCount, &pieceCount, &waitingCount) }
        openCount += 1
        index = pool.next(index)
      }
    }
    assert(openCount == pool.count, "table and lists disagree")
    assert(pageCount == pages.used, "a page is held by nobody")
    assert(pieceCount == pages.usedPieces, "a piece is held by nobody")
    assert(waitingCount == waiting.count, "the heap holds a direction that has nothing queued")
  }

  private func check(_ half: HalfIndex, _ pageCount: inout Int, _ pieceCount: inout Int, _ waitingCount: inout Int) {
    let state = pool.slab[half]
    let flags = pool.slab[half.connection].flags
    assert(state.ledger?.isPending != true || flags.contains(.noted), "a connection does not know that something is pending")
    assert(!state.flags.contains(.ended) || flags.contains(.hasEnd), "a connection does not know that a direction ended")
    pageCount += Int(state.queue.pageCount)
    pieceCount += Int(state.queue.pieceCount)
    assert((state.waitingPlace != WaitingHeap.absent) == state.queue.hasBytes, "a direction waits exactly while it has bytes queued")
    if state.waitingPlace != WaitingHeap.absent { waitingCount += 1 }
    let found = state.queue.tree.all(pages)
    checkWindow(half, found)
    var end = Int64.min
    var queued: UInt32 = 0
    for piece in found {
      let start = state.position(of: pages[piece].start)
      assert(start >= end, "queued runs overlap")
      assert(!state.flags.contains(.started) || start >= state.next, "a queued run lies behind the expected offset")
      assert(!state.flags.contains(.started) || start > state.next || pages[piece].content != .bytes, "a run that is due is still queued")
      end = state.position(of: pages.runEnd(of: piece))
      if pages[piece].content == .bytes { queued &+= pages.runEnd(of: piece) &- pages[piece].start }
    }
    assert(queued == state.queue.queuedBytes, "queued bytes are counted wrong")
    if state.flags.isSuperset(of: [.fin, .started]) { assert(found.isEmpty || end <= state.fin, "something is queued beyond the FIN") }
    if state.flags.contains(.ended) { assert(found.isEmpty && !state.firstSaved.exists, "a closed direction holds pieces") }
  }

  /// All that a direction holds lies within the window's reach of each other.
  private func checkWindow(_ half: HalfIndex, _ found: [PieceIndex]) {
    let state = pool.slab[half]
    guard state.flags.contains(.based) else {
      assert(found.isEmpty && state.flags.isDisjoint(with: [.fin, .resetPending]), "a direction without a base holds something")
      return
    }
    var positions = [state.next]
    for piece in found {
      positions += [state.position(of: pages[piece].start), state.position(of: pages.runEnd(of: piece) &- 1)]
    }
    if state.flags.contains(.fin) { positions.append(state.fin) }
    if let lowest = positions.min(), let highest = positions.max() {
      assert(highest &- lowest <= Self.byteReach, "a direction holds what lies outside the window")
    }
    if state.flags.contains(.resetPending) { assert(window(half).contains(state.reset), "a reset waits outside the window") }
  }
}
