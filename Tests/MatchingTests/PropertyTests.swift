import Matching
import PlainSearch
import Testing

/// Tests on random patterns and bytes: the matches are those of a plain search over each run of bytes, however the bytes are cut.
@Suite(.enabled(if: Library.isThere, "\(Library.reason)")) struct MatchPropertyTests {
  private static func compare(_ set: PatternSet, _ expressions: [Expression], _ pieces: [Piece]) {
    let difference = PlainMatch.difference(set, expressions, pieces)
    #expect(difference == nil)
  }

  /// Cuts bytes at random places; some cuts are gaps.
  private static func pieces(_ bytes: [UInt8], longest: Int, gaps: Bool, _ random: inout Random) -> [Piece] {
    var pieces: [Piece] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = min(rest.count, 1 + random.next(longest))
      pieces.append(.bytes(Array(rest.prefix(count))))
      rest = rest.dropFirst(count)
      if gaps, random.next(6) == 0 { pieces.append(.gap(random.next(40))) }
    }
    return pieces
  }

  @Test(arguments: 0..<300)
  func expressions(seed: Int) throws {
    var random = Random(state: UInt64(seed) &* 7_919 &+ 3)
    let expressions = (0..<(1 + random.next(4))).map { _ in Expression.random(depth: 1 + random.next(3), &random) }
      .filter { !$0.matchesNothing }
    guard !expressions.isEmpty else { return }
    let set = try PatternSet(expressions.map { Pattern($0.text) })
    for _ in 0..<6 {
      let letters = random.next(2) == 0 ? 3 : 4
      let bytes = (0..<(1 + random.next(120))).map { _ in UInt8(0x61 + random.next(letters)) }
      let pieces = Self.pieces(bytes, longest: [1, 5, 40, 200][random.next(4)], gaps: random.next(2) == 0, &random)
      Self.compare(set, expressions, pieces)
    }
  }

  /// Literals of all bytes, zero and line feeds among them.
  @Test(arguments: 0..<100)
  func literals(seed: Int) throws {
    var random = Random(state: UInt64(seed) &* 104_729 &+ 11)
    let alphabet: [UInt8] = [0, 0x0a, 0x2e, 0xff]
    let texts = (0..<(1 + random.next(30))).map { _ in (0..<(1 + random.next(5))).map { _ in alphabet[random.next(4)] } }
    let set = try PatternSet(texts.map { Pattern($0, isLiteral: true) })
    let expressions = texts.map { Expression.sequence($0.map(Expression.letter)) }
    for _ in 0..<6 {
      let bytes = (0..<(1 + random.next(400))).map { _ in alphabet[random.next(4)] }
      let pieces = Self.pieces(bytes, longest: [1, 7, 90][random.next(3)], gaps: random.next(2) == 0, &random)
      Self.compare(set, expressions, pieces)
    }
  }

  /// Expressions that look behind a match, or at the ends of the run, whose reports come late.
  @Test(arguments: 0..<60)
  func assertions(seed: Int) throws {
    var random = Random(state: UInt64(seed) &* 15_485_863 &+ 1)
    let texts = [#"\bab\b"#, #"a+\b"#, #"\Ba."#, #"^a"#, #"b$"#, #"(?m)^b"#, #"(?m)a$"#, #"(?s)b.*a\b"#, #"a(\b|b)"#, #"\b[ab]+ ?\b"#]
    let set = try PatternSet(texts.map { Pattern($0) })
    let alphabet = Array("aab \n.".utf8)
    for _ in 0..<10 {
      let bytes = (0..<(1 + random.next(90))).map { _ in alphabet[random.next(alphabet.count)] }
      let whole = Found.matches(of: set, in: [.bytes(bytes)])
      let pieces = Self.pieces(bytes, longest: [1, 3, 20][random.next(3)], gaps: false, &random)
      let cut = Found.matches(of: set, in: pieces)
      #expect(
        whole.map { [Int64($0.pattern), $0.offset, $0.length, $0.aroundOffset] }
          == cut.map { [Int64($0.pattern), $0.offset, $0.length, $0.aroundOffset] })
      #expect(whole.map(\.around) == cut.map(\.around))
    }
  }

  /// Matches lie far apart, in pieces of every length: the library jumps to the next byte at which a match may begin.
  @Test(arguments: ["t[a-z]+", "t[a-z]", "x[0-9]y", "(tab|tq)", "ab+", "t[a-z]{1,60}", "a[^\\n]*b", "foo[0-9]+", "password=[^&]+"])
  func matchesFarApart(pattern: String) throws {
    let set = try PatternSet([Pattern(Array(pattern.utf8))])
    let regex = try Regex(pattern)
    let words = ["tab", "tq", "ab\n", "abbb", "password=secret&", "x1y", "foo12", "TaX"]
    var random = Random(state: 24)
    for _ in 0..<40 {
      var text = ""
      while text.utf8.count < 3_000 {
        text += words[random.next(words.count)]
        text += String(repeating: "\0", count: [0, 1, 5, 30, 70, 150][random.next(6)])
      }
      let longest = [32, 80, 200, 1_400, 3_000][random.next(5)]
      let found = PlainMatch.found(set, Self.pieces(Array(text.utf8), longest: longest, gaps: false, &random))
      let expected = text.matches(of: regex).map { match in
        let start = text.utf8.distance(from: text.startIndex, to: match.range.lowerBound)
        return start..<(start + text[match.range].utf8.count)
      }
      #expect(found.map { Int($0.offset)..<Int($0.offset + $0.length) } == expected, "pieces of up to \(longest) bytes")
    }
  }
}
