/// Directions that await their start because their SYN was not seen, the longest waiting first.
struct AwaitingStartQueue {
  private(set) var first = HalfHandle.none
  private var last = HalfHandle.none

  /// Appends a direction that is not in the queue.
  ///
  /// O(1).
  mutating func append(_ half: HalfHandle, at time: Int64) {
    half.state.flags.insert(.awaitingStart)
    half.state.awaitingStartSince = time
    half.state.awaitingStartPrevious = last
    half.state.awaitingStartNext = .none
    if last.exists { last.state.awaitingStartNext = half } else { first = half }
    last = half
  }

  /// Removes a direction, if it is in the queue.
  ///
  /// O(1).
  mutating func remove(_ half: HalfHandle) {
    guard half.state.flags.contains(.awaitingStart) else { return }
    half.state.flags.remove(.awaitingStart)
    let previous = half.state.awaitingStartPrevious
    let next = half.state.awaitingStartNext
    if previous.exists { previous.state.awaitingStartNext = next } else { first = next }
    if next.exists { next.state.awaitingStartPrevious = previous } else { last = previous }
  }
}
