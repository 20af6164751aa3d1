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

  /// Whether `data` from `start` on is `expected` wherever no gap is.
  ///
  /// Gaps are in the order of their offsets in `data`.
  static func areEqual(_ data: Data, from start: Int, _ expected: Data, without gaps: [IndexLine.Gap]) -> Bool {
    guard start >= 0, data.count - start == expected.count else { return false }
    var position = start
    for gap in gaps + [IndexLine.Gap(range: data.count..<data.count, kind: "end")] {
      if gap.range.lowerBound > position {
        let piece = position..<gap.range.lowerBound
        guard piece.upperBound <= data.count else { return false }
        let same = expected.subdata(in: piece.lowerBound - start..<piece.upperBound - start)
        guard areEqual(data.subdata(in: piece), same) else { return false }
      }
      position = max(position, gap.range.upperBound)
    }
    return true
  }
}
