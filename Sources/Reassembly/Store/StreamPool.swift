import Packets

/// All connections: where they live, how they are found, and in what order they are due. (gopacket: `StreamPool`.)
struct StreamPool: ~Copyable {
  var slab = ConnectionSlab()
  private var table: ConnectionTable
  private var lists = ConnectionLists()
  /// The connection of the last packet: bursts find it without a probe.
  private var recent = ConnectionHandle.none

  private var prefetchQueue = PrefetchQueue()

  init(seed: HashSeed) { table = ConnectionTable(seed: seed) }

  /// Connections that are open.
  var openCount: Int { table.count - lists.count(of: .timeWait) }
  /// Connections that are open or remembered.
  var count: Int { table.count }

  // MARK: by key

  /// The connection with a canonical key, or `.none`. Expected O(1). (gopacket: `getConnection`.)
  @inline(__always)
  mutating func connection(for key: FlowKey) -> ConnectionHandle {
    if recent.exists, recent.state.key == key { return recent }
    let found = table.find(key, hash: table.hash(key), in: slab)
    if found.exists { recent = found }
    return found
  }

  /// A packet with this canonical key comes soon.
  mutating func prefetch(_ key: FlowKey) {
    if prefetchQueue.isFull { runPrefetches() }
    prefetchQueue.add(UInt32(truncatingIfNeeded: table.hash(key)))
  }

  var hasPrefetches: Bool { !prefetchQueue.isEmpty }

  /// Has fetched what the connections of expected packets need.
  @inline(never)
  mutating func runPrefetches() { prefetchQueue.fetch(table, slab, lists) }

  /// Makes a connection with a canonical key that is not in. (gopacket: `newConnection`.)
  mutating func insert(_ key: FlowKey) -> ConnectionHandle {
    let connection = slab.allocate(for: key)
    lists.reserve(slab)
    table.insert(connection, hash: table.hash(key))
    recent = connection
    return connection
  }

  /// Forgets a connection. (gopacket: `remove`.)
  mutating func remove(_ connection: ConnectionHandle) {
    lists.remove(connection)
    table.remove(connection, hash: table.hash(connection.state.key))
    slab.free(connection)
    if recent == connection { recent = .none }
  }

  /// Has fetched what the next removals from the front of a list will need, of which nobody else has told: the table's slot of the connection
  /// behind this one, whose own slot was fetched when the one before was removed, and the slot of the connection behind that.
  @inline(__always)
  func prefetchRemovals(behind connection: ConnectionHandle) {
    let next = next(connection)
    guard next.exists else { return }
    table.prefetch(UInt32(truncatingIfNeeded: table.hash(next.state.key)))
    slab.prefetch(self.next(next))
  }

  /// The longest probe of the table.
  var longestProbe: Int { table.longestProbe() }

  // MARK: by time

  // Inlined, because a method that borrows the pool has it copied.

  @inline(__always)
  func first(of list: ConnectionList) -> ConnectionHandle { lists.first(of: list, in: slab) }
  @inline(__always)
  func isEmpty(_ list: ConnectionList) -> Bool { lists.isEmpty(list) }
  /// The one behind a connection in its list, or `.none`.
  @inline(__always)
  func next(_ connection: ConnectionHandle) -> ConnectionHandle { lists.next(connection, in: slab) }

  /// When the last connection of a list entered it.
  @inline(__always)
  func lastTime(of list: ConnectionList) -> Int64 {
    let last = lists.last(of: list, in: slab)
    return last.exists ? last.state.listedAt : .min
  }

  /// Puts a connection at the end of a list, out of the one it stood in. O(1).
  @inline(__always)
  mutating func append(_ connection: ConnectionHandle, to list: ConnectionList, at time: Int64) {
    connection.state.listedAt = time
    if !lists.isLast(connection, of: list) { lists.move(connection, to: list) }
  }

  /// Every open connection, in order of id. O(n log n).
  func openConnections() -> [ConnectionHandle] {
    var found: [ConnectionHandle] = []
    found.reserveCapacity(openCount)
    for list in ConnectionList.allCases where list != .timeWait && list != .none {
      var connection = first(of: list)
      while connection.exists {
        found.append(connection)
        connection = next(connection)
      }
    }
    return found.sorted { $0.state.id < $1.state.id }
  }
}

extension StreamPool {
  /// Forgets the connection with a canonical key, if there is one.
  mutating func forget(_ key: FlowKey) {
    let index = connection(for: key)
    if index.exists { remove(index) }
  }
}
