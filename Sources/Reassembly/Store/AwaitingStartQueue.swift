/// The directions whose bytes are held because their SYN was not seen, the first held first.
struct AwaitingStartQueue {
  private(set) var first = HalfHandle.none
  private var last = HalfHandle.none

  /// Enters a direction that is not in. O(1).
  mutating func append(_ half: HalfHandle, at time: Int64) {
    half.state.flags.insert(.awaitingStart)
    half.state.awaitingStartSince = time
    half.state.awaitingStartPrevious = last
    half.state.awaitingStartNext = .none
    if last.exists { last.state.awaitingStartNext = half } else { first = half }
    last = half
  }

  /// Takes a direction out, if it is in. O(1).
  mutating func remove(_ half: HalfHandle) {
    guard half.state.flags.contains(.awaitingStart) else { return }
    half.state.flags.remove(.awaitingStart)
    let previous = half.state.awaitingStartPrevious
    let next = half.state.awaitingStartNext
    if previous.exists { previous.state.awaitingStartNext = next } else { first = next }
    if next.exists { next.state.awaitingStartPrevious = previous } else { last = previous }
  }
}
