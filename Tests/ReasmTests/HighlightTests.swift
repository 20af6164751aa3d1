import Foundation
import TestSupport
import Testing

/// What --match makes stand out in what --console prints.
@Suite(.enabled(if: MatchOutputTests.isLibraryThere, "\(MatchOutputTests.reason)")) struct HighlightTests {
  /// The output with the begin and the end of reverse video as brackets, and without the other colours.
  private static func bracketed(_ output: String) -> String {
    output.replacing("\u{1b}[7m", with: "⟦").replacing("\u{1b}[27m", with: "⟧").replacing(/\u{1b}\[\d+m/, with: "")
  }

  private static func capture(_ segments: [[UInt8]]) -> [UInt8] {
    var talk = Conversation()
    talk.handshake()
    for segment in segments { talk.send(.client, segment) }
    talk.close()
    return ConsoleTests.capture(talk.packets)
  }

  /// What a client's bytes look like, in segments of a size, with what stands out in brackets.
  private func printed(_ bytes: [UInt8], size: Int = .max, _ options: [String]) throws -> [Substring] {
    let segments = stride(from: 0, to: bytes.count, by: min(size, bytes.count)).map { start in
      Array(bytes[start..<min(start + min(size, bytes.count), bytes.count)])
    }
    let command = try Command(["a.pcap": Self.capture(segments)])
    let arguments = ["a.pcap", "--console", "-q"] + options
    let plain = try command.run(arguments)
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(!plain.output.contains("\u{1b}"))
    let shown = Self.bracketed(try command.run(arguments + ["--color", "always"]).output)
    #expect(!shown.contains("\u{1b}"), "nothing from the wire drives the terminal")
    #expect(shown.replacing("⟦", with: "").replacing("⟧", with: "") == plain.output, "colours change no text")
    for line in shown.split(separator: "\n") {
      #expect(line.count { $0 == "⟦" } == line.count { $0 == "⟧" }, "each line is whole: \(line)")
    }
    let lines = shown.split(separator: "\n")
    let start = try #require(lines.firstIndex { $0.hasPrefix("--- ") })
    return Array(lines[(start + 1)...])
  }

  private static let texts: [(bytes: [UInt8], pattern: String, shown: [String])] = [
    (Array("hello world\n".utf8), "o w", ["hell⟦o w⟧orld"]),
    (Array("one two\nthree".utf8), "two\\nth", ["one ⟦two⟧", "⟦th⟧ree"]),
    (Array("one two\r\nthree".utf8), "o\\r\\nt", ["one tw⟦o⟧", "⟦t⟧hree"]),
    (Array("aXbXc".utf8), "X", ["a⟦X⟧b⟦X⟧c"]), (Array("aXXb".utf8), "X", ["a⟦XX⟧b"]),
    (Array("all".utf8), "all", ["⟦all⟧"]),
    // A character of two bytes of which one matches, controls, and a carriage return inside of a line.
    (Array("Grüße".utf8), "\\xbc", ["Gr⟦ü⟧ße"]), (Array("a\u{1b}[2Jb".utf8), "\\x1b\\[2J", ["a⟦.[2J⟧b"]),
    (Array("a\rb\r".utf8), "\\r", ["a⟦.⟧b⟦.⟧"]), ([0x61, 0xe6, 0x9d, 0x62], "\\x9d", ["a.⟦.⟧b"]),
    // Payload that looks like a line of the program.
    (Array("x\n--- a".utf8), "--- ", ["x", "\\⟦--- ⟧a"]), (Array("--".utf8), "-", ["⟦--⟧"]),
  ]

  /// A match may be cut anywhere between two segments.
  @Test(arguments: texts)
  func matchesStandOutHoweverTheyWereCut(_ bytes: [UInt8], _ pattern: String, _ shown: [String]) throws {
    for size in [1, 2, 3, .max] {
      #expect(try printed(bytes, size: size, ["--match=\(pattern)"]).map(String.init) == shown, "segments of \(size) bytes")
    }
  }

  @Test func rowsOfHexadecimal() throws {
    let bytes = Array("0123456789abcdef0123".utf8)
    #expect(
      try printed(bytes, size: 7, ["--format", "hex", "--match", "[6-9]+|ef01"]).map(String.init) == [
        "00000000  30 31 32 33 34 35 ⟦36 37  38 39⟧ 61 62 63 64 ⟦65 66⟧  |012345⟦6789⟧abcd⟦ef⟧|",
        "00000010  ⟦30 31⟧ 32 33                                       |⟦01⟧23|",
      ])
  }

  /// Bytes that are no text are printed as their first two rows.
  @Test func rowsOfBinaryRuns() throws {
    let bytes = [UInt8](repeating: 0xfe, count: 20) + [0xca, 0xfe] + [UInt8](repeating: 0xfd, count: 100)
    let lines = try printed(bytes, ["--match", "\\xca"])
    #expect(lines.count == 3 && lines[0] == "... binary, 122 bytes")
    #expect(lines[2] == "00000010  fe fe fe fe ⟦ca⟧ fe fd fd  fd fd fd fd fd fd fd fd  |....⟦.⟧...........|")
  }

  /// Raw bytes and base64 have no room for it.
  @Test(arguments: ["raw", "base64"]) func otherForms(_ form: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let arguments = ["a.pcap", "-q", "--console", "--format", form, "--color", "always"]
    let output = try command.run(arguments + ["--match", "world"]).output
    #expect(!output.contains("\u{1b}[7m") && !output.isEmpty)
    let plain = try command.run(arguments).output
    #expect(form == "base64" || output == plain)
  }

  /// Without colours, the heading says how many there are, and nothing else changes.
  @Test func theHeadingCounts() throws {
    let command = try Command(["a.pcap": ConsoleTests.mixed])
    let plain = try command.run(["a.pcap", "-q", "--console"]).output
    let matched = try command.run(["a.pcap", "-q", "--console", "--match", "HTTP", "--match", "QUIT"]).output
    #expect(matched.contains(" bytes, open, 3 matches\n") && matched.contains(" bytes, rst, 1 match\n"))
    #expect(matched.replacing(/, \d match(es)?\n/, with: "\n") == plain)
  }

  /// Nothing matches across a gap.
  @Test func gapsEndMatches() throws {
    let command = try Command(["a.pcap": ConsoleTests.mixed])
    let shown = Self.bracketed(
      try command.run(["a.pcap", "-q", "--console", "--color", "always", "--match", "A.*behind", "--match", "^behind", "--match", "no end"])
        .output)
    #expect(shown.contains("⟦behind⟧ the hole\ttab\n⟦no end⟧ of line\n") && !shown.contains("A⟧"))
  }

  /// Both sides have their own offsets, and each turn its own part of them.
  @Test func turns() throws {
    var talk = Conversation()
    talk.handshake()
    for round in 0..<20 {
      talk.send(.client, "question \(round)\n")
      talk.send(.server, "answer \(round)\n")
    }
    talk.close()
    let command = try Command(["a.pcap": ConsoleTests.capture(talk.packets)])
    let shown = Self.bracketed(
      try command.run(["a.pcap", "-q", "--console", "--color", "always", "--match", "[on] 1?7\\n", "--match", "r 3"]).output)
    #expect(shown.matches(of: /⟦.*?⟧/).map { String($0.0) } == ["⟦r 3⟧", "⟦n 7⟧", "⟦n 17⟧"])
  }

  @Test func headsAndBodiesOfHTTP() throws {
    let command = try Command(["a.pcap": try MatchOutputTests.fixture("http-gzip")])
    let shown = Self.bracketed(
      try command.run(
        ["a.pcap", "-q", "--console", "--http", "--color", "always", "--match", "drummers drumming", "--match", "HTTP/1.1 200"]
      ).output)
    #expect(shown.contains("⟦HTTP/1.1 200⟧ ") && shown.contains("⟦drummers drumming⟧"))
  }

  @Test func clearBytesOfTLS() throws {
    let command = try Command(["a.pcap": try MatchOutputTests.fixture("tls13"), "keys": try MatchOutputTests.fixture("tls13", "keys")])
    let shown = Self.bracketed(
      try command.run(
        ["a.pcap", "--keylog", "keys", "-q", "--console", "--color", "always", "--match", "quick (brown|red)"]
      ).output)
    #expect(shown.contains("the ⟦quick brown⟧ fox\n") && shown.contains(", 1 match\n"))
  }

  /// The folder does not depend on what is printed.
  @Test func filesAreTheSameWithTheConsoleBesideThem() throws {
    let command = try Command(["a.pcap": ConsoleTests.mixed])
    let arguments = ["-r", "a.pcap", "-q", "--match", "HTTP", "--match", "[0-9]+", "-o"]
    #expect(try command.run(arguments + ["plain"]).status == 0)
    let outcome = try command.run(arguments + ["both", "--console", "--color", "always"])
    #expect(outcome.status == 0 && outcome.output.contains("\u{1b}[7mHTTP\u{1b}[27m"))
    let difference = try command.run(["-r", "plain", "both"], of: "/usr/bin/diff")
    #expect(difference.status == 0, "\(difference.output)")
  }

  @Test(arguments: [("hello", 0), ("nowhere", 3)])
  func aRunThatRequiresAMatch(pattern: String, status: Int32) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["a.pcap", "--console", "--match", pattern, "--fail-without-match"])
    #expect(outcome.status == status)
    #expect(outcome.errors.contains(/matches +\d  of 1 pattern/))
    #expect(command.names(in: ".") == ["a.pcap"], "console alone writes no files")
  }

  /// A limit of memory leaves bytes without a search, and says so.
  @Test func aLimitOfMemoryIsCounted() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["a.pcap", "--console", "--match", "o", "--match-memory", "100"])
    #expect(outcome.status == 0 && outcome.output.contains("hello world"))
    #expect(outcome.errors.contains("limit: --match-memory 100 left directions or bodies without a search, 1 time"))
  }
}
