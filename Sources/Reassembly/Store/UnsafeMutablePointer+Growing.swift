extension UnsafeMutablePointer {
  /// Moves the first `count` elements to memory for `capacity` elements, and frees the old memory.
  ///
  /// O(count).
  ///
  /// - Precondition: `count` elements are initialised, and `capacity` is not less.
  mutating func grow(_ count: Int, to capacity: Int) {
    let larger = Self.allocate(capacity: capacity)
    larger.moveInitialize(from: self, count: count)
    deallocate()
    self = larger
  }
}
