import Packets

/// Connections of packets that come soon. The memory they need is fetched in three steps, each of which needs what the one before brought:
/// the slot of the table, the connection that it names, and what that one leads to.
///
///     expected, one after the other     table slots
///     then all together                 connections and their links in the lists
///                                       streams and neighbours in the lists
///
/// Each step is done for many connections in a row: finding where memory lies takes the processor longer than anything else here, and what
/// it does at the same time it waits for once. Wrong guesses cost a little time and nothing else.
struct Anticipation {
  /// As many as the processor's nearest cache holds, about.
  private static let most = 64

  /// Of each connection first the lower half of the hash of its key, then the number of its slot.
  private var guesses = InlineArray<64, UInt32>(repeating: 0)
  private var count = 0

  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count == Self.most }

  /// The first step, for a connection with this canonical key.
  /// - Precondition: it is not full.
  @inline(__always)
  mutating func add(_ key: FlowKey, _ table: borrowing ConnectionTable) {
    let hash = table.hash(key)
    table.prefetch(hash)
    guesses[count] = UInt32(truncatingIfNeeded: hash)
    count += 1
  }

  /// The other two steps, for all that were added.
  mutating func fetch(_ table: borrowing ConnectionTable, _ slab: borrowing ConnectionSlab, _ lists: borrowing ConnectionLists) {
    var found = 0
    for place in 0..<count {
      guard let number = table.firstCandidate(guesses[place]) else { continue }
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
