import CPrefetch

/// The connections of each `ConnectionList`, linked through a table of their own: eight bytes a connection, by the number of its slot.
///
/// Whoever moves a connection touches its neighbours, which others used last: of a million connections their slots would come from memory,
/// while this table stays in the processor's caches.
struct ConnectionLists: ~Copyable {
  private struct Link {
    var previous = ConnectionLists.nobody
    var next = ConnectionLists.nobody
  }

  private struct Ends {
    var head = ConnectionLists.nobody
    var tail = ConnectionLists.nobody
    var count = 0
  }

  private static let nobody = UInt32.max

  /// By number; not fewer than the slab has slots, so every number that it gave out is in.
  private var links: UnsafeMutablePointer<Link>
  private var capacity = 0
  /// By the raw value of the list, which is always below their number. An array would ask on every change whether it is shared.
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

  /// Makes room for the numbers of a slab that has grown. Amortised O(1).
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
  func last(of list: ConnectionList, in slab: borrowing ConnectionSlab) -> ConnectionHandle {
    handle(ends(list).pointee.tail, in: slab)
  }

  /// The one behind a connection in its list, or `.none`.
  func next(_ connection: ConnectionHandle, in slab: borrowing ConnectionSlab) -> ConnectionHandle {
    handle(link(connection.state.number).pointee.next, in: slab)
  }

  private func handle(_ number: UInt32, in slab: borrowing ConnectionSlab) -> ConnectionHandle {
    number == Self.nobody ? .none : slab.slot(number)
  }

  /// Whether a connection stands at the end of a list already.
  @inline(__always)
  func isLast(_ connection: ConnectionHandle, of list: ConnectionList) -> Bool {
    ends(list).pointee.tail == connection.state.number
  }

  /// Puts a connection at the end of a list, out of the one it stands in. O(1).
  mutating func move(_ connection: ConnectionHandle, to list: ConnectionList) {
    remove(connection)
    let number = connection.state.number
    let ends = ends(list)
    let tail = ends.pointee.tail
    connection.state.list = list
    link(number).initialize(to: Link(previous: tail, next: Self.nobody))
    if tail != Self.nobody { link(tail).pointee.next = number } else { ends.pointee.head = number }
    ends.pointee.tail = number
    ends.pointee.count &+= 1
  }

  /// Takes a connection out of the list that it stands in. O(1).
  @inline(__always)
  mutating func remove(_ connection: ConnectionHandle) {
    let list = connection.state.list
    guard list != .none else { return }
    let ends = ends(list)
    let own = link(connection.state.number).pointee
    if own.previous != Self.nobody { link(own.previous).pointee.next = own.next } else { ends.pointee.head = own.next }
    if own.next != Self.nobody { link(own.next).pointee.previous = own.previous } else { ends.pointee.tail = own.previous }
    ends.pointee.count &-= 1
    connection.state.list = .none
  }

  /// Has fetched what tells the neighbours of a connection.
  @inline(__always)
  func prefetch(_ number: UInt32) { reasm_prefetch(link(number)) }

  /// Has fetched what a move out of its list will change.
  @inline(__always)
  func prefetchNeighbours(of number: UInt32) {
    let own = link(number).pointee
    // Where there is no neighbour nothing lies, and a hint about nothing does nothing.
    reasm_prefetch(links + Int(truncatingIfNeeded: own.previous))
    reasm_prefetch(links + Int(truncatingIfNeeded: own.next))
  }
}
