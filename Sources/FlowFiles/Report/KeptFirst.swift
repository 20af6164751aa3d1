/// The first elements of an order, among any number that are added.
///
/// Twice as many are in memory at most. O(log n) on average for each element.
struct KeptFirst<Element> {
  private struct Entry: Comparable {
    var rank: Int64
    var id: UInt64
    var element: Element

    static func < (a: Entry, b: Entry) -> Bool { (a.rank, a.id) < (b.rank, b.id) }
    static func == (a: Entry, b: Entry) -> Bool { (a.rank, a.id) == (b.rank, b.id) }
  }

  private let most: Int
  private var entries: [Entry] = []
  /// Rank and id of the last element that is kept, once there are enough; elements behind it need not be added.
  private var bound = (rank: Int64.max, id: UInt64.max)
  /// Number of elements that were offered.
  private(set) var offered: UInt64 = 0

  /// Creates an empty collection.
  init(most: Int) { self.most = most }

  /// Whether an element of this rank and id would be kept now; counts it as offered.
  mutating func wants(rank: Int64, id: UInt64) -> Bool {
    offered &+= 1
    return (rank, id) <= bound
  }

  /// Adds an element, and drops those that are no longer among the first.
  ///
  /// - Parameters:
  ///   - element: the element.
  ///   - rank: its place in the order, the lowest first.
  ///   - id: decides between equal ranks.
  ///   - drop: receives each element that is dropped.
  mutating func add(_ element: Element, rank: Int64, id: UInt64, drop: (Element) -> Void = { _ in }) {
    entries.append(Entry(rank: rank, id: id, element: element))
    if entries.count >= most * 2 { cut(drop) }
  }

  private mutating func cut(_ drop: (Element) -> Void) {
    entries.sort()
    for entry in entries[min(most, entries.count)...] { drop(entry.element) }
    entries.removeLast(max(0, entries.count - most))
    if entries.count == most, let last = entries.last { bound = (last.rank, last.id) }
  }

  /// Returns the first elements in order.
  mutating func first(drop: (Element) -> Void = { _ in }) -> [Element] {
    cut(drop)
    return entries.map(\.element)
  }
}
