import Foundation
import Testing

/// What a run with secrets of TLS prints and writes.
@Suite struct TLSOutputTests {
  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures")

  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: fixtures.path)) ?? []).sorted().filter {
    $0.hasPrefix("tls") && FileManager.default.fileExists(atPath: fixtures.appendingPathComponent("\($0)/keys").path)
  }

  /// The capture of a fixture and its key log; the capture may lack the packet with a number.
  static func command(_ name: String, without lost: Int? = nil) throws -> Command {
    func bytes(_ file: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: fixtures.appendingPathComponent("\(name)/\(file)"))) }
    var capture = try bytes("input.pcap")
    if let lost {
      func end(of place: Int) -> Int { place + 16 + (0..<4).reduce(0) { $0 | Int(capture[place + 8 + $1]) << (8 * $1) } }
      let place = (1..<lost).reduce(24) { place, _ in end(of: place) }
      capture.removeSubrange(place..<end(of: place))
    }
    return try Command(["a.pcap": capture, "keys": bytes("keys")])
  }

  // MARK: Console

  @Test(arguments: [["--console"], ["--console", "--live"], ["--console", "--http"]])
  func theConsoleShowsClearBytesInsteadOfCiphertext(_ options: [String]) throws {
    let command = try Self.command("tls13")
    let outcome = try command.run(["-r", "a.pcap", "--keylog", "keys", "-q"] + options)
    #expect(outcome.status == 0 && outcome.errors == "")
    #expect(outcome.output.contains("the quick brown fox\n") && outcome.output.contains("\nxof nworb kciuq eht\n"))
    #expect(!outcome.output.contains("fixture.example"), "the hello stands there")
    #expect(command.names(in: ".") == ["a.pcap", "keys"])
  }

  /// The raw form is the clear bytes of both directions and nothing else.
  @Test func rawClearBytesAreThoseOfTheFiles() throws {
    let command = try Self.command("tls13")
    #expect(try command.run(["-r", "a.pcap", "--keylog", "keys", "-q", "-o", "out"]).status == 0)
    let files = try #require(command.names(in: "out")).filter { $0.hasSuffix(".clear") }
    #expect(files.count == 2)
    let printed = try command.run(["-r", "a.pcap", "--keylog", "keys", "-q", "--console", "--format", "raw"]).output
    #expect(printed.utf8.count == files.reduce(0) { $0 + (command.contents("out/" + $1)?.utf8.count ?? 0) })
    #expect(printed.utf8.count == 2_044)
  }

  /// What cannot be opened is printed as without keys.
  @Test(arguments: [["--console"], ["--console", "--live"]])
  func ciphertextIsPrintedWhereNothingOpens(_ options: [String]) throws {
    let command = try Self.command("tls12-refused")
    // As text, it would be a line with its length.
    let plain = try command.run(["-r", "a.pcap", "-q", "--console", "--format", "ascii"])
    let keyed = try command.run(["-r", "a.pcap", "-q", "--keylog", "keys", "--format", "ascii"] + options)
    #expect(keyed.output.contains("fixture.example"))
    if options == ["--console"] { #expect(keyed.output == plain.output) }
  }

  @Test func eventsNameClearFiles() throws {
    let command = try Self.command("tls13")
    let outcome = try command.run(["-r", "a.pcap", "--keylog", "keys", "-q", "-o", "out", "--events"])
    let closed = try #require(outcome.output.split(separator: "\n").first { $0.contains("\"event\":\"closed\"") })
    let clear = try #require(command.names(in: "out")).filter { $0.hasSuffix(".clear") }
    #expect(clear.count == 2 && clear.allSatisfy { closed.contains("\"clear\":{\"file\":\"\($0)\"") })
  }

  @Test(arguments: ["--tls-certificates", "--no-ciphertext"])
  func optionsAboutFilesNeedAFolder(_ option: String) throws {
    let outcome = try Self.command("tls13").run(["-r", "a.pcap", "--console", option])
    #expect(outcome.status == 64 && outcome.errors.contains("\(option) is about files"))
  }

  @Test func aKeyLogThatIsMissingEndsTheRun() throws {
    let command = try Self.command("tls13")
    let outcome = try command.run(["-r", "a.pcap", "--keylog", "none", "-o", "out"])
    #expect(outcome.status == 1 && outcome.errors.contains("--keylog none: ") && command.names(in: "out") == nil)
  }

  /// The command that the page on key logs gives puts the secrets into the capture, which needs no key log then.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/editcap"), "needs editcap"))
  func theDocumentedWayToKeepSecretsInTheCapture() throws {
    let page = Self.fixtures.deletingLastPathComponent().appendingPathComponent("Sources/TLS/TLS.docc/KeyLogs.md")
    let line = try #require(
      try String(contentsOf: page, encoding: .utf8).split(separator: "\n").first { $0.hasPrefix("    editcap --inject-secrets") })
    let command = try Self.command("tls13")
    let names = ["keys.log": "keys", "in.pcap": "a.pcap"]
    let words = names.reduce(line.trimmingCharacters(in: .whitespaces)) { $0.replacing($1.key, with: $1.value) }.split(separator: " ")
    #expect(try command.run(words.dropFirst().map(String.init), of: "/usr/bin/editcap").status == 0)
    #expect(try command.run(["-r", "a.pcap", "--keylog", "keys", "-o", "keyed", "-q"]).status == 0)
    #expect(try command.run(["-r", "out.pcapng", "-o", "out", "-q"]).status == 0)
    let clear = try #require(command.names(in: "keyed")).filter { $0.hasSuffix(".clear") }
    #expect(clear.count == 2)
    for name in clear { #expect(command.contents("out/" + name) == command.contents("keyed/" + name)) }
  }

  // MARK: Secrets

  /// Secrets of a key log: every hexadecimal word of 32 bytes or more that is the last of its line.
  static func secrets(_ log: String) -> [[UInt8]] {
    log.split(separator: "\n").compactMap { line in
      guard !line.hasPrefix("#"), let word = line.split(separator: " ").last, word.utf8.count >= 64, word.utf8.count % 2 == 0 else {
        return nil
      }
      let digits = word.compactMap(\.hexDigitValue)
      guard digits.count == word.utf8.count else { return nil }
      return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
  }

  /// Parts of Base64 text that stand for a secret, whatever number of bytes is encoded before it: each alignment, both alphabets.
  static func base64(_ secret: [UInt8]) -> [String] {
    (0..<3).flatMap { before in
      let text = (Data(repeating: 0, count: before) + Data(secret)).base64EncodedString()
      // Characters that also depend on the bytes before or behind are left out: 8 bits a byte, 6 bits a character.
      let first = (before * 8 + 5) / 6
      let part = String(text.dropFirst(first).prefix((before + secret.count) * 8 / 6 - first))
      return [part, part.replacing("+", with: "-").replacing("/", with: "_")]
    }
  }

  /// Number of secrets that stand in `data`: as they are, in hexadecimal of either case, or in Base64.
  static func count(of secrets: [[UInt8]], in data: Data) -> Int {
    secrets.count { secret in
      let digits = secret.map { String(format: "%02x", $0) }.joined()
      let forms = [Data(secret), Data(digits.utf8), Data(digits.uppercased().utf8)] + base64(secret).map { Data($0.utf8) }
      return forms.contains { data.range(of: $0) != nil }
    }
  }

  static let optionSets = [
    ["-o", "out"], ["-o", "out", "--chunks", "--hash", "--tls-certificates", "--http", "-v"], ["--console", "-v"],
    ["--console", "--live", "--trace"], ["-o", "out", "--events", "--trace"], ["-o", "out", "--summary", "json"],
    ["-o", "out", "--no-ciphertext", "--keylog", "missing"], ["-o", "out", "--no-such-option"], ["-r", "keys", "-o", "out"],
  ]

  @Test(arguments: names) func noSecretIsInAnyOutput(_ name: String) throws {
    let keys = try String(contentsOf: Self.fixtures.appendingPathComponent("\(name)/keys"), encoding: .utf8)
    let secrets = Self.secrets(keys)
    try #require(!secrets.isEmpty)
    for options in Self.optionSets {
      let command = try Self.command(name)
      let outcome = try command.run(["-r", "a.pcap", "--keylog", "keys"] + options)
      #expect(Self.count(of: secrets, in: Data(outcome.bytes)) == 0, "\(options): a message")
      let out = FileManager.default.enumerator(atPath: command.folder + "/out")
      var files = 0
      while let file = out?.nextObject() as? String {
        guard let data = FileManager.default.contents(atPath: command.folder + "/out/" + file) else { continue }
        files += 1
        #expect(Self.count(of: secrets, in: data) == 0, "\(options): \(file)")
      }
      if outcome.status == 0, options.contains("out") { #expect(files >= 2) }
    }
  }

  /// The search finds a secret in each of its forms.
  @Test func aPlantedSecretIsFound() {
    let secret = [UInt8](100..<148)
    let digits = secret.map { String(format: "%02x", $0) }.joined()
    let found = Self.secrets("CLIENT_RANDOM \(String(repeating: "5a", count: 32)) \(digits)\n")
    #expect(found == [secret])
    for form in [Data(secret), Data(digits.utf8), Data(digits.uppercased().utf8)] {
      #expect(Self.count(of: found, in: Data("before ".utf8) + form + Data(" behind".utf8)) == 1)
    }
    for (before, behind) in [(0, 0), (1, 0), (2, 5), (3, 1), (10, 2), (11, 0)] {
      let text = (Data(repeating: 0xfb, count: before) + Data(secret) + Data(repeating: 0xfb, count: behind)).base64EncodedString()
      #expect(Self.count(of: found, in: Data(text.utf8)) == 1, "\(before) bytes before it")
      #expect(Self.count(of: found, in: Data(text.replacing("+", with: "-").replacing("/", with: "_").utf8)) == 1)
    }
    #expect(Self.count(of: found, in: Data("nothing".utf8)) == 0)
  }
}
