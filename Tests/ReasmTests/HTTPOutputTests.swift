import Foundation
import Packets
import TestSupport
import Testing

/// Lines of http.ndjson.
@Suite struct HTTPOutputTests {
  private static func lines(_ command: Command, _ name: String = "out/http.ndjson") throws -> [[String: Any]] {
    try (command.contents(name) ?? "").split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  /// A body has more gaps and conflicts than its line lists, and the line says how many there are.
  @Test func listsThatEndSayHowManyThereAre() throws {
    let count = 1_100
    var c = Conversation(step: 1_000)
    c.handshake()
    c.send(.client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
    c.send(.server, "HTTP/1.1 200 OK\r\nContent-Length: \(count * 4)\r\n\r\n")
    for index in 0..<count {
      c.send(.server, "ab")
      // Another copy of the first byte.
      let copy = c.sequence(.server, c.sent[1] - 2)
      if index % 2 == 0 { c.forge(from: .server, sequence: copy, acknowledgment: c.sequence(.client, c.sent[0]), "x", flags: .ack) }
      c.send(.server, "cd")
      c.loseLast()
      c.ack(.client)
    }
    c.close()
    let run = try Self.run(c)
    let body = try Self.body(try #require(run.lines.first))
    let gaps = try #require(body["gaps"] as? [[String: Int]])
    #expect(gaps.count == 1_000 && gaps.first == ["offset": 2, "length": 2] && gaps.last == ["offset": 3_998, "length": 2])
    #expect(body["gap_count"] as? Int == count && body["gap_bytes"] as? Int == 2 * count)
    let conflicts = try #require(body["conflicts"] as? [[String: Int]])
    #expect(conflicts.count == 100 && conflicts.first == ["offset": 0, "length": 1] && conflicts.last == ["offset": 792, "length": 1])
    #expect(body["conflict_count"] as? Int == count / 2)
    #expect(body["length"] as? Int == 4 * count && body["complete"] as? Bool == false)
    let http = try #require(run.index["http"] as? [String: Any])
    #expect(http["late_conflict_count"] == nil)
  }

  /// A message of a WebSocket has more gaps than its line lists.
  @Test func aMessageSaysHowManyGapsThereAre() throws {
    let count = 1_010
    var c = Conversation(step: 1_000)
    c.handshake()
    c.send(.client, "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    c.send(.server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    c.send(.server, [0x82, 126, UInt8((count * 4) >> 8), UInt8((count * 4) & 255)])
    for _ in 0..<count {
      c.send(.server, "ab")
      c.send(.server, "cd")
      c.loseLast()
      c.ack(.client)
    }
    c.close()
    let message = try #require(try Self.lines(try Self.run(c).command, "out/websocket.ndjson").first)
    #expect((message["gaps"] as? [Any])?.count == 1_000)
    #expect(message["gap_count"] as? Int == count && message["gap_bytes"] as? Int == count * 2)
  }

  /// The console shows what is in TLS in the tunnel of a CONNECT, as the files have it.
  @Test(arguments: [["--console"], ["--console", "--live"], ["--console", "-o", "out"]])
  func theConsoleReadsTLSInATunnel(_ options: [String]) throws {
    let command = try TLSOutputTests.command("http-connect-tls")
    let outcome = try command.run(["-r", "a.pcap", "--keylog", "keys", "-q", "--http"] + options)
    #expect(outcome.status == 0 && outcome.errors == "")
    let text = outcome.output.split(separator: "\n").filter { !$0.hasPrefix("---") }.joined(separator: "\n")
    #expect(
      text == """
        CONNECT fixture.example:443 HTTP/1.1
        Host: fixture.example:443
        HTTP/1.1 200 Connection established
        GET /page HTTP/1.0
        Host: fixture.example
        HTTP/1.0 200 ok
        Content-type: text/plain
        inside
        """)
    let headings = outcome.output.split(separator: "\n").filter { $0.hasPrefix("---") }
    let ends = ["10.0.0.1:40000 > 10.0.0.2:443", "10.0.0.2:443 > 10.0.0.1:40000"]
    #expect(headings.count == 4 && zip(headings, ends + ends).allSatisfy { $0.contains($1) }, "\(headings)")
  }

  // MARK: bodies

  private static func run(
    _ c: Conversation, _ options: [String] = [], status: Int32 = 0
  ) throws -> (command: Command, lines: [[String: Any]], index: [String: Any]) {
    let command = try Command(["a.pcap": RunFolderTests.merged(c.packets)])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "-q", "--http"] + options)
    #expect(outcome.status == status, "\(outcome.errors)")
    return (command, try lines(command), try lines(command, "out/connections.ndjson").first ?? [:])
  }

  private static func body(_ line: [String: Any], _ side: String = "response") throws -> [String: Any] {
    try #require((line[side] as? [String: Any])?["body"] as? [String: Any])
  }

  private static func get(_ c: inout Conversation, _ target: String, _ answer: String) {
    c.send(.client, "GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
    c.send(.server, answer)
  }

  private static func answer(_ body: String, _ fields: String = "", _ status: String = "200 OK") -> String {
    "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  /// Bytes that the sender did not send are no hole: the hash is that of what came, and there is none of the content.
  @Test func aSenderThatEndsFirst() throws {
    var c = Conversation()
    c.handshake()
    Self.get(&c, "/a", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc")
    c.close()
    let body = try Self.body(try #require(try Self.run(c).lines.first))
    #expect(body["why"] as? String == "end" && body["length"] as? Int == 3 && body["declared_length"] as? Int == 50)
    #expect(body["raw_sha256"] as? String == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(body["sha256"] == nil && body["gaps"] == nil && body["gap_count"] == nil && body["complete"] as? Bool == false)
  }

  /// An archive that is sent with a coding, on the port of SSH: the hash of what was sent is that of the archive.
  @Test func anArchiveWithACodingOnAnotherPort() throws {
    let archive: [UInt8] = [
      0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0,
    ]
    var c = Conversation(server: Endpoint("10.0.0.2", 22))
    c.handshake()
    c.send(.client, "GET /a.tar.gz HTTP/1.1\r\nHost: h\r\n\r\n")
    c.send(.server, Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(archive.count)\r\n\r\n".utf8) + archive)
    c.close()
    let run = try Self.run(c)
    let body = try Self.body(try #require(run.lines.first))
    #expect(run.command.contents("out/" + (body["file"] as? String ?? "")) == "hello" && body["decoded"] as? Bool == true)
    #expect(body["raw_length"] as? Int == archive.count && (body["encoding"] as? [String]) == ["gzip"])
    #expect(body["sha256"] as? String == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
    try Data(archive).write(to: URL(fileURLWithPath: run.command.folder + "/archive"))
    let hash = try run.command.run(["archive"], of: "/usr/bin/sha256sum").output.prefix(64)
    #expect(body["raw_sha256"] as? String == String(hash))
  }

  /// Where a body ends that decodes to too many bytes depends neither on the number of threads nor on the form of the output.
  @Test(arguments: [["--writers", "0"], ["--writers", "2"], ["--tar", "x.tar"], ["--no-streams"], ["--shards", "2"]])
  func aBodyBeyondTheLimitOfDecodedBytes(_ form: [String]) throws {
    let maker = try Command()
    #expect(try maker.run(["-c", "head -c 12000000 /dev/zero | gzip -9 -n > packed"], of: "/bin/sh").status == 0)
    let packed = Array(try #require(FileManager.default.contents(atPath: maker.folder + "/packed")))
    var c = Conversation()
    c.handshake()
    c.send(.client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
    c.send(.server, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n")
    for start in stride(from: 0, to: packed.count, by: 1_400) { c.send(.server, Array(packed[start..<min(start + 1_400, packed.count)])) }
    c.close()
    let body = try Self.body(try #require(try Self.run(c, form).lines.first))
    #expect(body["why"] as? String == "limit" && body["decoded"] as? String == "partial")
    #expect(body["length"] as? Int == packed.count * 1_000)
  }

  /// A hole at the end of a body counts in its length, and its file is shorter.
  @Test func aHoleAtTheEnd() throws {
    var c = Conversation()
    c.handshake()
    Self.get(&c, "/a", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    c.send(.server, "defghij")
    c.loseLast()
    Self.get(&c, "/b", Self.answer("next"))
    c.close()
    let run = try Self.run(c)
    let body = try Self.body(try #require(run.lines.first))
    #expect(body["length"] as? Int == 10 && body["gap_bytes"] as? Int == 7 && body["sha256"] == nil && body["raw_sha256"] == nil)
    #expect(run.command.contents("out/" + (body["file"] as? String ?? "")) == "abc")
    #expect(try Self.body(run.lines[1])["complete"] as? Bool == true)
  }

  /// What is found of a body whose line is out already stands in the line of the connection.
  @Test func aConflictThatIsLate() throws {
    var c = Conversation()
    c.handshake()
    Self.get(&c, "/a", Self.answer("abcd"))
    c.forge(from: .server, sequence: c.sequence(.server, c.sent[1] - 3), acknowledgment: c.sequence(.client, c.sent[0]), "xy", flags: .ack)
    c.close()
    let run = try Self.run(c)
    #expect(try Self.body(try #require(run.lines.first))["complete"] as? Bool == true)
    let http = try #require(run.index["http"] as? [String: Any])
    #expect(http["late_conflict_count"] as? Int == 1 && http["late_conflict_bytes"] as? Int == 2)
  }

  /// Ranges that contradict each other where they overlap are not joined; ranges that agree are.
  @Test(arguments: [("cdef", "abcdef"), ("cXef", nil)]) func rangesThatOverlap(_ second: String, _ joined: String?) throws {
    var c = Conversation()
    c.handshake()
    for (text, range) in [("abcd", "0-3/6"), (second, "2-5/6")] {
      Self.get(&c, "/a", Self.answer(text, "Content-Range: bytes \(range)\r\n", "206 Partial Content"))
    }
    c.close()
    let run = try Self.run(c)
    let paths = try run.lines.compactMap { try Self.body($0)["joined"] as? String }
    #expect(paths.map { run.command.contents("out/" + $0) } == (joined.map { [$0] } ?? []))
    #expect((run.command.names(in: "out/http") ?? []).count == (joined == nil ? 2 : 3))
  }

  // MARK: messages

  @Test func theSummaryCountsExchanges() throws {
    var c = Conversation()
    c.handshake()
    Self.get(&c, "/a", Self.answer("one"))
    Self.get(&c, "/b", "HTTP/1.1 204 No Content\r\n\r\n")
    c.close()
    let command = try Command(["a.pcap": RunFolderTests.merged(c.packets)])
    let outcome = try command.run(["-r", "a.pcap", "--http", "-o", "out"])
    let row = outcome.errorLines.first { $0.hasPrefix("exchanges of HTTP") }?.split(separator: " ").map(String.init)
    #expect(row?.suffix(3) == ["2", "1", "body"], "\(outcome.errors)")
    #expect(try !command.run(["-r", "a.pcap", "-o", "other"]).errors.contains("exchanges"))
  }

  /// The console shows the host of HTTP/2, and no blank where there is no reason.
  @Test func headsOfHTTP2OnTheConsole() throws {
    let capture = try Data(contentsOf: TLSOutputTests.fixtures.appendingPathComponent("http-2/input.pcap"))
    let outcome = try Command(["a.pcap": [UInt8](capture)]).run(["-r", "a.pcap", "--console", "--http", "-q"])
    #expect(outcome.output.contains("GET / HTTP/2\n:authority: example.com\n") && outcome.output.contains("\nHTTP/2 200\n"))
  }

  /// A disk that is full: one message says what is not complete, and what there is stays.
  @Test func aFileSizeThatIsLimited() throws {
    var c = Conversation(step: 1_000)
    c.handshake()
    for number in 0..<40 { Self.get(&c, "/\(number)", Self.answer(String(repeating: "x", count: 1_000))) }
    c.close()
    let command = try Command(["a.pcap": RunFolderTests.merged(c.packets)])
    let script = "trap '' XFSZ; ulimit -f 8; exec \(Command.reasm) -r a.pcap -o out -q --http --har"
    let outcome = try command.run(["-c", script], of: "/bin/bash")
    #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains(", http.ndjson and http.har are not complete, what was written stays"), "\(outcome.errors)")
    #expect((command.names(in: "out/http") ?? []).count == 40)
  }

  // MARK: names

  /// Whatever a request names, every body has a file of its own in the folder, whose name is harmless.
  @Test(arguments: [[], ["--http-names", "tree"]]) func hostileNames(_ options: [String]) throws {
    let long = String(repeating: "n", count: 3_000)
    let targets = [
      "/../../x", "/..%2f..%2fx", "/%2e%2e/%2e%2e/x", "/" + long, "/" + long, "/" + long + "/" + long, "/a%00b", "/a%0ab", "/%ff%fe",
      "/-rf", "/con", "/CON.txt", "/nul", "/same", "/same", "/SAME", "/same/", "/same/inside", "/same~2", "//", "/./.", "/a\u{1b}[31m",
      "/" + String(repeating: "d/", count: 100), "http:", "*", "/a?x=/../../y", "/.hidden", "/a/../..", "/~", "/\\..\\..\\x",
    ]
    let hosts = ["h", "..", "../..", "", "con", long, "h:80", "-x", "\u{1b}[2J"]
    var c = Conversation(step: 1_000)
    c.handshake()
    var count = 0
    for host in hosts {
      for target in targets {
        c.send(.client, "GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        c.send(.server, Self.answer("\(count)"))
        count += 1
      }
    }
    c.close()
    let run = try Self.run(c, options)
    #expect(run.lines.count == count)
    let files = try run.lines.map { try #require(try Self.body($0)["file"] as? String) }
    #expect(Set(files.map { $0.lowercased() }).count == count)
    let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-~/" + (options.isEmpty ? "" : "%"))
    for (number, file) in files.enumerated() {
      #expect(run.command.contents("out/" + file) == "\(number)", "\(file)")
      let parts = file.split(separator: "/", omittingEmptySubsequences: false)
      #expect(parts.first == "http" && file.allSatisfy(allowed.contains), "\(file)")
      #expect(parts.allSatisfy { !$0.isEmpty && $0.first != "." && $0.first != "-" && $0.utf8.count <= 200 }, "\(file)")
      #expect(parts.count <= (options.isEmpty ? 2 : 10))
      #expect(!parts.contains { ["con", "nul"].contains($0.lowercased().prefix { $0 != "." }) }, "\(file)")
    }
    #expect(Set(run.command.names(in: ".") ?? []) == ["a.pcap", "out"])
  }

  // MARK: other options

  /// HTTP sees all bytes of streams that are cut or left out, and no file of a stream is written with `--http-only`.
  @Test(arguments: [["--max-bytes", "5"], ["--min-bytes", "1000000"], ["-T", "one"], ["--http-only"]])
  func optionsOfStreamsDoNotConcernBodies(_ options: [String]) throws {
    var c = Conversation()
    c.handshake()
    Self.get(&c, "/a", Self.answer("the whole body"))
    c.close()
    let run = try Self.run(c, options)
    let body = try Self.body(try #require(run.lines.first))
    #expect(body["complete"] as? Bool == true && run.command.contents("out/" + (body["file"] as? String ?? "")) == "the whole body")
    guard options == ["--http-only"] else { return }
    let direction = try #require(run.index["server_to_client"] as? [String: Any])
    #expect(direction["file"] == nil || direction["file"] is NSNull)
    #expect((run.command.names(in: "out") ?? []).sorted() == ["connections.ndjson", "http", "http.ndjson", "run.json"])
    #expect(run.command.contents("out/run.json")?.contains("\"http_only\": true") == true)
  }

  /// A second run into the folder is refused; with `--force` it removes what the first one wrote.
  @Test func aSecondRun() throws {
    var c = Conversation()
    c.handshake()
    Self.get(&c, "/a", Self.answer("one"))
    c.close()
    let run = try Self.run(c, ["--har"])
    let again = try run.command.run(["-r", "a.pcap", "-o", "out", "-q", "--http"])
    #expect(again.status != 0 && again.errors.contains("--force"), "\(again.errors)")
    #expect(try run.command.run(["-r", "a.pcap", "-o", "out", "-q", "--force"]).status == 0)
    let names = run.command.names(in: "out") ?? []
    #expect(!names.contains("http") && !names.contains("http.ndjson") && !names.contains("http.har"), "\(names)")
  }
}
