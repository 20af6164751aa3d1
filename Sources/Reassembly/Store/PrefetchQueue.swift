/// Connections of packets that come soon. The memory they need is fetched in three steps, each of which needs what the one before brought:
/// the slot of the table, the connection that it names with its links in the lists, and its stream with its neighbours in the list.
///
/// Each step is done for many connections in a row: finding where memory lies takes the processor longer than anything else here, and what
/// it looks for at the same time it waits for once. Wrong guesses cost a little time and nothing else.
struct PrefetchQueue {
  /// Of each connection first the lower half of the hash of its key, then the number of its slot. As many as the processor's nearest cache
  /// holds, about.
  private var guesses = InlineArray<64, UInt32>(repeating: 0)
  private var count = 0

  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count == guesses.count }

  /// Adds a connection by the lower half of the hash of its key.
  /// - Precondition: it is not full.
  @inline(__always)
  mutating func add(_ tag: UInt32) {
    guesses[count] = tag
    count += 1
  }

  /// Fetches what all that were added need.
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
