import CPrefetch
import Packets

/// From a canonical key to a connection: open addressing with linear probing over slots of eight bytes.
///
/// A slot holds 32 bits of the hash beside the number, so a probe touches a connection only where those agree; identity is then the
/// whole key. Where a slot belongs is told by the lower ones of these bits, so growing and closing holes touch no connection at all.
/// The hash has a seed that no sender knows, so nobody can aim for long probes.
struct ConnectionTable: ~Copyable {
  private struct Slot {
    /// The lower half of the hash of the key.
    var tag: UInt32 = 0
    /// Of the connection's slot; `empty` where there is none.
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

  /// One multiply-fold over the words of the key.
  @inline(__always)
  func hash(_ key: FlowKey) -> UInt64 {
    let words = key.words
    let first = (words.0 ^ seed.0).multipliedFullWidth(by: words.1 ^ seed.1)
    let second = (words.2 ^ first.low ^ seed.1).multipliedFullWidth(by: words.3 ^ first.high ^ seed.0)
    let third = (words.4 ^ second.low ^ seed.0).multipliedFullWidth(by: second.high ^ 0x9e37_79b9_7f4a_7c15)
    return third.low ^ third.high
  }

  /// The connection with this canonical key, or `.none`. Expected O(1).
  @inline(__always)
  func find(_ key: FlowKey, hash: UInt64, in slab: borrowing ConnectionSlab) -> ConnectionIndex {
    let tag = UInt32(truncatingIfNeeded: hash)
    var place = home(of: tag)
    while true {
      let slot = slots[place]
      if slot.isEmpty { return .none }
      if slot.tag == tag {
        let index = slab.slot(slot.number)
        if slab[index].key == key { return index }
      }
      place = (place + 1) & mask
    }
  }

  /// Has the slot fetched where the search for a hash with this lower half begins.
  @inline(__always)
  func prefetch(_ tag: UInt32) { reasm_prefetch(slots.baseAddress.unsafelyUnwrapped + home(of: tag)) }

  /// The number of the first connection that the search for a hash with this lower half would look at, or nil. Looks at no connection.
  @inline(__always)
  func firstCandidate(_ tag: UInt32) -> UInt32? {
    var place = home(of: tag)
    while !slots[place].isEmpty {
      if slots[place].tag == tag { return slots[place].number }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Enters a connection whose key is not in. Amortised O(1).
  mutating func insert(_ index: ConnectionIndex, hash: UInt64, in slab: borrowing ConnectionSlab) {
    if count * 2 >= slots.count { grow() }
    place(Slot(tag: UInt32(truncatingIfNeeded: hash), number: slab[index].number))
    count += 1
  }

  /// Where a slot stands if nobody stands there. Connections have numbers of 32 bits, so the table never has more places than tags tell.
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

  /// Takes a connection out and closes the hole behind it, so that no tombstones slow later probes. Expected O(1).
  mutating func remove(_ index: ConnectionIndex, hash: UInt64, in slab: borrowing ConnectionSlab) {
    var hole = home(of: UInt32(truncatingIfNeeded: hash))
    while slots[hole].number != slab[index].number {
      precondition(!slots[hole].isEmpty, "a connection is not in the table")
      hole = (hole + 1) & mask
    }
    var place = hole
    while true {
      place = (place + 1) & mask
      let slot = slots[place]
      guard !slot.isEmpty else { break }
      let home = home(of: slot.tag)
      // The slot may move into the hole only if its home does not lie behind the hole.
      if (place - home) & mask >= (place - hole) & mask {
        slots[hole] = slot
        hole = place
      }
    }
    slots[hole] = Slot()
    count -= 1
  }

  /// The longest way from a home to its slot, for tests. O(slots).
  func longestProbe() -> Int {
    var longest = 0
    for place in slots.indices where !slots[place].isEmpty {
      let home = home(of: slots[place].tag)
      longest = max(longest, (place - home) & mask)
    }
    return longest
  }
}
