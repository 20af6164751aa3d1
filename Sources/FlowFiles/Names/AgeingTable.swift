/// Numbers by key, for a bounded number of keys: when the table is full, the oldest key is removed.
///
/// Entries are in a ring, in the order of insertion. An open-addressing table of positions finds them. All operations are amortised O(1).
/// Absent keys have the number 0.
struct AgeingTable<Key: Hashable> {
  let capacity: Int
  private var entries: [(key: Key, value: UInt32)] = []
  /// Position of the oldest entry once the ring is full.
  private var oldest = 0
  /// Positions + 1 of entries, 0 in free slots; the count is a power of two, at least twice the number of entries.
  private var slots: [UInt32] = Array(repeating: 0, count: 16)

  init(capacity: Int) {
    precondition(capacity > 0 && capacity < Int(UInt32.max), "positions are 32 bits")
    self.capacity = capacity
  }

  subscript(key: Key) -> UInt32 {
    get {
      let position = slots[slot(of: key)]
      return position == 0 ? 0 : entries[Int(position) - 1].value
    }
    set { update(key) { _ in newValue } }
  }

  /// Replaces the number of a key by the result of `change`, and returns the old number.
  @discardableResult
  mutating func update(_ key: Key, _ change: (UInt32) -> UInt32) -> UInt32 {
    let slot = slot(of: key)
    let position = slots[slot]
    if position == 0 {
      insert(key, change(0), in: slot)
      return 0
    }
    let old = entries[Int(position) - 1].value
    entries[Int(position) - 1].value = change(old)
    return old
  }

  /// Adds a key.
  ///
  /// Its slot is `free` unless another key must be removed.
  private mutating func insert(_ key: Key, _ value: UInt32, in free: Int) {
    if entries.count == capacity {
      forget(entries[oldest].key)
      entries[oldest] = (key, value)
      slots[slot(of: key)] = UInt32(oldest) + 1
      oldest = oldest + 1 == capacity ? 0 : oldest + 1
      return
    }
    entries.append((key, value))
    if entries.count * 2 > slots.count {
      slots = Array(repeating: 0, count: slots.count * 2)
      for index in entries.indices { slots[slot(of: entries[index].key)] = UInt32(index) + 1 }
    } else {
      slots[free] = UInt32(entries.count)
    }
  }

  private func home(of key: Key) -> Int { key.hashValue & (slots.count - 1) }

  /// Returns the slot that holds `key`, or the free slot for it.
  private func slot(of key: Key) -> Int {
    var slot = home(of: key)
    while slots[slot] != 0, entries[Int(slots[slot]) - 1].key != key { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  /// Frees the slot of `key` and moves the following entries up, so that no search ends too early.
  private mutating func forget(_ key: Key) {
    let mask = slots.count - 1
    var hole = slot(of: key)
    var next = (hole + 1) & mask
    while slots[next] != 0 {
      let wanted = home(of: entries[Int(slots[next]) - 1].key)
      if (next - wanted) & mask >= (next - hole) & mask {
        slots[hole] = slots[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    slots[hole] = 0
  }
}
