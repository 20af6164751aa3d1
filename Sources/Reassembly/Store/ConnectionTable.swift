import CPrefetch
import Packets

/// Hash table from canonical keys to connections: open addressing with linear probing over slots of eight bytes.
///
/// A slot holds 32 bits of the hash and the number of the connection, so a probe touches a connection only if those bits agree; identity is
/// then the whole key. The home of a slot is given by these bits, so growth and removal touch no other connection. The hash has a seed that
/// a sender cannot know, so a sender cannot cause long probes.
struct ConnectionTable: ~Copyable {
  private struct Slot {
    /// Lower half of the hash of the key.
    var tag: UInt32 = 0
    /// Number of the connection's slot in the slab; `empty` if there is none.
    var number = Slot.empty

    static let empty = UInt32.max
    var isEmpty: Bool { number == Self.empty }
  }

  private var slots: UnsafeMutableBufferPointer<Slot>
  private var mask: Int
  private(set) var count = 0
  private let seed: (UInt64, UInt64)

  private static let initialSlots = 4096

  init(seed: HashSeed) {
    slots = .allocate(capacity: Self.initialSlots)
    slots.initialize(repeating: Slot())
    mask = Self.initialSlots - 1
    self.seed = (seed.word(0), seed.word(1) | 1)
  }

  deinit { slots.deallocate() }

  /// The hash of a key, by multiply-folds over its words.
  @inline(__always)
  func hash(_ key: FlowKey) -> UInt64 {
    let words = key.words
    let first = (words.0 ^ seed.0).multipliedFullWidth(by: words.1 ^ seed.1)
    let second = (words.2 ^ first.low ^ seed.1).multipliedFullWidth(by: words.3 ^ first.high ^ seed.0)
    let third = (words.4 ^ second.low ^ seed.0).multipliedFullWidth(by: second.high ^ 0x9e37_79b9_7f4a_7c15)
    return third.low ^ third.high
  }

  /// The connection with a canonical key, or `.none`.
  ///
  /// Expected O(1).
  @inline(__always)
  func find(_ key: FlowKey, hash: UInt64, in slab: borrowing ConnectionSlab) -> ConnectionHandle {
    let tag = UInt32(truncatingIfNeeded: hash)
    var place = home(of: tag)
    while true {
      let slot = slots[place]
      if slot.isEmpty { return .none }
      if slot.tag == tag {
        let connection = slab.slot(slot.number)
        if connection.state.key == key { return connection }
      }
      place = (place + 1) & mask
    }
  }

  /// Prefetches the home of a tag.
  @inline(__always)
  func prefetch(_ tag: UInt32) { reasm_prefetch(slots.baseAddress.unsafelyUnwrapped + home(of: tag)) }

  /// The number of the first connection with a tag, or nil.
  ///
  /// Touches no connection.
  @inline(__always)
  func firstMatch(_ tag: UInt32) -> UInt32? {
    var place = home(of: tag)
    while !slots[place].isEmpty {
      if slots[place].tag == tag { return slots[place].number }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Inserts a connection whose key is not in the table.
  ///
  /// Amortised O(1).
  mutating func insert(_ connection: ConnectionHandle, hash: UInt64) {
    if count * 2 >= slots.count { grow() }
    place(Slot(tag: UInt32(truncatingIfNeeded: hash), number: connection.state.number))
    count += 1
  }

  /// The home of a tag: its place if nothing else is there.
  ///
  /// Numbers have 32 bits, so the table never has more places than there are tags.
  @inline(__always)
  private func home(of tag: UInt32) -> Int { Int(tag) & mask }

  private func place(_ slot: Slot) {
    var place = home(of: slot.tag)
    while !slots[place].isEmpty { place = (place + 1) & mask }
    slots[place] = slot
  }

  private mutating func grow() {
    let old = slots
    slots = .allocate(capacity: old.count * 2)
    slots.initialize(repeating: Slot())
    mask = slots.count - 1
    for slot in old where !slot.isEmpty { place(slot) }
    old.deallocate()
  }

  /// Removes a connection and closes the hole, so that no tombstones slow later probes.
  ///
  /// Expected O(1).
  mutating func remove(_ connection: ConnectionHandle, hash: UInt64) {
    var hole = home(of: UInt32(truncatingIfNeeded: hash))
    while slots[hole].number != connection.state.number {
      precondition(!slots[hole].isEmpty, "a connection is not in the table")
      hole = (hole + 1) & mask
    }
    var place = hole
    while true {
      place = (place + 1) & mask
      let slot = slots[place]
      guard !slot.isEmpty else { break }
      let home = home(of: slot.tag)
      // A slot may move into the hole only if its home does not lie after the hole.
      if (place - home) & mask >= (place - hole) & mask {
        slots[hole] = slot
        hole = place
      }
    }
    slots[hole] = Slot()
    count -= 1
  }

  /// The longest distance from a home to its slot, for tests.
  ///
  /// O(slots).
  func longestProbe() -> Int {
    var longest = 0
    for place in slots.indices where !slots[place].isEmpty {
      let home = home(of: slots[place].tag)
      longest = max(longest, (place - home) & mask)
    }
    return longest
  }
}
