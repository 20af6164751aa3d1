import Packets

/// The directions that hold segments far outside the window, the first ones first: at the memory limit those give way in this order.
///
/// Their links stand in the ledgers, which every such direction has.
struct FarQueue {
  private(set) var first = HalfIndex.none
  private var last = HalfIndex.none

  /// Enters a direction that is not in and has a ledger. O(1).
  mutating func append(_ half: HalfIndex, in slab: borrowing ConnectionSlab) {
    slab[half].ledger?.far.previous = last
    slab[half].ledger?.far.next = .none
    if last.exists { slab[last].ledger?.far.next = half } else { first = half }
    last = half
  }

  /// Takes out a direction that is in. O(1).
  mutating func remove(_ half: HalfIndex, in slab: borrowing ConnectionSlab) {
    guard let far = slab[half].ledger?.far else { return }
    if far.previous.exists { slab[far.previous].ledger?.far.next = far.next } else { first = far.next }
    if far.next.exists { slab[far.next].ledger?.far.previous = far.previous } else { last = far.previous }
  }
}
