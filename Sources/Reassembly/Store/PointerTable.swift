/// Table of the addresses of slabs by their number; it never shrinks.
///
/// An array would check its bounds on the way to every segment.
///
/// Numbers come from the engine's own structures, which got them from `append`; `count` never exceeds `capacity`.
struct PointerTable<Pointee>: ~Copyable {
  private var pointers: UnsafeMutablePointer<UnsafeMutablePointer<Pointee>>
  private var capacity = 16
  private(set) var count = 0

  init() { pointers = .allocate(capacity: capacity) }

  /// The owner frees what the pointers lead to.
  deinit { pointers.deallocate() }

  /// - Precondition: `number` is below `count`.
  @inline(__always)
  subscript(number: Int) -> UnsafeMutablePointer<Pointee> {
    assert(number < count)
    return pointers[number]
  }

  /// Amortised O(1).
  mutating func append(_ pointer: UnsafeMutablePointer<Pointee>) {
    if count == capacity {
      capacity *= 2
      pointers.grow(count, to: capacity)
    }
    (pointers + count).initialize(to: pointer)
    count += 1
  }
}
