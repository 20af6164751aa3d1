/// List of owners in the order of their last use, for the choice of the least recently used one.
///
/// Every operation is O(1). An owner remembers its slot, and must remove itself from the list.
struct RecencyList<Owner: AnyObject> {
  private var owners: [Owner?] = []
  private var older: [Int32] = []
  private var newer: [Int32] = []
  private var free: [Int32] = []
  private var newest: Int32 = -1
  private var last: Int32 = -1
  /// Slot of the most recently used owner that was not used since the last `takeRecent`.
  private var taken: Int32 = -1
  private(set) var count = 0

  /// Least recently used owner.
  var oldest: Owner? { last < 0 ? nil : owners[Int(last)] }

  /// Adds an owner as the most recently used one, and returns its slot.
  mutating func insert(_ owner: Owner) -> Int32 {
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      owners[Int(slot)] = owner
    } else {
      slot = Int32(owners.count)
      owners.append(owner)
      older.append(-1)
      newer.append(-1)
    }
    link(slot)
    count += 1
    return slot
  }

  /// Records that the owner of `slot` was used.
  mutating func touch(_ slot: Int32) {
    guard slot != newest else {
      if slot == taken { taken = older[Int(slot)] }
      return
    }
    unlink(slot)
    link(slot)
  }

  mutating func remove(_ slot: Int32) {
    unlink(slot)
    owners[Int(slot)] = nil
    free.append(slot)
    count -= 1
  }

  /// Returns the owners that were used since the last call, most recently used first.
  ///
  /// O(number of owners returned).
  mutating func takeRecent() -> [Owner] {
    var found: [Owner] = []
    var slot = newest
    while slot != taken {
      if let owner = owners[Int(slot)] { found.append(owner) }
      slot = older[Int(slot)]
    }
    taken = newest
    return found
  }

  private mutating func link(_ slot: Int32) {
    older[Int(slot)] = newest
    newer[Int(slot)] = -1
    if newest >= 0 { newer[Int(newest)] = slot } else { last = slot }
    newest = slot
  }

  private mutating func unlink(_ slot: Int32) {
    if slot == taken { taken = older[Int(slot)] }
    let before = older[Int(slot)]
    let after = newer[Int(slot)]
    if before >= 0 { newer[Int(before)] = after } else { last = after }
    if after >= 0 { older[Int(after)] = before } else { newest = before }
  }
}
