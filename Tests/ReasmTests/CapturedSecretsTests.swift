import Foundation
import Testing

/// Captures that contain their secrets, in a regular file and through a pipe.
@Suite struct CapturedSecretsTests {
  /// The fixture `tls13` as a pcapng with its key log in a block behind so many of its packets.
  private static func capture(keysBehind count: Int) throws -> [UInt8] {
    func fixture(_ file: String) throws -> [UInt8] {
      [UInt8](try Data(contentsOf: TLSOutputTests.fixtures.appendingPathComponent("tls13/\(file)")))
    }
    let classic = try fixture("input.pcap")
    let keys = try fixture("keys")
    var bytes: [UInt8] = []
    func put(_ words: [UInt32]) { for word in words { withUnsafeBytes(of: word.littleEndian) { bytes += $0 } } }
    func block(_ type: UInt32, _ head: [UInt32], _ body: [UInt8]) {
      let padding = [UInt8](repeating: 0, count: -body.count & 3)
      let length = UInt32(12 + head.count * 4 + body.count + padding.count)
      put([type, length] + head)
      bytes += body + padding
      put([length])
    }
    put([0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, .max, .max, 28, 1, 20, 1, 262_144, 20])
    func secrets() { block(10, [0x544c_534b, UInt32(keys.count)], keys) }
    var place = 24
    var packets = 0
    while place + 16 <= classic.count {
      if packets == count { secrets() }
      let header = (0..<4).map { word in (0..<4).reduce(UInt32(0)) { $0 | UInt32(classic[place + word * 4 + $1]) << (8 * $1) } }
      let time = UInt64(header[0]) * 1_000_000 + UInt64(header[1])
      let end = place + 16 + Int(header[2])
      block(6, [0, UInt32(time >> 32), UInt32(truncatingIfNeeded: time), header[2], header[3]], Array(classic[(place + 16)..<end]))
      place = end
      packets += 1
    }
    if packets <= count { secrets() }
    return bytes
  }

  /// Runs on a capture as a file or through a pipe.
  ///
  /// - Returns: the contents of the clear files, and the line of the connection.
  private func run(_ bytes: [UInt8], isPiped: Bool, _ options: [String] = []) throws -> (clear: [String], line: String) {
    let command = try Command(["a.pcapng": bytes])
    let script = "cat a.pcapng | \"$0\" -r - -o out -q \(options.joined(separator: " "))"
    let outcome =
      isPiped
      ? try command.run(["-c", script, Command.reasm], of: "/bin/sh") : try command.run(["-r", "a.pcapng", "-o", "out", "-q"] + options)
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
    let names = try #require(command.names(in: "out")).filter { $0.hasSuffix(".clear") }
    return (names.compactMap { command.contents("out/" + $0) }, try #require(command.contents("out/connections.ndjson")))
  }

  /// Wherever the block lies in a file, the connection is opened without an option, and the output is the same.
  @Test(arguments: [0, 1, 20, .max]) func secretsAnywhereInAFile(_ count: Int) throws {
    let first = try run(Self.capture(keysBehind: 0), isPiped: false)
    #expect(first.clear.count == 2 && first.line.contains("\"clear\":true"))
    let other = try run(Self.capture(keysBehind: count), isPiped: false)
    #expect(other.clear == first.clear && other.line == first.line)
  }

  /// Through a pipe, a block before the connection needs no option.
  @Test func secretsBeforeTheConnectionInAPipe() throws {
    let bytes = try Self.capture(keysBehind: 0)
    let (file, piped) = (try run(bytes, isPiped: false), try run(bytes, isPiped: true))
    #expect(piped.clear.count == 2 && piped.clear == file.clear && piped.line == file.line)
  }

  /// With `--tls`, ciphertext waits for blocks behind its packets, as long as the connection is open.
  @Test(arguments: [1, 20]) func secretsBehindPacketsInAPipe(_ count: Int) throws {
    let bytes = try Self.capture(keysBehind: count)
    let (file, piped) = (try run(bytes, isPiped: false), try run(bytes, isPiped: true, ["--tls"]))
    #expect(piped.clear.count == 2 && piped.clear == file.clear && piped.line == file.line)
  }

  @Test func secretsBehindTheConnectionInAPipe() throws {
    let piped = try run(Self.capture(keysBehind: .max), isPiped: true, ["--tls"])
    #expect(piped.clear.isEmpty && piped.line.contains("\"clear\":false,\"why\":\"key\""))
  }

  /// The limit of waiting ciphertext is stated where it ended the wait.
  @Test func aLimitOfWaitingCiphertext() throws {
    let piped = try run(Self.capture(keysBehind: 20), isPiped: true, ["--tls", "--key-wait-memory", "1K"])
    #expect(piped.clear.isEmpty && piped.line.contains("\"clear\":false,\"why\":\"waiting_limit\""))
  }

  /// What is written and printed is decrypted once, and waits once.
  @Test func filesAndConsoleShareTheWait() throws {
    let command = try Command(["a.pcapng": Self.capture(keysBehind: 30)])
    func run(_ options: String) throws -> String {
      let outcome = try command.run(
        ["-c", "cat a.pcapng | \"$0\" -r - -q --tls --key-wait-memory 7K \(options)", Command.reasm], of: "/bin/sh")
      #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
      return outcome.output
    }
    let printed = try run("--console")
    #expect(printed.contains("the quick brown fox\n"))
    #expect(try run("-o files") == "")
    #expect(try run("--console -o both") == printed)
    let names = try #require(command.names(in: "files")).filter { $0 != "run.json" }
    #expect(names.filter { $0.hasSuffix(".clear") }.count == 2)
    for name in names { #expect(command.contents("both/" + name) == command.contents("files/" + name), "\(name)") }
  }
}
