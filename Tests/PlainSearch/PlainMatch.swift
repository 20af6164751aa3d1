package import Matching
internal import Stages

/// Place of a match, and what is told of it, as a plain search over each run of bytes finds it.
package struct PlainMatch: Hashable, Comparable, CustomStringConvertible {
  var pattern: Int
  package var offset: Int64
  package var length: Int64
  var first: UInt64
  var last: UInt64
  var around: [UInt8]
  var aroundOffset: Int64

  /// The pattern, its place and its packets, which a failure shows.
  package var description: String {
    "\(pattern): \(offset)+\(length) packets \(first)-\(last) around \(aroundOffset) \(String(decoding: around, as: UTF8.self))"
  }

  package static func < (one: PlainMatch, other: PlainMatch) -> Bool { (one.offset, one.pattern) < (other.offset, other.pattern) }

  /// Matches of a plain search.
  static func expected(_ expressions: [Expression], _ pieces: [Piece]) -> [PlainMatch] {
    var all: [PlainMatch] = []
    var offset = 0
    var run: [UInt8] = []
    var packets: [UInt64] = []
    func endRun() {
      for (pattern, expression) in expressions.enumerated() {
        for range in expression.matches(in: run) {
          let before = max(0, 64 - range.count) / 2
          let start = range.count > 64 ? range.upperBound - 64 : max(0, range.lowerBound - before)
          let end = min(run.count, max(range.upperBound, range.lowerBound - before + 64))
          let base = offset - run.count
          all.append(
            PlainMatch(
              pattern: pattern, offset: Int64(base + range.lowerBound), length: Int64(range.count), first: packets[range.lowerBound],
              last: packets[range.upperBound - 1], around: Array(run[start..<end]), aroundOffset: Int64(base + start)))
        }
      }
      (run, packets) = ([], [])
    }
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .bytes(let bytes):
        run += bytes
        packets += bytes.map { _ in UInt64(index) + 1 }
        offset += bytes.count
      case .gap(let length):
        endRun()
        offset += length
      }
    }
    endRun()
    return all.sorted()
  }

  /// Matches that the search of a stream finds.
  package static func found(_ set: PatternSet, _ pieces: [Piece]) -> [PlainMatch] {
    Found.matches(of: set, in: pieces).map {
      PlainMatch(
        pattern: $0.pattern, offset: $0.offset, length: $0.length, first: $0.first?.packet ?? 0, last: $0.last.packet, around: $0.around,
        aroundOffset: $0.aroundOffset)
    }.sorted()
  }

  /// Returns in what the search of a stream differs from the plain one; nil if it does not.
  package static func difference(_ set: PatternSet, _ expressions: [Expression], _ pieces: [Piece]) -> String? {
    let found = Set(found(set, pieces))
    let expected = Set(expected(expressions, pieces))
    if found == expected { return nil }
    let words = pieces.map { piece in
      switch piece {
      case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
      case .gap(let length): "<\(length)>"
      }
    }
    return "\(expressions.map(\.text)) in \(words): \(found.subtracting(expected).sorted()), not \(expected.subtracting(found).sorted())"
  }
}
