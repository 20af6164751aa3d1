import Foundation
import Packets
import TestSupport
import Testing

/// The list of connections: a table for people, three forms for programs, and no files.
@Suite struct ListTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures")

  private static let captures =
    (try? FileManager.default.contentsOfDirectory(atPath: fixtures.path))?.sorted().filter {
      FileManager.default.fileExists(atPath: fixtures.path + "/\($0)/input.pcap")
    } ?? []

  private func objects(_ lines: String) throws -> [[String: Any]] {
    try lines.split(separator: "\n").map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)") }
  }

  /// Whatever the index says of a connection the list says too: it compares copies and reads heads and hellos as a run with files does.
  @Test(arguments: captures)
  func agreesWithTheIndex(_ fixture: String) throws {
    let command = try Command()
    let capture = Self.fixtures.appendingPathComponent("\(fixture)/input.pcap").path
    let listed = try command.run([capture, "--list=json"])
    let written = try command.run([capture, "-o", "out", "-q", "--tls", "--http"])
    #expect(listed.status == written.status, "\(listed.errors)")
    #expect(command.names(in: ".") == ["out"])
    let rows = try objects(listed.output)
    let index = try objects(command.contents("out/connections.ndjson") ?? "").sorted { ($0["id"] as? Int ?? 0) < ($1["id"] as? Int ?? 0) }
    let exchanges = try objects(command.contents("out/http.ndjson") ?? "")
    #expect(rows.count == index.count)
    for (row, line) in zip(rows, index) {
      for name in ["id", "community_id", "start", "end", "close"] { #expect("\(row[name] ?? 0)" == "\(line[name] ?? 1)", "\(name)") }
      let sides = try ["client_to_server", "server_to_client"].map { try #require(line[$0] as? [String: Any]) }
      func sum(_ name: String) -> Int { sides.reduce(0) { $0 + ($1[name] as? Int ?? 0) } }
      func number(_ name: String) -> Int? { row[name] as? Int }
      #expect(number("client_bytes") == sides[0]["bytes"] as? Int && number("server_bytes") == sides[1]["bytes"] as? Int)
      #expect(number("gap_bytes") == sum("gap_bytes") && number("retransmitted_bytes") == sum("retransmitted_bytes"))
      #expect(number("conflict_count") == sum("conflict_count") && number("unchecked") == 0)
      for (end, name) in [("client", "ip"), ("server", "ip"), ("client", "port"), ("server", "port")] {
        #expect("\(row["\(end)_\(name)"] ?? 0)" == "\((line[end] as? [String: Any])?[name] ?? 1)")
      }
      #expect(number("retransmitted_segments") == sum("retransmitted_segments"))
      #expect("\(row["syn_rtt"] ?? NSNull())" == "\(line["syn_rtt"] ?? NSNull())")
      let silence = line["longest_silence"] as? [String: Any] ?? [:]
      #expect("\(row["longest_silence"] ?? NSNull())" == "\(silence["length"] ?? NSNull())")
      #expect(row["longest_silence_side"] as? String == silence["side"] as? String)
      let first = exchanges.first { $0["connection"] as? Int == line["id"] as? Int && $0["tls"] == nil && $0["host"] != nil }
      // A stream with TLS in a CONNECT tunnel is HTTP.
      let isTunnel = first?["method"] as? String == "CONNECT"
      let tls = isTunnel ? nil : line["tls"] as? [String: Any]
      #expect(row["protocol"] as? String == (tls != nil ? "tls" : line["http"] != nil ? "http" : nil))
      #expect(row["host"] as? String == (tls != nil ? tls?["sni"] : first?["host"]) as? String)
    }
  }

  /// Three connections that differ in what they can be sorted by.
  private static let three: [UInt8] = {
    var packets: [ScriptedPacket] = []
    for (number, size) in [30, 10, 20].enumerated() {
      var talk = Conversation(
        client: Endpoint("10.0.0.1", UInt16(40_000 + number)), start: Conversation.epoch + Int64(number) * 1_000_000_000,
        step: number == 1 ? 90_000_000 : 1_000_000)
      talk.handshake()
      talk.send(.client, String(repeating: "x", count: size))
      if number == 2 {
        talk.send(.client, "lost")
        talk.loseLast()
      }
      talk.close()
      packets += talk.packets
    }
    var writer = PcapWriter(linkType: .ethernet)
    for packet in packets { writer.add(LinkLayer.ethernet().frame(PacketBuilder.ip(packet.segment)), time: packet.time) }
    return writer.bytes
  }()

  @Test(arguments: [
    ([], [1, 2, 3]), (["--sort", "bytes"], [1, 3, 2]), (["--sort", "missing"], [3, 1, 2]), (["--sort", "start"], [1, 2, 3]),
    (["--top", "2"], [1, 3]), (["--top", "9"], [1, 3, 2]), (["--top", "1", "--sort", "missing"], [3]),
    (["--sort", "id", "--top", "2"], [1, 2]),
    (["--sort", "duration"], [2, 3, 1]),
  ])
  func isSorted(_ options: [String], _ ids: [Int]) throws {
    let command = try Command(["a.pcap": Self.three])
    let outcome = try command.run(["a.pcap", "--list=json", "-q"] + options)
    #expect(outcome.status == 0 && outcome.errors == "")
    #expect(try objects(outcome.output).map { $0["id"] as? Int } == ids)
  }

  /// A bare `--list` takes no value: the words behind it are the filter.
  @Test func theFilterStaysTheFilter() throws {
    let command = try Command(["a.pcap": Self.three])
    let outcome = try command.run(["a.pcap", "--list", "tcp", "port", "40001"])
    #expect(outcome.status == 0)
    #expect(outcome.output.split(separator: "\n").count == 2)
    #expect(outcome.output.contains("10.0.0.1:40001  10.0.0.2:80"))
    #expect(outcome.errors.contains("1 connection, 10 bytes; -o writes files\n"))
    #expect(command.names(in: ".") == ["a.pcap"])
    let behind = try command.run(["--list=tsv", "-q", "-r", "a.pcap", "--", "port", "40001"])
    #expect(behind.output.split(separator: "\n").count == 2)
  }

  @Test func theTableIsPlain() throws {
    let command = try Command(["a.pcap": Self.three])
    let outcome = try command.run(["a.pcap", "--list", "--top", "2"])
    #expect(
      outcome.output == """
        id  start                       duration  client          server       to server  to client  missing  resent  conflicts  SYN RTT  zero window  silence  end   inside
         1  2023-11-14 22:13:20.000000  0.006000  10.0.0.1:40000  10.0.0.2:80         30          0        0       0          0   1.0 ms            0           fin
         3  2023-11-14 22:13:22.000000  0.007000  10.0.0.1:40002  10.0.0.2:80         20          0        4       0          0   1.0 ms            0           open
        ... 1 more, after these by bytes

        """)
    // What was asked for stays in sight: figures of the run come with -v alone.
    #expect(outcome.errorLines.first == "3 connections, 60 bytes; -o writes files")
    #expect(!outcome.errors.contains("packets"))
    #expect(try command.run(["a.pcap", "--list", "-v"]).errors.contains(/packets +\d+\n/))
  }

  /// A host that is meant for the terminal, for a parser of CSV and for a spreadsheet.
  private static let hostile: [UInt8] = {
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "GET / HTTP/1.1\r\nHost: =a,\"b\"\u{1b}[2J\u{202e}ü;c\r\n\r\n")
    talk.ack(.server)
    talk.close()
    return ConsoleTests.capture(talk.packets)
  }()

  @Test func hostileNamesAreQuoted() throws {
    let command = try Command(["a.pcap": Self.hostile])
    let host = "=a,\"b\"\u{1b}[2J\u{202e}ü;c"
    let table = try command.run(["a.pcap", "--list", "-q"]).output
    #expect(table.hasSuffix("http =a,\"b\"?[2J??;c\n"), "\(table)")
    let csv = try command.run(["a.pcap", "--list=csv", "-q"]).output
    #expect(csv.hasSuffix(",http,\"'=a,\"\"b\"\"?[2J?ü;c\"\r\n"), "\(csv)")
    let tsv = try command.run(["a.pcap", "--list=tsv", "-q"]).output
    #expect(tsv.hasSuffix("\thttp\t'=a,\"b\"?[2J?ü;c\n"), "\(tsv)")
    let json = try command.run(["a.pcap", "--list=json", "-q"]).output
    #expect(!json.unicodeScalars.contains("\u{1b}") && !json.unicodeScalars.contains("\u{202e}"))
    #expect(try objects(json).first?["host"] as? String == host)
    for (text, separator) in [(csv, ",") as (String, Character), (tsv, "\t")] {
      let lines = text.split(whereSeparator: \.isNewline)
      #expect(lines[0].split(separator: separator, omittingEmptySubsequences: false).count == 51)
    }
  }

  @Test func aLongHostIsCut() throws {
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "GET / HTTP/1.1\r\nHost: " + String(repeating: "ü", count: 400) + "\r\n\r\n")
    talk.close()
    let command = try Command(["a.pcap": ConsoleTests.capture(talk.packets)])
    let rows = try objects(try command.run(["a.pcap", "--list=json", "-q"]).output)
    #expect((rows.first?["host"] as? String)?.utf8.count == 255 || (rows.first?["host"] as? String)?.utf8.count == 254)
  }

  /// A forged copy of bytes that were delivered, within the bytes that are remembered and beyond them.
  @Test(arguments: [(0, 1, 0), (200_000, 0, 1)])
  func copiesAreComparedOrSaidNotToBe(_ more: Int, _ conflicts: Int, _ unchecked: Int) throws {
    var talk = Conversation()
    talk.handshake()
    talk.send(.server, "HTTP/1.1 200 OK\r\n")
    for _ in 0..<(more / 1_000) { talk.send(.server, String(repeating: "y", count: 1_000)) }
    talk.forge(from: .server, sequence: talk.sequence(.server, 9), acknowledgment: talk.sequence(.client, 0), "xyz", flags: [.ack, .psh])
    talk.close()
    let command = try Command(["a.pcap": ConsoleTests.capture(talk.packets)])
    let outcome = try command.run(["a.pcap", "--list=json"])
    let row = try #require(try objects(outcome.output).first)
    #expect(row["conflict_count"] as? Int == conflicts && row["unchecked"] as? Int == unchecked)
    #expect(outcome.errors.contains("1 conflict in connection 1: somebody may have injected data") == (conflicts > 0))
    let table = try command.run(["a.pcap", "--list", "-q"]).output
    #expect(table.contains(conflicts > 0 ? "  1   1.0 ms" : " 0?   1.0 ms"), "\(table)")
  }

  @Test func anEmptyCaptureHasAHeaderForPrograms() throws {
    let command = try Command(["a.pcap": CaptureBytes().bytes])
    #expect(try command.run(["a.pcap", "--list", "-q"]).output == "")
    #expect(try command.run(["a.pcap", "--list=json", "-q"]).output == "")
    #expect(try command.run(["a.pcap", "--list=tsv", "-q"]).output.hasPrefix("id\tcommunity_id\tclient_ip\t"))
  }

  @Test func aReaderThatGoesAwayEndsTheProgram() throws {
    let command = try Command(["a.pcap": Self.three])
    let outcome = try command.run(["-c", "\(Command.reasm) a.pcap --list=tsv -q | head -n 1 | cut -f 1"], of: "/bin/sh")
    #expect(outcome.output == "id\n" && outcome.errors == "")
  }

  /// Events end with their reader, and the files are complete.
  @Test(arguments: ["| true", "> /dev/full"])
  func eventsWithoutAReader(_ output: String) throws {
    var packets: [ScriptedPacket] = []
    for number in 0..<2_000 {
      var talk = Conversation(
        client: Endpoint("10.0.0.1", UInt16(20_000 + number)), start: Conversation.epoch + Int64(number) * 1_000_000_000)
      talk.handshake()
      talk.send(.client, "x")
      talk.close()
      packets += talk.packets
    }
    let command = try Command(["a.pcap": ConsoleTests.capture(packets)])
    let part = try command.run(["-c", "\(Command.reasm) a.pcap -q --events -o part \(output)"], of: "/bin/sh")
    #expect(try command.run(["-r", "a.pcap", "-q", "-o", "whole"]).status == 0)
    #expect(command.contents("part/connections.ndjson") == command.contents("whole/connections.ndjson"))
    let words = "reasm: standard output: No space left on device; the events end there, the files are complete\n"
    #expect(part.errors == (output == "| true" ? "" : words))
  }

  @Test(arguments: ["--list", "--list=csv"])
  func aFullDiskIsSaid(_ list: String) throws {
    let command = try Command(["a.pcap": Self.three])
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let outcome = try command.run(["a.pcap", "-q", list], output: full)
    #expect(outcome.status == 2)
    #expect(outcome.errors == "reasm: standard output: No space left on device; the list ends there\n")
  }

  @Test func aCutCaptureIsListedAndSaid() throws {
    let command = try Command(["a.pcap": Array(Self.three.dropLast(3))])
    let outcome = try command.run(["a.pcap", "--list=json"])
    #expect(outcome.status == 2 && outcome.errors.contains("is cut off"))
    #expect(try objects(outcome.output).count == 3)
  }
}
