import Foundation
import Packets
import TestSupport
import Testing

/// Captures of connections as files: names, options, limits of the system.
@Suite struct ConnectionCaptureOutputTests {
  /// Interleaved conversations with so many connections.
  private static func crowd(_ count: Int) -> [UInt8] {
    var writer = PcapWriter(linkType: .ethernet)
    let talks = (0..<count).map { number -> Conversation in
      var talk = Conversation(client: Endpoint("10.1.\(number >> 8).\(number & 255)", 40_000))
      talk.handshake()
      talk.send(.client, "question \(number)")
      talk.send(.server, "answer \(number)")
      talk.close()
      return talk
    }
    for index in talks.first?.packets.indices ?? 0..<0 {
      for talk in talks {
        writer.add(LinkLayer.ethernet().frame(PacketBuilder.ip(talk.packets[index].segment)), time: talk.packets[index].time)
      }
    }
    return writer.bytes
  }

  /// More connections at once than descriptors: the same files as with enough of them.
  @Test func moreConnectionsThanDescriptors() throws {
    let command = try Command(["a.pcap": Self.crowd(2_000)])
    let script = """
      "$0" -r a.pcap -o many --pcap -q && ulimit -n 64 && "$0" -r a.pcap -o few --pcap -q && diff -r many few
      """
    let outcome = try command.run(["-c", script, Command.reasm], of: "/bin/bash")
    #expect(outcome.status == 0, "\(outcome.errors) \(outcome.output.prefix(500))")
    #expect(command.names(in: "few/pcap")?.count == 2_000)
  }

