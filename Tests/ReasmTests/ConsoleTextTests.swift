import Foundation
import Packets
import TestSupport
import Testing

/// What the console makes of characters, conflicts and long turns.
@Suite struct ConsoleTextTests {
  private func printed(_ script: (inout Conversation) -> Void, _ options: [String] = []) throws -> [String] {
    var talk = Conversation()
    talk.handshake()
    script(&talk)
    talk.close()
    let command = try Command(["a.pcap": ConsoleTests.capture(talk.packets)])
    let outcome = try command.run(["a.pcap", "--console", "-q"] + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.split(separator: "\n").map(String.init)
  }

  private static let texts: [(bytes: [UInt8], shown: String)] = [
    (Array("Grüße, 東京 🎉".utf8), "Grüße, 東京 🎉"),
    // C0, DEL, C1, a direction mark, zero width, a private character, one that is not defined, a variation selector.
    (Array("a\u{1b}[1m\u{7f}b".utf8), "a.[1m.b"), (Array("a\u{9b}2Jb".utf8), "a..2Jb"), (Array("a\u{202e}b".utf8), "a...b"),
    (Array("a\u{200b}\u{feff}b".utf8), "a......b"), (Array("a\u{e000}b".utf8), "a...b"), (Array("a\u{378}b".utf8), "a..b"),
    (Array("a\u{fe0f}b\u{ad}c".utf8), "a...b..c"), (Array("a\u{2028}b".utf8), "a...b"),
    // Not UTF-8: overlong, surrogate, too large, cut, alone.
    ([0x61, 0xc0, 0xaf, 0x62], "a..b"), ([0x61, 0xe0, 0x80, 0xaf, 0x62], "a...b"), ([0x61, 0xed, 0xa0, 0x80, 0x62], "a...b"),
    ([0x61, 0xf4, 0x90, 0x80, 0x80, 0x62], "a....b"), ([0x61, 0xe6, 0x9d, 0x62], "a..b"), ([0x61, 0x80, 0xff, 0x62], "a..b"),
    ([0x61, 0xe6, 0x9d, 0xc3, 0xbc], "a..ü"), ([0x61, 0xf0, 0x9f, 0x8e], "a..."),
  ]

  /// A character may be cut anywhere between two segments.
  @Test(arguments: texts)
  func charactersAreShownIfTheyCanBe(_ bytes: [UInt8], _ shown: String) throws {
    for size in [1, 2, 3, bytes.count] {
      let lines = try printed { talk in
        for start in stride(from: 0, to: bytes.count, by: size) { talk.send(.client, Array(bytes[start..<min(start + size, bytes.count)])) }
      }
      #expect(lines.last == shown, "segments of \(size) bytes")
    }
    let ascii = try printed({ $0.send(.client, bytes) }, ["--format", "ascii"])
    #expect(ascii.last == String(decoding: bytes.map { (0x20..<0x7f).contains($0) ? $0 : 0x2e }, as: UTF8.self))
  }

  /// Payload cannot look like a line of the program, whatever the segments and whatever stands for its dots.
  @Test(arguments: [
    ("--- a > b", "\\--- a > b"), ("=== connection 2: a > b", "\\=== connection 2: a > b"),
    ("... 4 bytes missing", "\\... 4 bytes missing"),
    ("\u{1}\u{2}\u{3} 4 bytes missing", "\\... 4 bytes missing"), ("\u{202e} 4 bytes missing", "\\... 4 bytes missing"),
    ("\r\r\r 4 bytes missing", "\\... 4 bytes missing"), ("..\u{202e} x", "..... x"), ("---- a", "---- a"), ("--a", "--a"),
    ("--- ", "\\--- "),
    ("-=- a", "-=- a"), ("...", "..."), ("=", "="), ("==", "=="), ("a... b", "a... b"),
  ])
  func payloadForgesNoLine(_ payload: String, _ shown: String) throws {
    let bytes = Array("x\n\(payload)".utf8)
    for size in [1, 2, bytes.count] {
      let lines = try printed { talk in
        for start in stride(from: 0, to: bytes.count, by: size) { talk.send(.client, Array(bytes[start..<min(start + size, bytes.count)])) }
      }
      #expect(lines.last == shown, "segments of \(size) bytes")
    }
    // A body of control characters is no text.
    guard !payload.hasPrefix("\u{1}") else { return }
    let message = try printed(
      { talk in
        talk.send(.client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        talk.send(.server, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(payload.utf8.count)\r\n\r\n\(payload)")
      }, ["--http"])
    #expect(message.last == shown)
  }

  /// A character that begins in one direction does not end in the other.
  @Test func aCharacterEndsWithItsTurn() throws {
    let lines = try printed { talk in
      talk.send(.client, [0x61, 0xc3])
      talk.send(.server, [0xbc, 0x62])
    }
    #expect(lines.contains("a.") && lines.contains(".b"), "\(lines)")
  }

  /// A redirection was forged before the answer, and another after it.
  private func injected(_ talk: inout Conversation) {
    talk.send(.client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    talk.forge(
      from: .server, sequence: talk.sequence(.server, 0), acknowledgment: talk.sequence(.client, 27), "HTTP/1.1 302 Found\r\n",
      flags: [.ack, .psh])
    talk.send(.server, "HTTP/1.1 200 Right\r\n\r\n")
    talk.ack(.client)
    talk.send(.client, "bye")
  }

  @Test func conflictsAreWhereTheyAre() throws {
    let lines = try printed(injected)
    let answer = try #require(lines.firstIndex { $0.hasPrefix("--- 10.0.0.2:80") })
    #expect(lines[1].hasSuffix(", fin, 3 conflicts"), "\(lines)")
    #expect(
      Array(lines[(answer + 1)...].prefix(6)) == [
        "HTTP/1.1 ",
        "... conflict at offset 9, 1 byte: packet 5 has \"3\", packet 6 has \"2\"; that of packet 5 was taken", "30",
        "... conflict at offset 11, 1 byte: packet 5 has \"2\", packet 6 has \"0\"; that of packet 5 was taken", "2 ",
        "... conflict at offset 13, 5 bytes: packet 5 has \"Found\", packet 6 has \"Right\"; that of packet 5 was taken",
      ], "\(lines)")
  }

  @Test func conflictsAreToldInOrderOfArrival() throws {
    let lines = try printed(injected, ["--live"])
    let place = try #require(lines.firstIndex { $0.hasPrefix("... conflict in connection 1 at offset 9") })
    #expect(lines[..<place].contains("HTTP/1.1 302 Found"), "\(lines)")
    #expect(lines[place].contains("packet 5 has \"3\", packet 6 has \"2\""))
  }

  /// In messages, they stand before the head.
  @Test func conflictsOfMessagesAreTold() throws {
    let lines = try printed(injected, ["--http"])
    let head = try #require(lines.firstIndex { $0.hasPrefix("HTTP/1.1 302 Found") })
    #expect(lines[..<head].filter { $0.hasPrefix("... conflict in connection 1 at offset") }.count == 3, "\(lines)")
  }

  /// Nothing but the bytes goes into raw output; hexadecimal lines go on at the offset of the conflict.
  @Test func conflictsInOtherFormats() throws {
    #expect(!(try printed(injected, ["--format", "raw"]).contains { $0.contains("conflict") }))
    let hex = try printed(injected, ["--format", "hex"])
    #expect(hex.contains("00000009  33 30                                             |30|"), "\(hex)")
  }

  @Test func theSummaryTellsOfConflictsOfTheConsole() throws {
    var talk = Conversation()
    talk.handshake()
    injected(&talk)
    talk.close()
    let command = try Command(["a.pcap": ConsoleTests.capture(talk.packets)])
    let errors = try command.run(["a.pcap", "--console"]).errors
    #expect(errors.contains("3 conflicts in connection 1: somebody may have injected data\n"), "\(errors)")
    #expect(!errors.contains("unchecked"))
  }

  /// Bytes that are mostly no text are a line with type and length and two lines of their beginning; a turn of text is not.
  @Test func binaryRunsAreShort() throws {
    var random = SplitMix64(seed: 5)
    let noise = random.bytes(3_000)
    let lines = try printed { talk in
      talk.send(.client, [0x1f, 0x8b, 8] + noise.prefix(700))
      talk.send(.client, Array(noise))
      talk.send(.server, [0x16, 3, 1, 0, 200] + noise.prefix(200))
      talk.send(.client, "text\n" + String(repeating: "ü", count: 300))
      talk.send(.server, Array(noise.prefix(8)))
    }
    let text = lines.filter { !$0.hasPrefix("---") && !$0.hasPrefix("===") && !$0.hasPrefix("    ") }
    #expect(text.count == 9, "\(text)")
    #expect(text[0] == "... gzip, 3703 bytes" && text[1].hasPrefix("00000000  1f 8b 08 ") && text[2].hasPrefix("00000010  "))
    #expect(text[3] == "... TLS, 205 bytes" && text[4].hasPrefix("00000000  16 03 01 00 c8"))
    #expect(text[6] == "text" && text[7] == String(repeating: "ü", count: 300))
    // A head of text, and a body that is none: the body is a line.
    let head = String(repeating: "Header: value\r\n", count: 40)
    let mixed = try printed { talk in
      talk.send(.server, Array(head.utf8) + noise)
      talk.send(.server, head)
    }
    #expect(mixed.count { $0 == "Header: value" } >= 75 && mixed.count < 100, "\(mixed)")
    #expect(mixed.contains { $0.wholeMatch(of: /\.\.\. binary, (2[5-9]|30)\d\d bytes/) != nil }, "\(mixed)")
    let ascii = try printed({ $0.send(.client, noise) }, ["--format", "ascii"])
    #expect(!ascii.contains { $0.hasPrefix("...") && $0.contains("bytes") })
    let cut = try printed({ $0.send(.client, noise) }, ["--head", "100"])
    #expect(cut.contains("... binary, 3000 bytes") && !cut.contains { $0.hasSuffix("more") }, "\(cut)")
  }

  /// The first connection ends last, and is printed first; as files are read nobody waits for the others.
  @Test func conversationsAreInOrderOfNumber() throws {
    var long = Conversation(client: Endpoint("10.0.0.1", 40_001), step: 1_000_000_000)
    var short = Conversation(client: Endpoint("10.0.0.1", 40_002), start: Conversation.epoch + 100_000, step: 1_000_000)
    for number in [0, 1] {
      var talk = number == 0 ? long : short
      talk.handshake()
      talk.send(.client, "hello")
      talk.close()
      if number == 0 { long = talk } else { short = talk }
    }
    // A minute later the short one is over, and the long one goes on.
    var later = Conversation(client: Endpoint("10.0.0.1", 40_003), start: Conversation.epoch + 500_000_000_000)
    later.handshake()
    var writer = PcapWriter(linkType: .raw)
    for packet in (long.packets + short.packets + later.packets).sorted(by: { $0.time < $1.time }) {
      writer.add(PacketBuilder.ip(packet.segment), time: packet.time)
    }
    let command = try Command(["a.pcap": writer.bytes])
    let ordered = try command.run(["a.pcap", "--console", "-q", "--close-delay", "1s"]).output
    #expect(ordered.matches(of: /=== connection (\d+)/).map { $0.1 } == ["1", "2"], "\(ordered)")
    // From a pipe, each comes when it is over.
    let piped = try command.run(["-c", "cat a.pcap | \(Command.reasm) -r - --console -q --close-delay 1s"], of: "/bin/sh").output
    #expect(piped.matches(of: /=== connection (\d+)/).map { $0.1 } == ["2", "1"], "\(piped)")
  }

  @Test func longTurnsAreCut() throws {
    let lines = try printed(
      { talk in
        for _ in 0..<3 { talk.send(.client, "0123456789") }
        talk.send(.server, "short")
        talk.send(.client, "abcdefghijklmnop")
      }, ["--head", "12"])
    let text = lines.filter { !$0.hasPrefix("---") && !$0.hasPrefix("===") && !$0.hasPrefix("    ") }
    #expect(text == ["012345678901", "... 18 bytes more", "short", "abcdefghijkl", "... 4 bytes more"])
  }
}
