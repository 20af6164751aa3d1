import Foundation
import Testing

/// What the program writes is what its schemas describe, by python3's jsonschema.
@Suite(.enabled(if: Validator.isInstalled, "python3 has no jsonschema: pip install jsonschema, or Debian's python3-jsonschema"))
struct SchemaTests {
  private static let fixtures = Program.root.appendingPathComponent("Fixtures")

  @Test func everyGoldenDirectoryIsValid() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.fixtures.path).sorted()
    let files = names.flatMap { name in
      [(Schema.connections, "\(name)/expected/connections.ndjson"), (.run, "\(name)/expected/run.json")]
    }
    .filter { FileManager.default.fileExists(atPath: Self.fixtures.appendingPathComponent($0.1).path) }
    #expect(files.count >= 100)
    let outcome = try Validator.validate(files, in: Self.fixtures)
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  /// Options that fixtures do not use, and two inputs: the fields that these add.
  private static let runs: [[String]] = [
    ["-r", "hole", "--max-bytes", "8", "--hash", "--write-empty", "--max-holes", "1"],
    ["-r", "injection", "-r", "hole", "--key", "vlan,tunnel,interface", "--gaps", "skip"],
    ["-r", "jump", "--min-bytes", "1M", "-c", "5", "--connection", "1", "tcp"],
    ["-r", "tunnels", "-r", "snap-length", "--no-defrag", "--idle-timeout", "0"],
    ["-r", "injection", "--connection-memory", "0", "--gap-timeout", "250ms"],
  ]

  /// The captures of a command line, without options.
  private func listed(_ words: [String]) -> [String] { words.filter { $0.hasSuffix("/input.pcap") } }

  @Test(arguments: runs + runs.map { $0 + ["--index", "full"] } + [["-r", "http-ipv4", "--http", "--index", "full"]])
  func runsAreValid(_ arguments: [String]) throws {
    let form = arguments.contains("full") ? Schema.connectionsFull : .connections
    try Program.withFolder { folder in
      let words = arguments.map { word in
        let capture = Self.fixtures.appendingPathComponent(word + "/input.pcap").path
        return FileManager.default.fileExists(atPath: capture) ? capture : word
      }
      let outcome = try Program.run(
        ["sh", "-c", "\"$0\" \"$@\" > events.ndjson", Program.reasm, "-q", "-o", "out", "--chunks", "--events"] + words, in: folder)
      #expect([0, 2].contains(outcome.status), "\(outcome.text)")
      let list = try Program.run(
        ["sh", "-c", "\"$0\" \"$@\" > list.ndjson", Program.reasm, "-q", "--list=json"] + listed(words), in: folder)
      #expect([0, 2].contains(list.status), "\(list.text)")
      let files: [(schema: Schema, name: String)] = [
        (form, "out/connections.ndjson"), (.chunks, "out/chunks.ndjson"), (.run, "out/run.json"), (.events, "events.ndjson"),
        (.list, "list.ndjson"),
      ]
      let validation = try Validator.validate(files, in: folder)
      #expect(validation.status == 0, "\(validation.text)")
      #expect(validation.text.contains("documents, 0 refused"))
    }
  }

  /// Lines of matches in all three layers, with one input and with two.
  @Test(.enabled(if: dlopen("libhs.so.5", RTLD_NOW) != nil, "needs libvectorscan5"), arguments: [false, true])
  func matchesAreValid(hasTwoInputs: Bool) throws {
    try Program.withFolder { folder in
      let names = hasTwoInputs ? ["http-gzip", "tls13"] : ["http-gzip"]
      let inputs = names.flatMap { ["-r", Self.fixtures.appendingPathComponent($0 + "/input.pcap").path] }
      let keys = Self.fixtures.appendingPathComponent("tls13/keys").path
      let outcome = try Program.run(
        [Program.reasm, "-q", "-o", "out", "--http", "--keylog", keys, "--match", "[a-z]{4,}", "--match-memory", "1M"] + inputs, in: folder)
      #expect(outcome.status == 0, "\(outcome.text)")
      let text = try String(contentsOf: folder.appendingPathComponent("out/matches.ndjson"), encoding: .utf8)
      for layer in ["stream", "http"] + (hasTwoInputs ? ["clear"] : []) { #expect(text.contains("\"layer\":\"\(layer)\"")) }
      #expect(text.contains("first_input") == hasTwoInputs)
      let files: [(schema: Schema, name: String)] = [
        (.connections, "out/connections.ndjson"), (.run, "out/run.json"), (.matches, "out/matches.ndjson"),
      ]
      let validation = try Validator.validate(files, in: folder)
      #expect(validation.status == 0, "\(validation.text)")
      #expect(validation.text.contains("documents, 0 refused"))
    }
  }

  /// Parts of a valid line, and changes that make it one which no schema describes.
  private static let changes: [(part: String, change: String)] = [
    (#""id":1"#, #""id":1,"new":1"#), (#""id":1"#, #""id":0"#), (#""close":"open""#, #""close":"lost""#), (#""handshake":"complete","#, ""),
    (#""ip":"10.0.0.1""#, #""ip":"host""#), (#""kind":"lost""#, #""kind":null"#), ("22:13:20.000000000Z", "22:13:20Z"),
    (#""complete":false"#, #""complete":"no""#), (#""acked":true"#, #""acked":true,"extra":{}"#), (#""port":80"#, #""port":65536"#),
  ]

  @Test func changedLinesAreRefused() throws {
    try Program.withFolder { folder in
      let line = try String(contentsOf: Self.fixtures.appendingPathComponent("hole/expected/connections.ndjson"), encoding: .utf8)
      var lines = line
      for (part, change) in Self.changes {
        #expect(line.contains(part))
        lines += line.replacing(part, with: change, maxReplacements: 1)
      }
      try lines.write(to: folder.appendingPathComponent("changed.ndjson"), atomically: true, encoding: .utf8)
      let outcome = try Validator.validate([(.connections, "changed.ndjson")], in: folder)
      #expect(outcome.status == 1)
      #expect(outcome.text.hasSuffix("\(Self.changes.count + 1) documents, \(Self.changes.count) refused\n"), "\(outcome.text)")
    }
  }
}
