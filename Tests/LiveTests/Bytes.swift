import Foundation

/// Comparing in one step: the tests are not optimised, and files are large.
enum Bytes {
  /// Whether `data` from `start` on is `expected`.
  static func areEqual(_ data: Data, from start: Int = 0, _ expected: Data) -> Bool {
    guard data.count - start == expected.count else { return false }
    return data.withUnsafeBytes { data in
      expected.withUnsafeBytes { expected in
        guard let left = data.baseAddress, let right = expected.baseAddress else { return expected.isEmpty }
        return memcmp(left + start, right, expected.count) == 0
      }
    }
  }
}
