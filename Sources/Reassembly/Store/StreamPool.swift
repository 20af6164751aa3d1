import Packets

/// Pool of all connections: their memory, the table and the lists. (gopacket: `StreamPool`.)
struct StreamPool: ~Copyable {
  var slab: ConnectionSlab
  private var table: ConnectionTable
  private var lists = ConnectionLists()
  /// Connection of the last packet, so that bursts need no probe.
  private var recent = ConnectionHandle.none

  private var prefetchQueue = PrefetchQueue()

  init(seed: HashSeed, hasTimes: Bool) {
    slab = ConnectionSlab(hasTimes: hasTimes)
    table = ConnectionTable(seed: seed)
  }

  /// Number of open connections.
  var openCount: Int { table.count - lists.count(of: .timeWait) }
  /// Number of connections that are open or in time-wait.
  var count: Int { table.count }

  // MARK: by key

  /// The connection with a canonical key, or `.none`.
  ///
  /// Expected O(1). (gopacket: `getConnection`.)
  @inline(__always)
  mutating func connection(for key: FlowKey) -> ConnectionHandle {
    if recent.exists, recent.state.key == key { return recent }
    let found = table.find(key, hash: table.hash(key), in: slab)
    if found.exists { recent = found }
    return found
  }

  /// Adds the connection with a canonical key to the prefetch queue.
  mutating func prefetch(_ key: FlowKey) {
    if prefetchQueue.isFull { runPrefetches() }
    prefetchQueue.add(UInt32(truncatingIfNeeded: table.hash(key)))
  }

  var hasPrefetches: Bool { !prefetchQueue.isEmpty }

  /// Prefetches the memory of the connections in the prefetch queue.
  @inline(never)
  mutating func runPrefetches() { prefetchQueue.fetch(table, slab, lists) }

  /// Makes a connection with a canonical key that is not in the pool. (gopacket: `newConnection`.)
  mutating func insert(_ key: FlowKey) -> ConnectionHandle {
    let connection = slab.allocate(for: key)
    lists.reserve(slab)
    table.insert(connection, hash: table.hash(key))
    recent = connection
    return connection
  }

  /// Removes a connection. (gopacket: `remove`.)
  mutating func remove(_ connection: ConnectionHandle) {
    lists.remove(connection)
    table.remove(connection, hash: table.hash(connection.state.key))
    slab.free(connection)
    if recent == connection { recent = .none }
  }

  /// Prefetches the memory that the next removals from the front of a list need.
  ///
  /// That is the table's slot of the next connection, whose own slot was prefetched at the removal before, and the slot of the connection
  /// behind it.
  @inline(__always)
  func prefetchRemovals(behind connection: ConnectionHandle) {
    let next = next(connection)
    guard next.exists else { return }
    table.prefetch(UInt32(truncatingIfNeeded: table.hash(next.state.key)))
    slab.prefetch(self.next(next))
  }

  /// Longest probe of the table.
  var longestProbe: Int { table.longestProbe() }

  // MARK: by time

  // Inlined, because a method that borrows the pool copies it.

  @inline(__always)
  func first(of list: ConnectionList) -> ConnectionHandle { lists.first(of: list, in: slab) }
  @inline(__always)
  func isEmpty(_ list: ConnectionList) -> Bool { lists.isEmpty(list) }
  /// The connection that follows another one in its list, or `.none`.
  @inline(__always)
  func next(_ connection: ConnectionHandle) -> ConnectionHandle { lists.next(connection, in: slab) }

  /// The first connection of a list; of those that entered it at the same time, the one with the smallest id.
  ///
  /// O(1), and O(n log n) once for n connections that entered it at the same time.
  @inline(__always)
  mutating func firstInOrder(of list: ConnectionList) -> ConnectionHandle {
    let first = first(of: list)
    let next = next(first)
    guard next.exists, next.state.listedAt == first.state.listedAt else { return first }
    lists.sortFirst(of: list, in: slab)
    return self.first(of: list)
  }

  /// Moves a connection to the end of a list.
  ///
  /// O(1).
  @inline(__always)
  mutating func append(_ connection: ConnectionHandle, to list: ConnectionList, at time: Int64) {
    connection.state.listedAt = time
    if !lists.isLast(connection, of: list) { lists.move(connection, to: list) }
  }

  /// All open connections, in the order of ids.
  ///
  /// O(n log n).
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
  /// Removes the connection with a canonical key, if there is one.
  mutating func forget(_ key: FlowKey) {
    let known = connection(for: key)
    if known.exists { remove(known) }
  }
}
