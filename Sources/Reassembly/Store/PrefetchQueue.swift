/// Prefetch queue: the connections of the next packets.
///
/// Their memory is fetched in three steps, each of which needs the result of the one before: the slot of the table, the connection with its
/// links in the lists, and its stream with its neighbours in the list. Each step is done for many connections in a row, so that the
/// processor waits for their memory at once. A wrong guess costs a little time and changes nothing.
struct PrefetchQueue {
  /// Lower halves of the hashes of keys, then numbers of slots: as many as the processor's first cache holds, about.
  private var guesses = InlineArray<64, UInt32>(repeating: 0)
  private var count = 0

  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count == guesses.count }

  /// Adds a connection by the lower half of the hash of its key.
  ///
  /// - Precondition: the queue is not full.
  @inline(__always)
  mutating func add(_ tag: UInt32) {
    guesses[count] = tag
    count += 1
  }

  /// Prefetches the memory of all added connections, and empties the queue.
  mutating func fetch(_ table: borrowing ConnectionTable, _ slab: borrowing ConnectionSlab, _ lists: borrowing ConnectionLists) {
    for place in 0..<count { table.prefetch(guesses[place]) }
    var found = 0
    for place in 0..<count {
      guard let number = table.firstMatch(guesses[place]) else { continue }
      slab.prefetch(slab.slot(number))
      lists.prefetch(number)
      guesses[found] = number
      found += 1
    }
    for place in 0..<found {
      slab.prefetchStream(of: slab.slot(guesses[place]))
      lists.prefetchNeighbours(of: guesses[place])
    }
    count = 0
  }
}
