import PlainSearch
import Stages
import Testing

@testable import Matching

/// Tests of the rules of matches, one by one.
@Suite(.enabled(if: Library.isThere, "\(Library.reason)")) struct MatchTests {
  @Test func longestOfTheLeftmost() throws {
    #expect(try Found.texts([Pattern("a+")], "xaaaxaa") == ["aaa", "aa"])
    #expect(try Found.texts([Pattern("foo|xfooy")], "xfooy foo") == ["xfooy", "foo"])
    #expect(try Found.texts([Pattern("b|c|a.*d")], "abcd b") == ["abcd", "b"])
    #expect(try Found.texts([Pattern("abab")], "ababababab") == ["abab", "abab"])
  }

  @Test func patternsDoNotDisturbEachOther() throws {
    #expect(try Found.texts([Pattern("ab"), Pattern("abc"), Pattern("b")], "abc") == ["ab", "abc", "b"])
  }

  @Test func anchorsAreThoseOfTheRun() throws {
    let set = try PatternSet([Pattern("^ab"), Pattern("cd$")])
    let pieces: [Piece] = [.bytes(Array("abcd".utf8)), .gap(10), .bytes(Array("ab".utf8)), .bytes(Array("abcd".utf8))]
    #expect(Found.matches(of: set, in: pieces).map { [$0.pattern, Int($0.offset)] } == [[0, 0], [1, 2], [0, 14], [1, 18]])
  }

  @Test func nothingMatchesAcrossAGap() throws {
    let set = try PatternSet([Pattern("needle", isLiteral: true), Pattern("n.*e")])
    for gap in [0, 1, 100] {
      #expect(Found.matches(of: set, in: [.bytes(Array("need".utf8)), .gap(gap), .bytes(Array("le".utf8))]).map(\.length) == [3])
    }
    #expect(Found.matches(of: set, in: [.bytes(Array("need".utf8)), .bytes(Array("le".utf8))]).map(\.length) == [6, 6])
  }

  /// A direction whose offsets jump without a gap begins a new run as well.
  @Test func offsetsThatJumpAreAGap() throws {
    let found = Found()
    let matcher = StreamMatcher(try PatternSet([Pattern("ab")]), receiver: found)
    matcher.append([0x61].span, at: 0, stamp: ByteStamp(nanoseconds: 0, packet: 1))
    matcher.append([0x62, 0x61].span, at: 5, stamp: ByteStamp(nanoseconds: 0, packet: 2))
    matcher.append([0x62].span, at: 7, stamp: ByteStamp(nanoseconds: 0, packet: 3))
    matcher.end()
    #expect(found.matches.map(\.offset) == [6])
    matcher.append([0x61, 0x62].span, at: 8, stamp: ByteStamp(nanoseconds: 0, packet: 4))
    #expect(found.matches.count == 1, "nothing is searched behind the end")
  }

  @Test func packetsOfTheFirstAndLastByte() throws {
    let set = try PatternSet([Pattern("needle", isLiteral: true)])
    let match = try #require(
      Found.matches(of: set, in: [.bytes(Array("a ne".utf8)), .bytes(Array("ed".utf8)), .bytes(Array("le b".utf8))]).first)
    #expect(match.first == ByteStamp(nanoseconds: 0, packet: 1, input: 3))
    #expect(match.last == ByteStamp(nanoseconds: 20, packet: 3, input: 3))
    #expect(match.around == Array("a needle b".utf8) && match.aroundOffset == 0)
  }

  /// Of a match that began more packets ago than are remembered, the first one is not known; the place is.
  @Test func theFirstPacketMayBeTooFarBack() throws {
    let set = try PatternSet([Pattern("a.*z", flags: .dotAll)])
    let short = [Piece.bytes([0x61])] + Array(repeating: .bytes([0x2e]), count: PacketTrail.most - 2) + [.bytes([0x7a])]
    #expect(Found.matches(of: set, in: short).map(\.first?.packet) == [1])
    let long = [Piece.bytes([0x61])] + Array(repeating: .bytes([0x2e]), count: PacketTrail.most) + [.bytes([0x7a])]
    let match = try #require(Found.matches(of: set, in: long).first)
    #expect(match.first == nil && match.offset == 0 && match.length == Int64(PacketTrail.most) + 2)
    #expect(match.around == Array(repeating: 0x2e, count: 63) + [0x7a])
  }

  @Test func listedAndCounted() throws {
    let tally = MatchTally()
    let set = try PatternSet([Pattern("a"), Pattern("b", isLiteral: true), Pattern("c+")])
    let text = Array(String(repeating: "abc", count: 1_200).utf8)
    let found = Found.matches(of: set, in: [.bytes(Array(text[..<1_801])), .bytes(Array(text[1_801...]))], tally: tally)
    for pattern in 0..<3 { #expect(found.filter { $0.pattern == pattern }.map(\.offset).max() == Int64(999 * 3 + pattern)) }
    #expect(found.count == 3_000 && tally.total == 3_600 && tally.notListed == 600)
  }

  /// Beyond the candidates that are kept, the first one is certain although a longer match could still come.
  @Test func candidatesAreBounded() throws {
    let set = try PatternSet([Pattern("b|a.*z", flags: .dotAll)])
    func lengths(_ count: Int) -> [Int64] {
      Found.matches(of: set, in: [.bytes(Array(("a" + String(repeating: "b", count: count) + "z").utf8))]).map(\.length)
    }
    #expect(lengths(MatchSelection.most) == [Int64(MatchSelection.most) + 2])
    #expect(lengths(MatchSelection.most + 1) == Array(repeating: 1, count: MatchSelection.most + 1))
  }

  @Test func memoryIsBoundedAndGivenBack() throws {
    let patterns = [Pattern("ab"), Pattern("x.*y", flags: .dotAll)]
    let one = try PatternSet(patterns).stateSize + StreamMatcher.ownSize
    let set = try PatternSet(patterns, memoryLimit: one * 2 + 100)
    let found = Found()
    var matchers = (0..<3).map { _ in StreamMatcher(set, receiver: found) }
    for matcher in matchers { matcher.append(Array("ab".utf8).span, at: 0, stamp: ByteStamp(nanoseconds: 0, packet: 1)) }
    #expect(found.matches.isEmpty && set.refusals == 1 && set.memory >= one * 2)
    for matcher in matchers { matcher.end() }
    #expect(found.matches.count == 2 && set.memory == 0)
    matchers = [StreamMatcher(set, receiver: found)]
    matchers[0].append(Array("b ab".utf8).span, at: 0, stamp: ByteStamp(nanoseconds: 0, packet: 2))
    matchers = []
    #expect(found.matches.count == 2 && set.memory == 0, "a search that is dropped gives everything back")
    // A state that is used again knows nothing of its last search.
    #expect(Found.matches(of: set, in: [.bytes(Array("ab".utf8))]).count == 1)
    #expect(set.refusals == 1 && set.peakMemory <= one * 2 + 10_000)
  }

  /// A hostile sender: every byte extends a match, begins one, or both.
  @Test(.timeLimit(.minutes(1))) func costOfManyReports() throws {
    let patterns = ["a.*", "a|b.*z", "[ab]+", ".", "..", "a.{0,50}"].map { Pattern($0, flags: .dotAll) }
    let set = try PatternSet(patterns)
    let tally = MatchTally()
    let bytes = Array(repeating: UInt8(0x61), count: 1_000)
    let found = Found.matches(of: set, in: Array(repeating: .bytes(bytes), count: 300), tally: tally)
    #expect(found.count <= 6_000 && tally.total > 300_000)
    #expect(set.memory == 0)
  }
}
