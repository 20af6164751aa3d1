import Packets

/// All connections: where they live, how they are found, and in what order they are due. (gopacket: `StreamPool`.)
struct StreamPool: ~Copyable {
  var slab = ConnectionSlab()
  private var table = ConnectionTable()
  /// One for each `ConnectionList`, by its raw value, which is always below their number. An array would ask on every change whether it
  /// is shared.
  private let lists: UnsafeMutablePointer<ListEnds>
  /// The connection of the last packet: bursts find it without a probe.
  private var recent = ConnectionIndex.none

  private var anticipation = Anticipation()

  private struct ListEnds {
    var head = ConnectionIndex.none
    var tail = ConnectionIndex.none
    var count = 0
  }

  init() {
    lists = .allocate(capacity: ConnectionList.allCases.count)
    lists.initialize(repeating: ListEnds(), count: ConnectionList.allCases.count)
  }

  deinit { lists.deallocate() }

  /// Connections that are open.
  var openCount: Int { table.count - count(of: .lingering) }
  /// Connections that are open or remembered.
  var count: Int { table.count }
  var capacity: Int { Int(slab.capacity) }

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
  @inline(__always)
  mutating func expect(_ key: FlowKey) { anticipation.expect(key, table, slab) }

  /// Makes a connection with a canonical key that is not in. (gopacket: `newConnection`.)
  mutating func insert(_ key: FlowKey) -> ConnectionIndex {
    let index = slab.take()
    slab[index].key = key
    table.insert(index, hash: table.hash(key), in: slab)
    recent = index
    return index
  }

  /// Forgets a connection. (gopacket: `remove`.)
  mutating func remove(_ index: ConnectionIndex) {
    unlist(index)
    table.remove(index, hash: table.hash(slab[index].key), in: slab)
    slab.giveBack(index)
    if recent == index { recent = .none }
  }

  /// The longest probe of the table.
  var longestProbe: Int { table.longestProbe() }

  // MARK: by time

  func first(of list: ConnectionList) -> ConnectionIndex { lists[Int(list.rawValue)].head }
  /// When the last connection of a list entered it.
  func lastTime(of list: ConnectionList) -> Int64 {
    let tail = lists[Int(list.rawValue)].tail
    return tail.exists ? slab[tail].listedAt : .min
  }

  func count(of list: ConnectionList) -> Int { lists[Int(list.rawValue)].count }

  /// Puts a connection at the end of a list, out of the one it stood in. O(1).
  @inline(__always)
  mutating func append(_ index: ConnectionIndex, to list: ConnectionList, at time: Int64) {
    slab[index].listedAt = time
    if slab[index].list == list, slab[index].listNext == .none { return }
    move(index, to: list)
  }

  private mutating func move(_ index: ConnectionIndex, to list: ConnectionList) {
    unlist(index)
    let number = Int(list.rawValue)
    let tail = lists[number].tail
    slab[index].list = list
    slab[index].listPrevious = tail
    slab[index].listNext = .none
    if tail.exists { slab[tail].listNext = index } else { lists[number].head = index }
    lists[number].tail = index
    lists[number].count &+= 1
  }

  private mutating func unlist(_ index: ConnectionIndex) {
    let list = slab[index].list
    guard list != .none else { return }
    let number = Int(list.rawValue)
    let previous = slab[index].listPrevious
    let next = slab[index].listNext
    if previous.exists { slab[previous].listNext = next } else { lists[number].head = next }
    if next.exists { slab[next].listPrevious = previous } else { lists[number].tail = previous }
    lists[number].count &-= 1
    slab[index].list = .none
  }

  /// Every open connection, in order of id. O(n log n).
  func openConnections() -> [ConnectionIndex] {
    var found: [ConnectionIndex] = []
    found.reserveCapacity(openCount)
    for list in ConnectionList.allCases where list != .lingering && list != .none {
      var index = first(of: list)
      while index.exists {
        found.append(index)
        index = slab[index].listNext
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