  @Test(
    arguments: [
      ("%A.%a", ["010.000.000.001.40000.pcapng", "010.000.000.001.40000~2.pcapng"]),
      ("x", ["x.pcapng", "x~2.pcapng"]), ("x.pcapng", ["x.pcapng", "x~2.pcapng"]),
      ("%A%C%c", ["010.000.000.001.pcapng", "010.000.000.001c1.pcapng"]), ("tls", ["tls.pcapng", "tls~2.pcapng"]),
      ("%I", ["0000000001.pcapng", "0000000002.pcapng"]), ("%S", ["00000000000000000001.pcapng", "00000000000000000002.pcapng"]),
    ]) func namesFollowTheTemplate(_ template: String, _ names: [String]) throws
  {
    var talk = Conversation()
    talk.handshake()
    talk.close()
    talk.wait(seconds: 600)
    talk.renew(clientISN: 99_000, serverISN: 88_000)
    talk.handshake()
    var writer = PcapWriter(linkType: .ethernet)
    for packet in talk.packets { writer.add(LinkLayer.ethernet().frame(PacketBuilder.ip(packet.segment)), time: packet.time) }
    let command = try Command(["a.pcap": writer.bytes])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "--pcap", "--pcap-template", template, "-q"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(command.names(in: "out/pcap") == names)
    let index = try #require(command.contents("out/connections.ndjson"))
    for name in names { #expect(index.contains("\"pcap\":\"pcap/\(name)\"")) }
    // The next run replaces them, and what is not its own stays.
    #expect(FileManager.default.createFile(atPath: command.folder + "/out/pcap/mine", contents: Data()))
    let again = try command.run(["-r", "a.pcap", "-o", "out", "--force", "--pcap", "--pcap-template", "%A/other", "-q"])
    #expect(again.status == 0, "\(again.errors)")
    #expect(command.names(in: "out/pcap") == ["010.000.000.001", "mine"])
    #expect(command.names(in: "out/pcap/010.000.000.001") == ["other.pcapng", "other~2.pcapng"])
  }

  @Test(arguments: ["", "/x", "x/", "..", "a/../b", "a//b", "%!", "%", String(repeating: "n", count: 240)])
  func templatesThatLeaveTheFolderAreRefused(_ template: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "--pcap", "--pcap-template", template])
    #expect(outcome.status == 64 && outcome.errors.contains("--pcap-template"), "\(outcome.errors)")
    #expect(command.names(in: "out") == nil)
  }

  /// A link at the place of the folder or of a file is not followed.
  @Test func linksAreNotFollowed() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes, "victim": [1]])
    let script = """
      mkdir out other && ln -s ../other out/pcap && "$0" -r a.pcap -o out --force --pcap -q; echo $?; ls other; rm out/pcap
      mkdir -p out/pcap && ln -s ../../victim out/pcap/0000000001.pcapng && "$0" -r a.pcap -o out --force --pcap -q; echo $?
      """
    let outcome = try command.run(["-c", script, Command.reasm], of: "/bin/sh")
    #expect(outcome.output == "2\n0\n", "\(outcome.output) \(outcome.errors)")
    #expect(command.names(in: "out/pcap") == ["0000000001.pcapng", "0000000001~2.pcapng"])
    #expect(command.contents("victim") == "\u{1}" && command.names(in: "other") == [])
  }

  @Test(
    arguments: [
      (["--list", "--pcap"], "--pcap"), (["--console", "--pcap"], "--pcap"), (["-o", "out", "--pcap-template", "x"], "--pcap-template"),
      (["--list", "--no-streams"], "--no-streams"), (["-o", "out", "--no-streams", "--chunks"], "--chunks"),
      (["-o", "out", "--no-streams", "--hash"], "--hash"),
    ]) func optionsThatDoNotGoTogether(_ options: [String], _ named: String) throws
  {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap"] + options)
    #expect(outcome.status == 64 && outcome.errors.contains(named), "\(outcome.errors)")
  }

  /// Without files of streams, the lines are the same but for those: copies are compared too.
  @Test(arguments: ["several-connections", "overlap-first", "injection", "hole", "tls13"]) func linesWithoutStreams(_ fixture: String)
    throws
  {
    let folder = TLSOutputTests.fixtures.appendingPathComponent(fixture)
    let command = try Command(["a.pcap": [UInt8](Data(contentsOf: folder.appendingPathComponent("input.pcap")))])
    #expect(try command.run(["-r", "a.pcap", "-o", "with", "-q"]).status == 0)
    #expect(try command.run(["-r", "a.pcap", "-o", "without", "--no-streams", "-q"]).status == 0)
    #expect(command.names(in: "without") == ["connections.ndjson", "run.json"])
    let expected = try #require(command.contents("with/connections.ndjson")).replacing(/"file":"[^"]*"/, with: "\"file\":null")
    #expect(command.contents("without/connections.ndjson") == expected)
  }

  /// How the packets of a capture of copies lie in frames.
  enum Form: CaseIterable {
    case plain, cut, tunnel, fragments, aggregates, cooked
  }

  /// Two connections with large segments out of order, lost, and repeated with other bytes, near and far.
  private static func copies(_ form: Form, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    var talks = [Conversation(client: Endpoint("10.0.0.1", 1)), Conversation(client: Endpoint("10.0.0.1", 2))]
    for index in talks.indices { talks[index].handshake() }
    for _ in 0..<400 {
      let index = random.oneIn(3) ? 1 : 0
      let party = random.oneIn(4) ? Conversation.Party.server : .client
      let sent = talks[index].sent[party.rawValue]
      let bytes = [UInt8].letters(Int.random(in: 1...1_448, using: &random), from: sent)
      switch Int.random(in: 0..<12, using: &random) {
      case 0: talks[index].loseNext(party, bytes)
      case 1: talks[index].segment(from: party, offset: sent + 1_000, bytes)
      case 2...4 where sent > 2_000:
        let offset = Int.random(in: max(0, sent - (random.oneIn(2) ? 4_000 : 200_000))..<sent, using: &random)
        var copy = [UInt8].letters(bytes.count, from: offset)
        if random.oneIn(2) { copy[copy.count / 2] ^= 1 }
        talks[index].segment(from: party, offset: offset, copy, cut: form == .cut && random.oneIn(3) ? copy.count / 4 : 0)
      default: talks[index].send(party, bytes)
      }
      talks[index].ack(party.peer)
    }
    for index in talks.indices { talks[index].close() }
    let packets = (talks[0].packets + talks[1].packets).sorted { $0.time < $1.time }
    let (left, right) = (Endpoint.address("192.0.2.1"), Endpoint.address("192.0.2.2"))
    let link: LinkLayer = form == .cooked ? .linuxSLL2 : .ethernet()
    let linkType = form == .aggregates ? LinkType(rawValue: 105) : link.linkType
    var writer = PcapWriter(linkType: linkType, snapLength: form == .cut ? 900 : 262_144)
    var waiting: [[UInt8]] = []
    for (number, packet) in packets.enumerated() {
      let datagram = PacketBuilder.ip(packet.segment)
      switch form {
      case .plain, .cooked, .cut: writer.add(link.frame(datagram), time: packet.time)
      case .tunnel: writer.add(link.frame(Tunnel.vxlan(vni: 7).wrap(datagram, from: left, to: right)), time: packet.time)
      case .fragments:
        var header = IPv4Header(
          source: packet.segment.source.address, destination: packet.segment.destination.address, protocol: PacketBuilder.tcpProtocol)
        header.identification = UInt16(number)
        for piece in header.fragments(PacketBuilder.tcp(packet.segment), size: number % 3 == 0 ? 1_480 : 800) {
          writer.add(link.frame(piece), time: packet.time)
        }
      case .aggregates:
        waiting.append(datagram)
        guard random.oneIn(2) || number == packets.count - 1 else { continue }
        writer.add(WirelessFrame.aggregate(waiting), time: packet.time)
        waiting = []
      }
    }
    return writer.bytes
  }

  /// Copies are compared in the same way with files, with captures instead of files, and with neither.
  @Test(arguments: Form.allCases, [[], ["--max-bytes", "20000"], ["--tls", "--http"]])
  func copiesInCaptures(_ form: Form, _ options: [String]) throws {
    for seed in UInt64(1)...2 {
      let command = try Command(["a.pcap": Self.copies(form, seed: seed)])
      var indexes: [String] = []
      for (name, more) in [("files", []), ("captures", ["--pcap", "--no-streams"]), ("none", ["--no-streams"])] {
        #expect(try command.run(["-r", "a.pcap", "-o", name, "-q"] + options + more).status == 0)
        indexes.append(
          try #require(command.contents("\(name)/connections.ndjson")).replacing(/"file":"[^"]*"/, with: "\"file\":null")
            .replacing(/,"pcap":"[^"]*"/, with: ""))
      }
      #expect(indexes[0].contains("\"conflicts\":[{"), "\(seed)")
      #expect(indexes[1] == indexes[2] && indexes[1] == indexes[0], "\(seed)")
    }
  }
}

extension Conversation {
  /// Sends bytes that the capture lacks.
  fileprivate mutating func loseNext(_ party: Party, _ bytes: [UInt8]) {
    send(party, bytes)
    loseLast()
  }
}
