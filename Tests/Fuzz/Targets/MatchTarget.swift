import Matching
import PlainSearch

/// Search for patterns: bytes that are cut as the input says have the matches that a plain search finds.
///
/// The first byte selects the expressions. Each further byte is a letter, behind which the bytes may be cut, or a gap.
enum MatchTarget {
  /// Length of a run, in which no more matches can be open than a search keeps.
  private static let mostRun = 64

  /// Compiled expressions by the byte that selects them: compiling takes longer than all else.
  nonisolated(unsafe) private static var sets: [UInt8: PatternSet] = [:]

  private static func expressions(_ number: UInt8) -> [Expression] {
    var random = Random(state: UInt64(number) &* 7_919 &+ 5)
    var expressions: [Expression] = []
    while expressions.count < 1 + Int(number & 3) {
      let one = Expression.random(depth: 1 + random.next(3), &random)
      if !one.matchesNothing { expressions.append(one) }
    }
    return expressions
  }

  static func problems(_ input: [UInt8]) -> [String] {
    var source = ByteSource(input)
    let number = source.next()
    let expressions = expressions(number)
    guard let set = sets[number] ?? (try? PatternSet(expressions.map { Pattern(Array($0.text.utf8)) })) else {
      return ["the expressions \(number) cannot be compiled"]
    }
    sets[number] = set
    var pieces: [Piece] = []
    var (bytes, run): ([UInt8], Int) = ([], 0)
    func cut() {
      if !bytes.isEmpty { pieces.append(.bytes(bytes)) }
      bytes = []
    }
    while !source.isEmpty {
      let byte = source.next()
      if byte >= 0xf8 || run == mostRun {
        cut()
        pieces.append(.gap(Int(byte & 7)))
        run = 0
      } else {
        bytes.append(0x61 + (byte & 3))
        run += 1
        if byte & 4 != 0 { cut() }
      }
    }
    cut()
    #if PLANTED_BUG
      if PlainMatch.found(set, pieces).contains(where: { $0.length == 5 && $0.offset == 3 }) { return ["planted"] }
    #endif
    let difference = PlainMatch.difference(set, expressions, pieces)
    let leak = set.memory == 0 ? nil : "a search that is over takes \(set.memory) bytes"
    return [difference, leak].compactMap(\.self)
  }
}
