/// Numbers of pieces, one behind the other. An array would ask at every change whether it is shared, and segments that meet many pieces
/// make many changes.
///
/// The pointer arithmetic is safe because `count` never exceeds `capacity`, which `append` alone raises.
struct PieceList: ~Copyable {
  /// nil before the first piece.
  private var pieces: UnsafeMutablePointer<PieceIndex>?
  private var capacity = 0
  private(set) var count = 0

  init() {}

  deinit { pieces?.deallocate() }

  var isEmpty: Bool { count == 0 }

  /// - Precondition: `index` is in `0..<count`.
  @inline(__always)
  subscript(index: Int) -> PieceIndex {
    assert(index >= 0 && index < count)
    return pieces.unsafelyUnwrapped[index]
  }

  /// Amortised O(1).
  @inline(__always)
  mutating func append(_ piece: PieceIndex) {
    if count == capacity { grow() }
    (pieces.unsafelyUnwrapped + count).initialize(to: piece)
    count &+= 1
  }

  /// The last piece, which is taken away; `.none` where there is none.
  @inline(__always)
  mutating func popLast() -> PieceIndex {
    guard count > 0 else { return .none }
    count &-= 1
    return pieces.unsafelyUnwrapped[count]
  }

  /// Keeps the memory.
  mutating func removeAll() { count = 0 }

  private mutating func grow() {
    capacity = max(64, 2 * capacity)
    if pieces == nil { pieces = .allocate(capacity: capacity) } else { pieces?.grow(count, to: capacity) }
  }
}
