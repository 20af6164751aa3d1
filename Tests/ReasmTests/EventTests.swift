import Foundation
import Packets
import TestSupport
import Testing

/// Who is told of connections while files are read.
@Suite struct EventTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path

  private func object(_ line: some StringProtocol) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
  }

  /// A gap or a conflict of the index, or an event that tells of one.
  private func place(_ object: [String: Any]) throws -> [Int] {
    [try #require(object["offset"] as? Int), try #require(object["length"] as? Int)]
  }

  /// Connections open once and close once, with their line of the index; every gap and every conflict of the index was told before.
  @Test(arguments: ["hole", "injection", "http-parallel", "port-reuse", "snap-length", "jump", "refused"])
  func eventsOfAFile(_ fixture: String) throws {
    let command = try Command()
    let outcome = try command.run(["-r", "\(Self.fixtures)/\(fixture)/input.pcap", "-o", "out", "-q", "--events"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let index = try String(contentsOfFile: command.folder + "/out/connections.ndjson", encoding: .utf8).split(separator: "\n")
    #expect(!index.isEmpty)
    let lines = outcome.output.split(separator: "\n")
    let closed = lines.filter { $0.hasPrefix("{\"event\":\"closed\",") }
    #expect(closed.map { "{" + $0.dropFirst("{\"event\":\"closed\",".count) } == index.map(String.init))
    let events = try lines.map { try object($0) }
    let opened = events.filter { $0["event"] as? String == "opened" }.compactMap { $0["id"] as? Int }
    #expect(opened == Array(1...index.count))
    for (kind, list) in [("gap", "gaps"), ("conflict", "conflicts")] {
      var told: [Int: [[Int]]] = [:]
      for event in events where event["event"] as? String == kind {
        told[try #require(event["id"] as? Int), default: []].append(try place(event))
      }
      var listed: [Int: [[Int]]] = [:]
      for line in index {
        let connection = try object(line)
        for side in ["client_to_server", "server_to_client"] {
          let found = (connection[side] as? [String: Any])?[list] as? [[String: Any]] ?? []
          if !found.isEmpty { listed[try #require(connection["id"] as? Int), default: []] += try found.map { try place($0) } }
        }
      }
      #expect(told.mapValues { $0.sorted { $0[0] < $1[0] } } == listed.mapValues { $0.sorted { $0[0] < $1[0] } }, "\(kind)")
    }
  }

  /// One packet has 150 conflicts with queued bytes; those that the index lists have an event.
  @Test func asManyConflictsAsTheIndexLists() throws {
    var talk = Conversation()
    talk.handshake()
    talk.segment(from: .client, offset: 1, [UInt8](repeating: 0x61, count: 300))
    talk.segment(from: .client, offset: 1, (0..<300).map { $0 % 2 == 0 ? 0x62 : 0x61 })
    talk.segment(from: .client, offset: 0, "x")
    let command = try Command(["a.pcap": RunFolderTests.merged(talk.packets)])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "-q", "--events"])
    let events = outcome.output.split(separator: "\n").filter { $0.hasPrefix("{\"event\":\"conflict\"") }
    let line = try object(String(command.contents("out/connections.ndjson")?.dropLast() ?? ""))
    let listed = try #require((line["client_to_server"] as? [String: Any])?["conflicts"] as? [[String: Any]])
    #expect(listed.count == 100 && events.count == listed.count, "\(events.count) \(listed.count)")
  }

  /// A program for each connection; more of them than run at once, and what they print is no event.
  @Test func aProgramForEachConnection() throws {
    let script = "#!/bin/sh\ncat >> seen\necho printed\n"
    let command = try Command(["told": Array(script.utf8)])
    chmod(command.folder + "/told", 0o755)
    let outcome = try command.run([
      "-r", "\(Self.fixtures)/http-parallel/input.pcap", "-o", "out", "-q", "--events", "--on-close", "./told",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    func lines(_ name: String) throws -> [String] {
      try String(contentsOfFile: command.folder + "/" + name, encoding: .utf8).split(separator: "\n").map(String.init).sorted()
    }
    #expect(try lines("seen") == lines("out/connections.ndjson"))
    #expect(try lines("seen").count > 4)
    #expect(!outcome.output.contains("printed") && outcome.errors.contains("printed"))
  }

  @Test func aProgramThatFails() throws {
    let command = try Command(["told": Array("#!/bin/sh\nexit 3\n".utf8)])
    chmod(command.folder + "/told", 0o755)
    let outcome = try command.run(["-r", "\(Self.fixtures)/http-parallel/input.pcap", "-o", "out", "--on-close", "./told"])
    #expect(outcome.status == 0)
    let said = outcome.errorLines.filter { $0.contains("on-close") }
    #expect(said.first == "reasm: --on-close ./told: ended with status 3; further ones are counted only")
    #expect(said.count == 2 && said.last?.hasPrefix("note: --on-close failed ") == true, "\(said)")
  }

  /// SIGTERM does not wait for programs that never end: whoever sends it would kill the run in the middle.
  @Test func programsThatNeverEnd() throws {
    let command = try Command(["told": Array("#!/bin/sh\nexec sleep 30\n".utf8)])
    chmod(command.folder + "/told", 0o755)
    try command.start(["-r", "\(Self.fixtures)/http-parallel/input.pcap", "-o", "out", "--on-close", "./told"])
    for _ in 0..<1_000 where command.names(in: "out")?.contains("run.json") != true { usleep(10_000) }
    let start = ContinuousClock.now
    kill(command.identifier, SIGTERM)
    let outcome = command.wait()
    #expect(.now - start < .seconds(15))
    #expect(!outcome.isKilled && outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains(/waiting for .\/told, \d+ to go; for 5 seconds at most/), "\(outcome.errors)")
    #expect(outcome.errors.contains(/told: 4 programs left running, and it is not run for \d+ connections?\n/), "\(outcome.errors)")
    #expect(outcome.errors.contains(/note: --on-close was too slow for \d+ connections?, which it was not run for/), "\(outcome.errors)")
  }

  /// A signal ends a run on a file that waits for room in the full queue of lines; what was read is in the index.
  @Test func aSignalWhileTheQueueIsFull() throws {
    var packets: [ScriptedPacket] = []
    for number in 0..<10_200 {
      var c = Conversation(
        client: Endpoint("10.0.\(number >> 8).\(number & 255)", 40_000), start: Conversation.epoch + Int64(number) * 1_000_000)
      c.handshake()
      c.close()
      packets += c.packets
    }
    let command = try Command(["told": Array("#!/bin/sh\nexec sleep 30\n".utf8), "a.pcap": RunFolderTests.merged(packets)])
    chmod(command.folder + "/told", 0o755)
    try command.start(["-r", "a.pcap", "-o", "out", "--on-close", "./told"])
    func lines() -> Int { command.contents("out/connections.ndjson")?.utf8.count { $0 == 0x0a } ?? 0 }
    var (count, rounds) = (-1, 0)
    while rounds < 300, count <= 0 || lines() != count {
      count = lines()
      rounds += 1
      usleep(500_000)
    }
    #expect(command.names(in: "out")?.contains("run.json") == false)
    kill(command.identifier, SIGTERM)
    let outcome = command.wait()
    #expect(!outcome.isKilled && outcome.status == 2, "\(outcome.errors)")
    #expect(outcome.errors.contains("interrupted after "), "\(outcome.errors)")
    #expect(command.names(in: "out")?.contains("run.json") == true && lines() > 10_000)
  }
}
