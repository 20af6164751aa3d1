import CPrefetch

/// Linked lists of connections, one for each `ConnectionList`, in a table of eight bytes for each connection, by the number of its slot.
///
/// To move a connection changes its neighbours, which were not used recently: among a million connections their slots would come from
/// memory, while this table stays in the processor's caches.
struct ConnectionLists: ~Copyable {
  private struct Link {
    var previous = ConnectionLists.absent
    var next = ConnectionLists.absent
  }

  private struct Ends {
    var head = ConnectionLists.absent
    var tail = ConnectionLists.absent
    var count = 0
    /// Time of entry of the connections at the front that are in the order of ids.
    var sorted = Int64.min
  }

  private static let absent = UInt32.max

  /// Links by number of the slot.
  ///
  /// There are at least as many as the slab has slots.
  private var links: UnsafeMutablePointer<Link>
  private var capacity = 0
  /// Ends by raw value of the list.
  ///
  /// An array would check for uniqueness at every change.
  private let ends: UnsafeMutablePointer<Ends>

  init() {
    links = .allocate(capacity: capacity)
    ends = .allocate(capacity: ConnectionList.allCases.count)
    ends.initialize(repeating: Ends(), count: ConnectionList.allCases.count)
  }

  deinit {
    links.deallocate()
    ends.deallocate()
  }

  /// Makes room for the numbers of a slab that has grown.
  ///
  /// Amortised O(1).
  mutating func reserve(_ slab: borrowing ConnectionSlab) {
    guard capacity < Int(slab.capacity) else { return }
    let larger = max(Int(slab.capacity), 2 * capacity)
    links.grow(capacity, to: larger)
    (links + capacity).initialize(repeating: Link(), count: larger - capacity)
    capacity = larger
  }

  @inline(__always)
  private func link(_ number: UInt32) -> UnsafeMutablePointer<Link> {
    assert(Int(number) < capacity)
    return links + Int(truncatingIfNeeded: number)
  }

  @inline(__always)
  private func ends(_ list: ConnectionList) -> UnsafeMutablePointer<Ends> { ends + Int(truncatingIfNeeded: list.rawValue) }

  func isEmpty(_ list: ConnectionList) -> Bool { ends(list).pointee.count == 0 }
  func count(of list: ConnectionList) -> Int { ends(list).pointee.count }

  func first(of list: ConnectionList, in slab: borrowing ConnectionSlab) -> ConnectionHandle {
    handle(ends(list).pointee.head, in: slab)
  }

  /// The connection that follows another one in its list, or `.none`.
  func next(_ connection: ConnectionHandle, in slab: borrowing ConnectionSlab) -> ConnectionHandle {
    handle(link(connection.state.number).pointee.next, in: slab)
  }

  private func handle(_ number: UInt32, in slab: borrowing ConnectionSlab) -> ConnectionHandle {
    number == Self.absent ? .none : slab.slot(number)
  }

  /// Whether a connection is the last of a list.
  @inline(__always)
  func isLast(_ connection: ConnectionHandle, of list: ConnectionList) -> Bool {
    ends(list).pointee.tail == connection.state.number
  }

  /// Moves a connection from its list to the end of another.
  ///
  /// O(1).
  mutating func move(_ connection: ConnectionHandle, to list: ConnectionList) {
    remove(connection)
    let number = connection.state.number
    let ends = ends(list)
    let tail = ends.pointee.tail
    connection.state.list = list
    link(number).initialize(to: Link(previous: tail, next: Self.absent))
    if tail != Self.absent { link(tail).pointee.next = number } else { ends.pointee.head = number }
    ends.pointee.tail = number
    ends.pointee.count &+= 1
  }

  /// Removes a connection from its list.
  ///
  /// O(1).
  @inline(__always)
  mutating func remove(_ connection: ConnectionHandle) {
    let list = connection.state.list
    guard list != .none else { return }
    let ends = ends(list)
    let own = link(connection.state.number).pointee
    if own.previous != Self.absent { link(own.previous).pointee.next = own.next } else { ends.pointee.head = own.next }
    if own.next != Self.absent { link(own.next).pointee.previous = own.previous } else { ends.pointee.tail = own.previous }
    ends.pointee.count &-= 1
    connection.state.list = .none
  }

  /// Puts the connections at the front of a list that entered it at the same time into the order of ids.
  ///
  /// Further connections cannot enter it at that time. O(n log n) for n connections, and O(1) if they are in order already.
  mutating func sortFirst(of list: ConnectionList, in slab: borrowing ConnectionSlab) {
    let ends = ends(list)
    let first = first(of: list, in: slab)
    let time = first.state.listedAt
    guard ends.pointee.sorted != time else { return }
    ends.pointee.sorted = time
    var equal: [(id: UInt64, number: UInt32)] = []
    var connection = first
    while connection.exists, connection.state.listedAt == time {
      equal.append((connection.state.id, connection.state.number))
      connection = next(connection, in: slab)
    }
    let rest = connection.exists ? connection.state.number : Self.absent
    equal.sort { $0.id < $1.id }
    var previous = Self.absent
    for (_, number) in equal {
      link(number).pointee.previous = previous
      if previous == Self.absent { ends.pointee.head = number } else { link(previous).pointee.next = number }
      previous = number
    }
    link(previous).pointee.next = rest
    if rest == Self.absent { ends.pointee.tail = previous } else { link(rest).pointee.previous = previous }
  }

  /// Prefetches the links of a connection.
  @inline(__always)
  func prefetch(_ number: UInt32) { reasm_prefetch(link(number)) }

  /// Prefetches the links that a move of a connection changes.
  @inline(__always)
  func prefetchNeighbours(of number: UInt32) {
    let own = link(number).pointee
    // If there is no neighbour, the address holds nothing, and a hint about it has no effect.
    reasm_prefetch(links + Int(truncatingIfNeeded: own.previous))
    reasm_prefetch(links + Int(truncatingIfNeeded: own.next))
  }
}
