import Glibc

/// Comparison of two copies of the same stream bytes: queued ones, and delivered ones in the streams of this package.
package enum ByteRanges {
  /// Whether two copies are equal.
  ///
  /// - Precondition: both have the same length.
  package static func areEqual(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = a.baseAddress, let second = b.baseAddress else { return true }
    precondition(a.count == b.count, "copies of different length")
    return memcmp(first, second, a.count) == 0
  }

  /// The first range at or after `from` in which two copies differ in every byte; nil if they are equal from there on.
  static func difference(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>, from: Int) -> Range<Int>? {
    precondition(a.count == b.count, "copies of different length")
    var lower = from
    while lower < a.count, a[lower] == b[lower] { lower += 1 }
    guard lower < a.count else { return nil }
    var upper = lower
    while upper < a.count, a[upper] != b[upper] { upper += 1 }
    return lower..<upper
  }
}
