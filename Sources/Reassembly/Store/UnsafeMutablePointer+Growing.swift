extension UnsafeMutablePointer {
  /// Moves the first `count` elements to memory with room for `capacity`, and gives the old memory back. O(count).
  /// - Precondition: as many are initialised, and `capacity` is not less.
  mutating func grow(_ count: Int, to capacity: Int) {
    let larger = Self.allocate(capacity: capacity)
    larger.moveInitialize(from: self, count: count)
    deallocate()
    self = larger
  }
}
