import Foundation
import Glibc
import Packets
import TestSupport
import Testing

/// Shards of runs with HTTP and searches, whose figures and names depend on all connections.
@Suite struct ShardContentTests {
  /// 12 connections, many of them with the same requests; a name of one is a folder, a part or a coded body of another.
  private static let capture: [UInt8] = {
    let gzip: [UInt8] = [
      0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0,
    ]
    let parts = Array("--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\n\r\npart\r\n--x--\r\n".utf8)
    var packets: [ScriptedPacket] = []
    for number in 0..<12 {
      var c = Conversation(
        client: Endpoint("10.0.0.\(number % 5 + 1)", UInt16(40_000 + number)), start: Conversation.epoch + Int64(number) * 700_000)
      c.handshake()
      for target in ["/a", "/a/b", number % 3 == 0 ? "/a.raw" : "/A", "/a.part-0001-n.txt", "/0000000001-0001"] {
        c.send(.client, "GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
        switch (number + target.utf8.count) % 4 {
        case 0: c.send(.server, Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(gzip.count)\r\n\r\n".utf8) + gzip)
        case 1:
          c.send(
            .server,
            Array("HTTP/1.1 200 OK\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: \(parts.count)\r\n\r\n".utf8) + parts
          )
        case 2: c.send(.server, "HTTP/1.1 204 No Content\r\n\r\n")
        default: c.send(.server, "HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 5\r\n\r\nhello")
        }
      }
      // The WebSockets of some end with their connections, those of the others with the capture.
      if number % 3 == 1 {
        c.send(.client, "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n")
        c.send(.server, Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".utf8) + [0x81, 2, 0x68, 0x69])
        c.send(.client, [0x82, 126, 0x13, 0x88] + [UInt8](repeating: UInt8(number), count: 5_000))
        c.send(.server, [0x81, 1, 0x61])
      }
      if number % 2 == 0 { c.close() }
      packets += c.packets
    }
    return RunFolderTests.merged(packets)
  }()

  private static let searches = dlopen("libhs.so.5", RTLD_NOW) != nil

  @Test(arguments: [
    ["--http", "--http-names", "tree", "--http-parts"], ["--http", "--har"], ["--http", "--http-names", "tree", "--har", "--http-only"],
    ["--no-streams"], ["--match", "b HTTP|llo", "--match", "204", "--http"], ["--match", "206", "--matching", "--http", "--http-parts"],
    ["--match", "a.raw", "--matching", "--http", "--http-names", "tree", "--chunks", "-T", "%N"],
    ["--match", "204", "--match-memory", "0", "--no-streams", "--http", "--har"], ["--report"],
    ["--report", "--hash", "--http", "-T", "%K/%N"], ["--report", "--http", "--http-names", "tree", "--no-streams", "--match", "b"],
  ])
  func theDirectoryOfOneRun(_ options: [String]) throws {
    if options.contains("--match"), !Self.searches { return }
    let command = try Command(["a.pcap": Self.capture])
    let one = try command.run(["-r", "a.pcap", "-o", "one", "-q"] + options)
    #expect(one.status == 0 && one.errors == "", "\(one.errors)")
    let expected = RunFolderTests.contents(command, "one")
    let outcome = try command.run(["-r", "a.pcap", "-o", "merged", "--shards", "3"] + options)
    #expect(outcome.status == 0 && outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("reasm: 3 shards merged: 12 connections, "), "\(outcome.errors)")
    let differing = Self.differing(RunFolderTests.contents(command, "merged"), expected)
    #expect(differing == "")
  }

  /// Paths of the first files that differ.
  private static func differing(_ found: [String: Data?], _ expected: [String: Data?]) -> String {
    Set(found.keys).union(expected.keys).filter { found[$0] != expected[$0] }.sorted().prefix(9).joined(separator: " ")
  }

  /// A merge that was killed while it gave names in a tree is continued.
  @Test func aMergeThatWasKilled() throws {
    let options = ["--http", "--http-names", "tree", "--har"]
    let command = try Command(["a.pcap": Self.capture])
    #expect(try command.run(["-r", "a.pcap", "-o", "one", "-q"] + options).status == 0)
    let expected = RunFolderTests.contents(command, "one")
    var random = SplitMix64(seed: 5)
    for attempt in 0..<3 {
      let name = "out\(attempt)"
      for index in 0..<3 { _ = try command.run(["-r", "a.pcap", "-o", name, "-q", "--shard", "\(index)/3"] + options) }
      for _ in 0..<3 {
        try command.start(["merge", name, "-q"])
        usleep(useconds_t.random(in: 1_000..<20_000, using: &random))
        command.kill()
        _ = command.wait()
      }
      if command.hasMergeToDo(in: name) { #expect(try command.run(["merge", name, "-q"]).errors == "") }
      let differing = Self.differing(RunFolderTests.contents(command, name), expected)
      #expect(differing == "")
    }
  }

  /// Each shard has an archive of its own, and the lines are those of one run but for the places of the members.
  @Test(arguments: [[], ["--http", "--har", "--http-parts"], ["--http", "--http-names", "tree", "-T", "%A"]])
  func archives(_ options: [String]) throws {
    let command = try Command(["a.pcap": Self.capture])
    let one = try command.run(["-r", "a.pcap", "-q", "-o", "one", "--tar", "one/s.tar"] + options)
    #expect(one.status == 0 && one.errors == "", "\(one.errors)")
    let merged = try command.run(["-r", "a.pcap", "-q", "-o", "out", "--tar", "out/s.tar", "--shards", "3"] + options)
    #expect(merged.status == 0 && merged.errors == "", "\(merged.errors)")
    let names = (command.names(in: "one") ?? []).filter { $0 != "s.tar" }
    #expect(command.names(in: "out") == (names + (0..<3).map { "s.0000\($0).tar" }).sorted())
    #expect(command.contents("one/run.json") == command.contents("out/run.json"))
    #expect(command.contents("one/http.har") == command.contents("out/http.har"))
    var members = 0
    for name in names where name.hasSuffix(".ndjson") {
      let lines = try ["one", "out"].map { folder in
        try (command.contents("\(folder)/\(name)") ?? "").split(separator: "\n").map { line in
          try JSONSerialization.jsonObject(with: Data(line.utf8))
        }
      }
      #expect(lines[0].count == lines[1].count && lines[0].count > 10)
      for (a, b) in zip(lines[0], lines[1]) {
        var found: [[Data]] = [[], []]
        let rest = try [Self.withoutMembers(a, "one", command, &found[0]), Self.withoutMembers(b, "out", command, &found[1])]
        #expect(rest[0].isEqual(rest[1]) && found[0] == found[1], "\(name)")
        members += found[0].count
      }
    }
    #expect(members >= 24)
    let listed = try command.run(["-c", "cat out/s.0000?.tar | tar -tif - | wc -l"], of: "/bin/bash")
    let expected = try command.run(["-c", "tar -tf one/s.tar | grep -cv json"], of: "/bin/bash")
    #expect(
      Int(listed.output.filter(\.isNumber)) == Int(expected.output.filter(\.isNumber)).map { $0 - (options.contains("--har") ? 1 : 0) })
  }

  /// Returns a line without its members of archives, whose contents it adds to a list.
  private static func withoutMembers(_ value: Any, _ folder: String, _ command: Command, _ found: inout [Data]) throws -> NSObject {
    if let list = value as? [Any] { return try list.map { try withoutMembers($0, folder, command, &found) } as NSArray }
    guard let object = value as? [String: Any] else { return value as? NSObject ?? NSNull() }
    if let offset = object["offset"] as? UInt64, let length = object["length"] as? Int,
      Set(object.keys).isSubset(of: ["name", "tar", "offset", "length"]), object["name"] != nil
    {
      let archive = object["tar"] as? String ?? "s.tar"
      #expect((object["tar"] == nil) == (folder == "one"))
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: command.folder + "/\(folder)/\(archive)"))
      try file.seek(toOffset: offset)
      found.append(try file.read(upToCount: length) ?? Data())
      return NSNull()
    }
    var rest: [String: NSObject] = [:]
    for key in object.keys.sorted() { rest[key] = try withoutMembers(object[key] ?? NSNull(), folder, command, &found) }
    return rest as NSDictionary
  }

  /// Key logs and patterns are not in run.json, and yet all shards must have the same.
  @Test func otherKeyLogsAndPatterns() throws {
    let line = "CLIENT_RANDOM \(String(repeating: "0a", count: 32)) \(String(repeating: "0b", count: 48))\n"
    let command = try Command([
      "a.pcap": Self.capture, "k": Array(line.utf8), "l": Array((line + line).utf8), "p": Array("a:/one/\n".utf8),
      "q": Array("a:/two/\n".utf8),
    ])
    var sets = [(["--keylog", "k"], ["--keylog", "l"], "key logs")]
    if Self.searches {
      sets += [(["--match", "x"], ["--match", "y"], "patterns"), (["--match-file", "p"], ["--match-file", "q"], "patterns")]
    }
    for (index, set) in sets.enumerated() {
      let shard = ["-r", "a.pcap", "-o", "out\(index)", "-q", "--shard"]
      #expect(try command.run(shard + ["0/2"] + set.0).status == 0)
      let again = try command.run(shard + ["0/2"] + set.1)
      #expect(
        again.status == 1 && again.errors.contains("out\(index)/shards/00000: made by another run: it had other \(set.2)"),
        "\(again.errors)")
      #expect(try command.run(shard + ["0/2"] + set.0).status == 0)
      #expect(try command.run(shard + ["1/2"] + set.1).status == 0)
      let merge = try command.run(["merge", "out\(index)"])
      #expect(
        merge.status == 1
          && merge.errors.contains("out\(index)/shards/00001: the \(set.2) are others than for out\(index)/shards/00000"), "\(merge.errors)"
      )
    }
  }

  /// A pipe can be read once, and not by every shard.
  @Test func aKeyLogThatIsNoFile() throws {
    let command = try Command(["a.pcap": Self.capture])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "-q", "--shard", "0/2", "--keylog", "/dev/null"])
    #expect(
      outcome.status == 1
        && outcome.errors == "reasm: /dev/null: no regular file that can be read, and every shard reads it; write it to a file first\n")
    #expect(command.names(in: "out") == nil)
  }

  @Test(.enabled(if: searches, "needs libvectorscan5"))
  func searchesWithTooLittleMemory() throws {
    let command = try Command(["a.pcap": Self.capture])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "--shards", "3", "--match", "HTTP", "--match-memory", "4K"])
    #expect(outcome.status == 0 && outcome.errors.contains("one run without shards may differ: match_memory "), "\(outcome.errors)")
  }

  @Test(.enabled(if: searches, "needs libvectorscan5"))
  func nothingMatches() throws {
    let command = try Command(["a.pcap": Self.capture])
    for (pattern, status) in [("nowhere", Int32(3)), ("a.part-0001", 0)] {
      let outcome = try command.run(
        ["-r", "a.pcap", "-o", "out\(status)", "--shards", "3", "--match", pattern, "--fail-without-match", "-q"])
      #expect(outcome.status == status && outcome.errors == "", "\(outcome.errors)")
    }
  }
}
