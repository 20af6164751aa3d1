import Packets

/// All connections: where they live, how they are found, and in what order they are due. (gopacket: `StreamPool`.)
struct StreamPool: ~Copyable {
  var slab = ConnectionSlab()
  private var table: ConnectionTable
  private var lists = ConnectionLists()
  /// The connection of the last packet: bursts find it without a probe.
  private var recent = ConnectionIndex.none

  private var anticipation = Anticipation()

  init(seed: HashSeed) { table = ConnectionTable(seed: seed) }

  /// Connections that are open.
  var openCount: Int { table.count - lists.count(of: .lingering) }
  /// Connections that are open or remembered.
  var count: Int { table.count }

  // MARK: by key

  /// The connection with a canonical key, or `.none`. Expected O(1). (gopacket: `getConnection`.)
  @inline(__always)
  mutating func connection(for key: FlowKey) -> ConnectionIndex {
    if recent.exists, slab[recent].key == key { return recent }
    let found = table.find(key, hash: table.hash(key), in: slab)
    if found.exists { recent = found }
    return found
  }

  /// A packet with this canonical key comes soon.
  mutating func expect(_ key: FlowKey) {
    if anticipation.isFull { fetchExpected() }
    anticipation.add(UInt32(truncatingIfNeeded: table.hash(key)))
  }

  var isExpecting: Bool { !anticipation.isEmpty }

  /// Has fetched what the connections of expected packets need.
  @inline(never)
  mutating func fetchExpected() { anticipation.fetch(table, slab, lists) }

  /// Makes a connection with a canonical key that is not in. (gopacket: `newConnection`.)
  mutating func insert(_ key: FlowKey) -> ConnectionIndex {
    let index = slab.take(for: key)
    lists.reserve(slab)
    table.insert(index, hash: table.hash(key), in: slab)
    recent = index
    return index
  }

  /// Forgets a connection. (gopacket: `remove`.)
  mutating func remove(_ index: ConnectionIndex) {
    lists.remove(index, in: slab)
    table.remove(index, hash: table.hash(slab[index].key), in: slab)
    slab.giveBack(index)
    if recent == index { recent = .none }
  }

  /// Has fetched what the next removals from the front of a list will need, of which nobody else has told: the table's slot of the connection
  /// behind this one, whose own slot was fetched when the one before was removed, and the slot of the connection behind that.
  @inline(__always)
  func prefetchRemovals(behind index: ConnectionIndex) {
    let next = next(index)
    guard next.exists else { return }
    table.prefetch(UInt32(truncatingIfNeeded: table.hash(slab[next].key)))
    slab.prefetch(self.next(next))
  }

  /// The longest probe of the table.
  var longestProbe: Int { table.longestProbe() }

  // MARK: by time

  // Inlined, because a method that borrows the pool has it copied.

  @inline(__always)
  func first(of list: ConnectionList) -> ConnectionIndex { lists.first(of: list, in: slab) }
  @inline(__always)
  func isEmpty(_ list: ConnectionList) -> Bool { lists.isEmpty(list) }
  /// The one behind a connection in its list, or `.none`.
  @inline(__always)
  func next(_ index: ConnectionIndex) -> ConnectionIndex { lists.next(index, in: slab) }

  /// When the last connection of a list entered it.
  @inline(__always)
  func lastTime(of list: ConnectionList) -> Int64 {
    let last = lists.last(of: list, in: slab)
    return last.exists ? slab[last].listedAt : .min
  }

  /// Puts a connection at the end of a list, out of the one it stood in. O(1).
  @inline(__always)
  mutating func append(_ index: ConnectionIndex, to list: ConnectionList, at time: Int64) {
    slab[index].listedAt = time
    if !lists.isLast(index, of: list, in: slab) { lists.move(index, to: list, in: slab) }
  }

  /// Every open connection, in order of id. O(n log n).
  func openConnections() -> [ConnectionIndex] {
    var found: [ConnectionIndex] = []
    found.reserveCapacity(openCount)
    for list in ConnectionList.allCases where list != .lingering && list != .none {
      var index = first(of: list)
      while index.exists {
        found.append(index)
        index = next(index)
      }
    }
    return found.sorted { slab[$0].id < slab[$1].id }
  }
}

extension StreamPool {
  /// Forgets the connection with a canonical key, if there is one.
  mutating func forget(_ key: FlowKey) {
    let index = connection(for: key)
    if index.exists { remove(index) }
  }
}
