import Foundation
import Packets
import Paths
import TestSupport
import Testing

/// What --console prints, and in which order.
@Suite struct ConsoleTests {
  /// The capture of packets in the order of the list, one each millisecond.
  static func capture(_ packets: [ScriptedPacket]) -> [UInt8] {
    var writer = PcapWriter(linkType: .ethernet)
    for (index, packet) in packets.enumerated() {
      let frame = LinkLayer.ethernet().frame(PacketBuilder.ip(packet.segment, identification: UInt16(truncatingIfNeeded: index)))
      writer.add(frame, time: Conversation.epoch + Int64(index) * 1_000_000)
    }
    return writer.bytes
  }

  /// Two connections: a request with an answer that is not all text and has a hole, and one over IPv6 that a reset ends.
  static let mixed: [UInt8] = {
    var web = Conversation()
    web.handshake()
    web.send(.client, "GET /a HTTP/1.1\r\nHost: example.org\r\n\r\n")
    web.ack(.server)
    web.send(.server, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n")
    web.send(.server, Array(0...40) + [0x1b, 0x5b, 0x32, 0x4a, 0x7f, 0x80, 0xc3, 0xa9, 0xff, 0x0d, 0x41])
    web.send(.server, "lost")
    web.loseLast()
    web.send(.server, "behind the hole\ttab\r\nno end of line")
    web.ack(.client)
    web.send(.client, "GET /b HTTP/1.1\r\n\r\n")
    web.ack(.server)
    web.close()
    var other = Conversation(
      client: Endpoint("2001:db8::1", 50_000), server: Endpoint("2001:db8::2", 25), start: Conversation.epoch + 500_000)
    other.handshake()
    other.send(.server, "220 ready\r\n")
    other.send(.client, "QUIT\r\n")
    other.rst(.server)
    return capture((web.packets + other.packets).sorted { $0.time < $1.time })
  }()

  @Test(arguments: [
    ["--console"], ["--console", "--format", "hex"], ["--console", "--format", "base64"], ["--console", "--live"],
    ["--console", "--live", "--format", "hex"], ["--console", "--format", "ascii"],
  ])
  func formats(arguments: [String]) throws {
    let command = try Command(["a.pcap": Self.mixed])
    let outcome = try command.run(["-r", "a.pcap", "-q"] + arguments)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    #expect(command.names(in: ".") == ["a.pcap"], "console alone writes no files")
    #expect(outcome.output.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || $0.isHarmlessOnTerminal })
    #expect(arguments.count == 1 || arguments.last == "--live" || outcome.output.utf8.allSatisfy { $0 < 0x7f })
    try Recording.expect("Recorded/" + arguments.map { $0.replacing("-", with: "") }.joined(separator: "-") + ".txt", outcome.output)
  }

  @Test func rawIsTheBytesAndNothingElse() throws {
    var talk = Conversation()
    talk.handshake()
    let (question, answer) = ([UInt8](0...255), [UInt8](repeating: 0x1b, count: 300))
    talk.send(.client, question)
    talk.send(.server, answer)
    talk.close()
    let command = try Command(["a.pcap": Self.capture(talk.packets)])
    _ = try command.run(["-c", "\(Command.reasm) -r a.pcap -q --console --format raw > raw"], of: "/bin/sh")
    #expect(FileManager.default.contents(atPath: command.folder + "/raw") == Data(question + answer))
  }

  @Test func filesAreTheSameWithTheConsoleBesideThem() throws {
    let command = try Command(["a.pcap": Self.mixed])
    #expect(try command.run(["-r", "a.pcap", "-o", "plain", "-q", "--chunks"]).status == 0)
    #expect(try command.run(["-r", "a.pcap", "-o", "both", "-q", "--chunks", "--console"]).status == 0)
    let difference = try command.run(["-r", "plain", "both"], of: "/usr/bin/diff")
    #expect(difference.status == 0, "\(difference.output)")
    #expect(command.names(in: "plain")?.count == 7)
  }

  /// Questions and answers, several segments each, so that one order alone is right.
  private static func dialogue() -> (talk: Conversation, text: String) {
    var talk = Conversation()
    var text = ""
    talk.handshake()
    for round in 0..<12 {
      for (party, name) in [(Conversation.Party.client, "question"), (.server, "answer")] {
        for part in 0...(round % 3) {
          let words = "\(name) \(round).\(part)\n"
          talk.send(party, words)
          text += words
        }
        talk.ack(party.peer)
      }
    }
    talk.close()
    return (talk, text)
  }

  /// The recorder got one direction late, by so many packets.
  @Test(arguments: 0...20)
  func aDirectionCapturedLateIsPrintedInTrueOrder(by late: Int) throws {
    let (talk, text) = Self.dialogue()
    for party in Conversation.Party.allCases {
      let places = talk.packets.enumerated().map { index, packet in
        (place: index + (packet.segment.source == talk.endpoints[party.rawValue] ? late : 0), index: index)
      }
      let order = places.sorted { ($0.place, $0.index) < ($1.place, $1.index) }.map { talk.packets[$0.index] }
      try expect(order, text)
    }
  }

  /// Every packet was captured late by a number of its own.
  @Test(arguments: 1...20)
  func packetsCapturedLateArePrintedInTrueOrder(by most: Int) throws {
    let (talk, text) = Self.dialogue()
    var random = SplitMix64(seed: UInt64(most))
    let places = talk.packets.indices.map { (place: $0 + Int(random.next() % UInt64(most + 1)), index: $0) }
    try expect(places.sorted { ($0.place, $0.index) < ($1.place, $1.index) }.map { talk.packets[$0.index] }, text)
  }

  private func expect(_ packets: [ScriptedPacket], _ text: String) throws {
    let command = try Command(["a.pcap": Self.capture(packets)])
    let outcome = try command.run(["-r", "a.pcap", "-q", "--console", "--format", "raw"])
    #expect(outcome.output == text)
    _ = try command.run(["-r", "a.pcap", "-q", "--chunks", "-o", "out"])
    let lines = try ChunkLine.lines(in: command.folder + "/out/chunks.ndjson")
    let told = try lines.map { line in
      let file = try #require(line.file(in: command.folder + "/out"))
      return String(decoding: file[line.fileOffset..<(line.fileOffset + line.length)], as: UTF8.self)
    }
    #expect(told.joined() == text)
  }

  @Test func aReaderThatGoesAwayEndsTheProgram() throws {
    let command = try Command(["a.pcap": Self.mixed])
    let outcome = try command.run(["-c", "\(Command.reasm) -r a.pcap -q --console | head -n 1"], of: "/bin/sh")
    #expect(outcome.output == "=== connection 1: 10.0.0.1:40000 > 10.0.0.2:80\n")
    #expect(outcome.errors == "")
  }

  @Test func aFullDiskIsSaid() throws {
    let command = try Command(["a.pcap": Self.mixed])
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let outcome = try command.run(["-r", "a.pcap", "-q", "--console"], output: full)
    #expect(outcome.status == 2)
    #expect(outcome.errors == "reasm: standard output: No space left on device; what came later is not printed\n")
  }

  /// A conversation larger than the memory it may take waits in a temporary file, of which nothing stays.
  @Test func longConversationsArePrintedWhole() throws {
    var talk = Conversation(step: 1_000)
    talk.handshake()
    var random = SplitMix64(seed: 7)
    var expected: [UInt8] = []
    for round in 0..<700 {
      let bytes = (0..<32_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      talk.send(round % 2 == 0 ? .client : .server, bytes)
      expected += bytes
    }
    talk.close()
    let command = try Command(["a.pcap": Self.capture(talk.packets)])
    try FileManager.default.createDirectory(atPath: command.folder + "/tmp", withIntermediateDirectories: true)
    let script = "TMPDIR=tmp \(Command.reasm) -r a.pcap -q --console --format raw > raw"
    #expect(try command.run(["-c", script], of: "/bin/sh").status == 0)
    #expect(FileManager.default.contents(atPath: command.folder + "/raw") == Data(expected))
    #expect(command.names(in: "tmp") == [])
  }
}
