internal import Glibc

extension Span<UInt8> {
  /// Returns the index of the first byte of a value at or after `start`; nil if there is none.
  ///
  /// O(n), with `memchr`.
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < count else { return nil }
    return withUnsafeBufferPointer { buffer in
      // Sound: `start` lies before the end, so the base exists, and the search covers the bytes from there to the end.
      guard let base = buffer.baseAddress, let found = memchr(base + start, Int32(byte), buffer.count - start) else { return nil }
      return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
  }
}
