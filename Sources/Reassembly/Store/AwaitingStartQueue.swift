/// The directions whose bytes are held because their SYN was not seen, the first held first.
struct HeldQueue {
  private(set) var first = HalfHandle.none
  private var last = HalfHandle.none

  /// Enters a direction that is not in. O(1).
  mutating func append(_ half: HalfHandle, at time: Int64) {
    half.state.flags.insert(.held)
    half.state.heldSince = time
    half.state.heldPrevious = last
    half.state.heldNext = .none
    if last.exists { last.state.heldNext = half } else { first = half }
    last = half
  }

  /// Takes a direction out, if it is in. O(1).
  mutating func remove(_ half: HalfHandle) {
    guard half.state.flags.contains(.held) else { return }
    half.state.flags.remove(.held)
    let previous = half.state.heldPrevious
    let next = half.state.heldNext
    if previous.exists { previous.state.heldNext = next } else { first = next }
    if next.exists { next.state.heldPrevious = previous } else { last = previous }
  }
}
