import Foundation
import Glibc
import Testing

/// Key logs that are not complete files from the beginning.
@Suite struct KeyLogFileTests {
  private static func fixture(_ file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: TLSOutputTests.fixtures.appendingPathComponent("tls13/\(file)")))
  }

  private static let words = "the quick brown fox\n"

  /// Output of a followed run until it contains `text`, or ten seconds are over.
  private func output(of command: Command, until text: String) -> String {
    var output = ""
    for _ in 0..<1_000 {
      output = command.outputSoFar
      if output.contains(text) { break }
      usleep(10_000)
    }
    return output
  }

  /// Checks that a followed run prints clear bytes once `addKeys` has changed the folder, and not before, while the connection is open.
  private func follow(_ files: [String: [UInt8]], _ addKeys: (Command) throws -> Void) throws {
    // The last two packets are missing, so the connection stays open.
    let capture = try Self.fixture("input.pcap")
    let command = try Command(files.merging(["a.pcap": capture.dropLast(140)]) { $1 })
    try command.start(["-r", "a.pcap", "--follow", "--console", "--live", "--keylog", "keys", "-q"])
    usleep(500_000)
    #expect(!command.outputSoFar.contains(Self.words))
    try addKeys(command)
    #expect(output(of: command, until: Self.words).contains(Self.words))
    kill(command.identifier, SIGINT)
    let outcome = command.wait()
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
  }

  private func append(_ bytes: some Collection<UInt8>, to file: String) throws {
    let handle = try #require(FileHandle(forWritingAtPath: file))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }

  @Test func aLogGrowsWhileItsConnectionIsOpen() throws {
    let keys = try Self.fixture("keys")
    try follow(["keys": Array("# a comment\n".utf8)]) { command in
      for start in stride(from: 0, to: keys.count, by: 100) {
        try append(keys[start..<min(start + 100, keys.count)], to: command.folder + "/keys")
        usleep(50_000)
      }
    }
  }

  @Test func aLogIsReplaced() throws {
    let keys = try Self.fixture("keys")
    try follow(["keys": Array("# the old one\n".utf8), "new": keys]) { command in
      #expect(rename(command.folder + "/new", command.folder + "/keys") == 0)
    }
  }

  @Test func aLogIsWrittenAgain() throws {
    let keys = try Self.fixture("keys")
    try follow(["keys": [UInt8](repeating: 0x23, count: keys.count * 2) + [0x0a]]) { command in
      #expect(truncate(command.folder + "/keys", 0) == 0)
      try append(keys, to: command.folder + "/keys")
    }
  }

  @Test func aLogAppearsLate() throws {
    let keys = try Self.fixture("keys")
    try follow([:]) { command in try Data(keys).write(to: URL(fileURLWithPath: command.folder + "/keys")) }
  }

  @Test func aPipeAppearsLate() throws {
    let keys = try Self.fixture("keys")
    try follow([:]) { command in
      #expect(mkfifo(command.folder + "/keys", 0o600) == 0)
      let handle = try #require(FileHandle(forWritingAtPath: command.folder + "/keys"))
      try handle.write(contentsOf: Data(keys))
      try handle.close()
    }
  }

  // MARK: Pipes

  /// A pipe is read to its end before the capture, however late and slow its writer is.
  @Test func aPipeIsReadOnce() throws {
    let keys = try Self.fixture("keys")
    let command = try Command(["a.pcap": Self.fixture("input.pcap")])
    #expect(mkfifo(command.folder + "/keys", 0o600) == 0)
    try command.start(["-r", "a.pcap", "--keylog", "keys", "-o", "out", "-q"])
    usleep(300_000)
    #expect(command.names(in: "out") == nil)
    let handle = try #require(FileHandle(forWritingAtPath: command.folder + "/keys"))
    for start in stride(from: 0, to: keys.count, by: 333) {
      try handle.write(contentsOf: Data(keys[start..<min(start + 333, keys.count)]))
      usleep(30_000)
    }
    try handle.close()
    let outcome = command.wait()
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
    #expect(try #require(command.names(in: "out")).filter { $0.hasSuffix(".clear") }.count == 2)
  }

  /// A signal ends the wait for a writer, and for more of what one writes.
  @Test(arguments: [false, true], [SIGINT, SIGTERM])
  func aSignalEndsTheWaitForAPipe(_ hasWriter: Bool, _ signal: Int32) throws {
    let command = try Command(["a.pcap": Self.fixture("input.pcap")])
    let path = command.folder + "/keys"
    #expect(mkfifo(path, 0o600) == 0)
    try command.start(["-r", "a.pcap", "--keylog", "keys", "-o", "out", "-q"])
    var writer: FileHandle?
    if hasWriter {
      writer = FileHandle(forWritingAtPath: path)
      try writer?.write(contentsOf: Data("CLIENT_RANDOM".utf8))
    }
    usleep(300_000)
    kill(command.identifier, signal)
    let start = Date()
    let outcome = command.wait()
    #expect(Date().timeIntervalSince(start) < 10)
    #expect(outcome.status == 1 && !outcome.isKilled && outcome.errors.contains("--keylog keys: "), "\(outcome.errors)")
    #expect(command.names(in: "out") == nil)
    try writer?.close()
  }

  // MARK: Errors

  @Test func whatIsNoLogIsAnError() throws {
    let command = try Command(["a.pcap": Self.fixture("input.pcap")])
    let outcome = try command.run(["-r", "a.pcap", "--keylog", ".", "-o", "out"])
    #expect(outcome.status == 1 && outcome.errors.contains("--keylog .: "))
    #expect(command.names(in: "out") == nil)
  }

  /// Waiting for a log that never comes costs nothing but its secrets.
  @Test func aFollowedRunEndsWithoutItsLog() throws {
    let command = try Command(["a.pcap": Self.fixture("input.pcap")])
    try command.start(["-r", "a.pcap", "--follow", "--keylog", "none", "-o", "out", "-q"])
    usleep(500_000)
    kill(command.identifier, SIGINT)
    #expect(command.wait().status == 0)
    #expect(try #require(command.contents("out/connections.ndjson")).contains("\"clear\":false,\"why\":\"key\""))
  }
}
