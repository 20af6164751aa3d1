/// Directions that await their start because their SYN was not seen, the longest waiting first.
struct AwaitingStartQueue {
  private(set) var first = HalfHandle.none
  private var last = HalfHandle.none
  /// Time since when the directions at the front wait that are in the order of ids.
  private var sorted = Int64.min

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

  /// Returns the direction that waits longest; of those that wait since the same time, the one with the smallest id of its connection.
  ///
  /// O(1), and O(n log n) once for n directions that wait since the same time.
  mutating func firstInOrder() -> HalfHandle {
    let next = first.state.awaitingStartNext
    let time = first.state.awaitingStartSince
    if next.exists, next.state.awaitingStartSince == time, sorted != time { sortFirst(since: time) }
    return first
  }

  /// Puts the directions that wait since a time, which are at the front, into the order of ids.
  private mutating func sortFirst(since time: Int64) {
    sorted = time
    var equal: [(rank: UInt64, half: HalfHandle)] = []
    var half = first
    while half.exists, half.state.awaitingStartSince == time {
      equal.append((half.rank, half))
      half = half.state.awaitingStartNext
    }
    let rest = half
    equal.sort { $0.rank < $1.rank }
    var previous = HalfHandle.none
    for (_, half) in equal {
      half.state.awaitingStartPrevious = previous
      if previous.exists { previous.state.awaitingStartNext = half } else { first = half }
      previous = half
    }
    previous.state.awaitingStartNext = rest
    if rest.exists { rest.state.awaitingStartPrevious = previous } else { last = previous }
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
