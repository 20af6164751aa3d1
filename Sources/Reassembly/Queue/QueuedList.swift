/// List of queued segments, by their indices.
///
/// An array would check for uniqueness at every change, and a segment that overlaps many others makes many changes.
///
/// The pointer arithmetic is safe because `count` never exceeds `capacity`, which only `append` raises.
struct QueuedList: ~Copyable {
  /// The elements; nil before the first.
  private var segments: UnsafeMutablePointer<QueuedIndex>?
  private var capacity = 0
  private(set) var count = 0

  init() {}

  deinit { segments?.deallocate() }

  var isEmpty: Bool { count == 0 }

  /// - Precondition: `index` is in `0..<count`.
  @inline(__always)
  subscript(index: Int) -> QueuedIndex {
    assert(index >= 0 && index < count)
    return segments.unsafelyUnwrapped[index]
  }

  /// Amortised O(1).
  @inline(__always)
  mutating func append(_ queued: QueuedIndex) {
    if count == capacity { grow() }
    (segments.unsafelyUnwrapped + count).initialize(to: queued)
    count &+= 1
  }

  /// Removes and returns the last element; `.none` if the list is empty.
  @inline(__always)
  mutating func popLast() -> QueuedIndex {
    guard count > 0 else { return .none }
    count &-= 1
    return segments.unsafelyUnwrapped[count]
  }

  /// Removes all elements and keeps the memory.
  mutating func removeAll() { count = 0 }

  private mutating func grow() {
    capacity = max(64, 2 * capacity)
    if segments == nil { segments = .allocate(capacity: capacity) } else { segments?.grow(count, to: capacity) }
  }
}
