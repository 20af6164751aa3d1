import Foundation
import Testing

/// What a run with patterns prints and writes.
@Suite struct MatchOutputTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures")

  /// Fixtures of one capture that need no option.
  static let captures = ((try? FileManager.default.contentsOfDirectory(atPath: fixtures.path)) ?? []).sorted().filter {
    FileManager.default.fileExists(atPath: fixtures.appendingPathComponent("\($0)/input.pcap").path)
  }

  /// Whether the library can be loaded, which a run without a match tells.
  static let isLibraryThere: Bool = {
    guard let command = try? Command(["a.pcap": CaptureBytes.conversation().bytes]) else { return false }
    return (try? command.run(["-r", "a.pcap", "-o", "out", "-q", "--match", "x"]))?.status == 0
  }()
  static let reason = "needs libvectorscan5, whose library libhs.so.5 cannot be loaded"

  struct Line: Decodable, Hashable {
    var connection: UInt64
    var direction: String
    var layer: String
    var exchange: UInt64?
    var side: String?
    var pattern: String
    var offset: Int64
    var length: Int64
    var time: String
    var first_packet: UInt64?
    var last_packet: UInt64
    var around: Data
    var around_offset: Int64
  }

  private func lines(_ command: Command, _ folder: String = "out") throws -> [Line] {
    try #require(command.contents("\(folder)/matches.ndjson")).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  static func fixture(_ name: String, _ file: String = "input.pcap") throws -> [UInt8] {
    [UInt8](try Data(contentsOf: fixtures.appendingPathComponent("\(name)/\(file)")))
  }

  private struct Gap: Decodable {
    var offset: Int
    var length: Int
    var file_offset: Int
    var file_length: Int
  }

  private struct Direction: Decodable {
    var file: String?
    var gaps: [Gap]?
    var match_count: UInt64?
  }

  private struct Connection: Decodable {
    var id: UInt64
    var client_to_server: Direction
    var server_to_client: Direction
  }

  private struct Place: Hashable {
    var connection: UInt64
    var direction: String
    var pattern: String
    var offset: Int64
  }

  /// The runs between the gaps of a stream file: the stream offset of each, and its bytes.
  private static func runs(_ file: [UInt8], _ gaps: [Gap]) -> [(offset: Int, bytes: ArraySlice<UInt8>)] {
    var runs: [(offset: Int, bytes: ArraySlice<UInt8>)] = []
    var (position, offset) = (0, 0)
    for gap in gaps {
      runs.append((offset, file[position..<gap.file_offset]))
      (position, offset) = (gap.file_offset + gap.file_length, gap.offset + gap.length)
    }
    return runs + [(offset, file[min(position, file.count)...])]
  }

  private static func search(_ text: [UInt8], in bytes: ArraySlice<UInt8>) -> [Int] {
    var (found, position): ([Int], Int) = ([], bytes.startIndex)
    while position + text.count <= bytes.endIndex {
      if bytes[position..<(position + text.count)].elementsEqual(text) {
        found.append(position - bytes.startIndex)
        position += text.count
      } else {
        position += 1
      }
    }
    return found
  }

  /// The matches in the streams are those of a plain search over the whole files between their gaps.
  @Test(.enabled(if: isLibraryThere, "\(reason)"), arguments: captures) func matchesAreThoseOfThePlainSearch(_ name: String) throws {
    let texts = ["e", "the", "HTTP", "\r\n", "xx", "a", "0", "\u{1}"]
    let command = try Command([
      "a.pcap": try Self.fixture(name), "words": Array(texts[1...].filter { $0 != "\r\n" }.joined(separator: "\n").utf8),
    ])
    let outcome = try command.run(
      ["-r", "a.pcap", "-o", "out", "-q", "--match-fixed", "--match", texts[0], "--match", "\r\n", "--match-file", "words"])
    #expect([0, 2].contains(outcome.status), "\(outcome.errors)")
    let index = try #require(command.contents("out/connections.ndjson"))
    let lines = try lines(command).filter { $0.layer == "stream" }
    var expected: Set<Place> = []
    var contents: [Place: [UInt8]] = [:]
    for line in index.split(separator: "\n") {
      let connection = try JSONDecoder().decode(Connection.self, from: Data(line.utf8))
      for (direction, half) in [("client_to_server", connection.client_to_server), ("server_to_client", connection.server_to_client)] {
        let listed = lines.filter { $0.connection == connection.id && $0.direction == direction }
        #expect(half.match_count ?? 0 >= UInt64(listed.count))
        guard let path = half.file else { continue }
        let file = [UInt8](try #require(FileManager.default.contents(atPath: "\(command.folder)/out/\(path)")))
        for (offset, bytes) in Self.runs(file, half.gaps ?? []) {
          for text in texts {
            for place in Self.search(Array(text.utf8), in: bytes).prefix(1_000) {
              let key = Place(connection: connection.id, direction: direction, pattern: text, offset: Int64(offset + place))
              expected.insert(key)
              contents[key] = Array(bytes[(bytes.startIndex + place)..<(bytes.startIndex + place + text.utf8.count)])
            }
          }
        }
      }
    }
    let found = Set(
      lines.map { Place(connection: $0.connection, direction: $0.direction, pattern: $0.pattern, offset: $0.offset) })
    #expect(found.count == lines.count)
    #expect(found == expected, "\(found.symmetricDifference(expected))")
    for line in lines {
      let start = Int(line.offset - line.around_offset)
      #expect(line.around.count <= 64 && line.around.dropFirst(start).prefix(Int(line.length)) == Data(line.pattern.utf8))
      #expect(try #require(line.first_packet) <= line.last_packet)
    }
  }

  @Test(.enabled(if: isLibraryThere, "\(reason)")) func clearBytesOfTLS() throws {
    let command = try Command(["a.pcap": try Self.fixture("tls13"), "keys": try Self.fixture("tls13", "keys")])
    #expect(try command.run(["-r", "a.pcap", "--keylog", "keys", "-o", "out", "-q", "--match", "quick (brown|red)"]).status == 0)
    let line = try #require(try lines(command).first)
    #expect(try lines(command).count == 1)
    #expect(line.layer == "clear" && line.direction == "client_to_server" && line.offset == 4 && line.length == 11)
    #expect(String(decoding: line.around, as: UTF8.self).hasPrefix("the quick brown fox\n"))
  }

  /// A body is searched as it is after decoding, and a line tells its exchange.
  @Test(.enabled(if: isLibraryThere, "\(reason)")) func decodedBodies() throws {
    let command = try Command(["a.pcap": try Self.fixture("http-gzip")])
    let arguments = ["-r", "a.pcap", "-q", "--match", "drummers drumming", "-o"]
    #expect(try command.run(arguments + ["out", "--http"]).status == 0)
    let found = try lines(command)
    #expect(!found.isEmpty && found.allSatisfy { $0.layer == "http" && $0.side == "response" && $0.direction == "server_to_client" })
    #expect(found.first?.exchange == 1 && found.first?.offset == 7)
    let exchange = try #require(command.contents("out/http.ndjson")?.split(separator: "\n").first)
    #expect(exchange.contains(#""last_packet":\#(try #require(found.first).last_packet)"#))
    #expect(try command.run(arguments + ["plain"]).status == 0)
    #expect(command.contents("plain/matches.ndjson") == "", "without --http there are no bodies")
  }

  @Test(.enabled(if: isLibraryThere, "\(reason)")) func namesAndFlagsOfAFile() throws {
    let patterns = "# words\nany case:/HELLO/i\n\nplain:/HELLO/\nacross:/o w/\n"
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes, "rules": Array(patterns.utf8)])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "--match-file", "rules", "--match", "ld$"])
    #expect(outcome.status == 0)
    // As in PCRE, `$` matches before a line feed at the end too.
    #expect(Set(try lines(command).map(\.pattern)) == ["any case", "across", "ld$"])
    let across = try #require(try lines(command).first { $0.pattern == "across" })
    #expect(across.first_packet == 2 && across.last_packet == 3 && across.around == Data("hello world\n".utf8))
    #expect(outcome.errorLines.contains { $0.contains(/^matches +3  of 4 patterns$/) })
  }

  /// Beyond a thousand lines of a pattern in a direction, matches are counted.
  @Test(.enabled(if: isLibraryThere, "\(reason)")) func manyMatchesAreCounted() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation(Array(repeating: String(repeating: "ab", count: 500), count: 3)).bytes])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", "--match", "a", "--match", "b{1,2}"]).status == 0)
    #expect(try lines(command).count == 2_000)
    #expect(command.contents("out/connections.ndjson")?.contains(#""match_count":3000,"matches_not_listed":1000"#) == true)
    let run = try #require(command.contents("out/run.json"))
    #expect(run.replacing(/\s/, with: "").contains(#""match_lines":{"value":1000,"hits":1000}"#))
    #expect(run.contains(#""matches": 3000"#) && run.contains(#""match_memory_peak": "#))
  }

  @Test(.enabled(if: isLibraryThere, "\(reason)")) func aLimitOfMemoryIsCounted() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "--match", "o", "--match-memory", "100"])
    #expect(outcome.status == 0 && command.contents("out/matches.ndjson") == "")
    #expect(try #require(command.contents("out/run.json")).replacing(/\s/, with: "").contains(#""match_memory":{"value":100,"hits":1}"#))
    #expect(outcome.errors.contains("limit: --match-memory 100 left directions or bodies without a search, 1 time"))
  }

  @Test(.enabled(if: isLibraryThere, "\(reason)"), arguments: [("hello", 0), ("nowhere", 3)])
  func aRunThatRequiresAMatch(pattern: String, status: Int32) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let arguments = ["-r", "a.pcap", "-q", "--match", pattern, "-o"]
    #expect(try command.run(arguments + ["out", "--fail-without-match"]).status == status)
    #expect(command.contents("out/run.json")?.contains(#""exit_status": \#(status)"#) == true)
    #expect(try command.run(arguments + ["lenient"]).status == 0)
  }

  @Test(
    .enabled(if: isLibraryThere, "\(reason)"),
    arguments: [
      (["--match", "ok", "--match", "a?"], "reasm: --match: pattern 'a?': it matches the empty string"),
      (["--match", "("], "reasm: --match: pattern '(': Missing close parenthesis for group started at index 0"),
      (["--match-file", "rules"], "reasm: --match: pattern 'bad': it matches the empty string"),
      (["--match-file", "none"], "reasm: none: No such file or directory"),
      (["--match-file", "wrong"], "reasm: wrong: line 1: the form is name:/regex/flags"),
      (["--match-file", "empty"], "reasm: empty: the file has no pattern"),
    ]) func patternsThatAreRefused(_ options: [String], _ words: String) throws
  {
    let command = try Command([
      "a.pcap": CaptureBytes.conversation().bytes, "rules": Array("good:/a/\nbad:/a*/".utf8), "wrong": Array("a".utf8), "empty": [],
    ])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out"] + options)
    #expect(outcome.status == 1 && outcome.errorLines == [words])
    #expect(command.names(in: "out") == nil, "nothing is written")
  }

  /// A file that is no library stands where the loader looks first.
  @Test func aMissingLibraryIsNamed() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes, "libhs.so.5": Array("no library".utf8)])
    let outcome = try command.run(
      ["LD_LIBRARY_PATH=\(command.folder)", Command.reasm, "-r", "a.pcap", "-o", "out", "--match", "x"], of: "/usr/bin/env")
    #expect(outcome.status == 1 && outcome.errorLines.count == 1)
    #expect(
      outcome.errors.hasPrefix(
        "reasm: --match: searching needs Vectorscan, install its library (apt-get install libvectorscan5): "))
    #expect(command.names(in: "out") == nil)
    let without = try command.run(
      ["LD_LIBRARY_PATH=\(command.folder)", Command.reasm, "-r", "a.pcap", "-o", "out", "-q"], of: "/usr/bin/env")
    #expect(without.status == 0, "without patterns nothing is loaded")
  }

  @Test(arguments: [
    (["--match-fixed", "-o", "out"], "--match-fixed is about patterns; say --match or --match-file too"),
    (["--fail-without-match", "-o", "out"], "--fail-without-match is about patterns; say --match or --match-file too"),
    (["--match", "", "-o", "out"], "--match is empty; name a pattern"),
    (
      ["--match", "x", "--console", "--live"],
      "--match searches what is over, and --live prints before; leave --live out, or name a folder with -o"
    ),
    (["--match-file", "x", "--list"], "--match-file is about files, and --list writes none; choose one"),
    (["--match", "x", "-o", "out", "--no-index"], "--match names connections by the index, and --no-index leaves that out; choose one"),
  ]) func optionsThatContradict(_ options: [String], _ words: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap"] + options)
    #expect(outcome.status == 64 && outcome.errors == "reasm: \(words) (see: reasm --help)\n")
  }

  /// `--force` removes the file of an earlier run.
  @Test(.enabled(if: isLibraryThere, "\(reason)")) func forceRemovesTheMatches() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", "--match", "x"]).status == 0)
    #expect(command.contents("out/matches.ndjson") == "")
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", "--force"]).status == 0)
    #expect(command.contents("out/matches.ndjson") == nil)
  }

  @Test(.enabled(if: isLibraryThere, "\(reason)"), arguments: [[], ["--http"], ["--tls"]])
  func theFullIndexHasTheCountsOnEveryLine(_ options: [String]) throws {
    let command = try Command(["a.pcap": try Self.fixture("several-connections")])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", "--match", "e", "--index", "full"] + options).status == 0)
    for line in try #require(command.contents("out/connections.ndjson")).split(separator: "\n") {
      let connection = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(connection.keys.contains("tls"))
      for direction in ["client_to_server", "server_to_client"] {
        let half = try #require(connection[direction] as? [String: Any])
        #expect(half["match_count"] is Int && half["matches_not_listed"] is Int && half.keys.contains("clear"))
      }
    }
  }
}
