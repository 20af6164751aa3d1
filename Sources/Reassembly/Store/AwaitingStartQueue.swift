/// The directions whose bytes are held because their SYN was not seen, the first held first.
struct HeldQueue {
  private(set) var first = HalfIndex.none
  private var last = HalfIndex.none

  /// Enters a direction that is not in. O(1).
  mutating func append(_ half: HalfIndex, at time: Int64, in slab: borrowing ConnectionSlab) {
    slab[half].flags.insert(.held)
    slab[half].heldSince = time
    slab[half].heldPrevious = last
    slab[half].heldNext = .none
    if last.exists { slab[last].heldNext = half } else { first = half }
    last = half
  }

  /// Takes a direction out, if it is in. O(1).
  mutating func remove(_ half: HalfIndex, in slab: borrowing ConnectionSlab) {
    guard slab[half].flags.contains(.held) else { return }
    slab[half].flags.remove(.held)
    let previous = slab[half].heldPrevious
    let next = slab[half].heldNext
    if previous.exists { slab[previous].heldNext = next } else { first = next }
    if next.exists { slab[next].heldPrevious = previous } else { last = previous }
  }
}
