import PlainSearch
import Testing

@testable import Matching

/// Tests of patterns: the forms of a file, and what is refused.
@Suite struct PatternTests {
  private func list(_ text: String, areLiteral: Bool = false) throws -> [Pattern] {
    try Pattern.list(in: Array(text.utf8), areLiteral: areLiteral)
  }

  @Test func fileOfExpressions() throws {
    let patterns = try list("# a comment\n\none:/a\\/b/\ntwo:/:/x/is\r\nthree x:/c:/d/mx")
    #expect(patterns.map { String(decoding: $0.name, as: UTF8.self) } == ["one", "two", "three x"])
    #expect(patterns.map { String(decoding: $0.text, as: UTF8.self) } == ["a\\/b", ":/x", "c:/d"])
    #expect(patterns.map(\.flags) == [[], [.caseless, .dotAll], [.multiline, .extended]])
    #expect(patterns.map(\.isLiteral) == [false, false, false])
  }

  @Test func fileOfLiterals() throws {
    let patterns = try list("# no comment\n\n a:/b/ \r\n", areLiteral: true)
    #expect(patterns.map { String(decoding: $0.text, as: UTF8.self) } == ["# no comment", " a:/b/ "])
    #expect(patterns.allSatisfy { $0.isLiteral && $0.name == $0.text })
  }

  @Test(arguments: [
    ("plain", "the form is name:/regex/flags"), ("a:/b", "the form is name:/regex/flags"), ("a:/", "the form is name:/regex/flags"),
    (":/b/", "the pattern has no name; the form is name:/regex/flags"), ("a:/b/q", "'q' are no flags; there are i, m, s and x"),
  ])
  func linesOfAnotherForm(line: String, words: String) {
    #expect(throws: PatternError.line(2, words)) { try list("ok:/x/\n\(line)\n") }
    #expect("\(PatternError.line(2, words))" == "line 2: \(words)")
  }

  @Test func lineThatIsTooLong() {
    let line = String(repeating: "a", count: Pattern.longestLine + 1)
    #expect(throws: PatternError.line(1, "the line is longer than 65536 bytes")) { try list(line, areLiteral: true) }
  }

  @Test(.enabled(if: Library.isThere, "\(Library.reason)"), arguments: ["a?", "a*", "(ab)?", "^", "$", "\\b", "a{0,3}", "(a|)"])
  func emptyMatchesAreRefusedByName(text: String) {
    #expect(throws: PatternError.refused(name: Array("bad".utf8), reason: "it matches the empty string")) {
      _ = try PatternSet([Pattern("ok"), Pattern(Array(text.utf8), name: Array("bad".utf8))])
    }
  }

  @Test(
    .enabled(if: Library.isThere, "\(Library.reason)"), arguments: ["(", "a(?=b)", "(a)\\1", "a{99999}", "(*UTF8)a", "a\0b", "", "[z-a]"])
  func wrongPatternsAreRefusedByName(text: String) throws {
    let patterns = [Pattern("ok"), Pattern(Array(text.utf8), name: Array("bad".utf8))]
    let error = #expect(throws: PatternError.self) { _ = try PatternSet(patterns) }
    let words = try #require(error).description
    #expect(words.hasPrefix("pattern 'bad': ") && words.count > 25 && !words.contains("\n"))
  }

  @Test(.enabled(if: Library.isThere, "\(Library.reason)"))
  func patternsWithoutAStartAreRefusedByName() throws {
    let bad = Pattern(Array("[a-z]+[0-9]{2,30}x(ab|c.*d)+e?.{10,200}z".utf8), name: Array("bad".utf8))
    #expect(throws: PatternError.refused(name: bad.name, reason: "Pattern is too large")) { _ = try PatternSet([Pattern("ok"), bad]) }
  }

  @Test(.enabled(if: Library.isThere, "\(Library.reason)")) func flags() throws {
    #expect(try Found.texts([Pattern("A.b", flags: [.caseless, .dotAll])], "xa\nB") == ["a\nB"])
    #expect(try Found.texts([Pattern("a b # c\n", flags: .extended)], "ab") == ["ab"])
    #expect(try Found.texts([Pattern("^b", flags: .multiline), Pattern("^b")], "a\nb") == ["b"])
    #expect(try Found.texts([Pattern("a.c", isLiteral: true, flags: .caseless)], "abc A.C") == ["A.C"])
  }

  /// Expressions are compiled in groups of 256, with literals among them; a match names its own pattern whatever the group.
  @Test(.enabled(if: Library.isThere, "\(Library.reason)"), arguments: [255, 256, 257, 700])
  func moreExpressionsThanAGroupHas(count: Int) throws {
    let patterns = (0..<count).map { $0 % 5 == 4 ? Pattern("word\($0);", isLiteral: true) : Pattern("word\($0)[;:]+") }
    let set = try PatternSet(patterns)
    let words = (0..<count).reversed().map { Array("word\($0);".utf8) }
    let whole = Found.matches(of: set, in: [.bytes(Array(words.joined()))])
    #expect(whole.map(\.pattern) == (0..<count).reversed() && whole.map(\.length) == words.map { Int64($0.count) })
    let cut = Found.matches(of: set, in: words.joined().map { .bytes([$0]) })
    #expect(cut.map { [Int64($0.pattern), $0.offset, $0.length] } == whole.map { [Int64($0.pattern), $0.offset, $0.length] })
    #expect(cut.map(\.around) == whole.map(\.around) && set.memory == 0)
  }

  @Test(.enabled(if: Library.isThere, "\(Library.reason)")) func tenThousandPatterns() throws {
    let patterns = try list((0..<10_000).map { "rule\($0):/key\($0)=;/i" }.joined(separator: "\n"))
    let set = try PatternSet(patterns)
    let found = Found.matches(of: set, in: [.bytes(Array("Key77=; KEY9999=; key10000=;".utf8))])
    #expect(found.map { String(decoding: patterns[$0.pattern].name, as: UTF8.self) } == ["rule77", "rule9999"])
  }
}
