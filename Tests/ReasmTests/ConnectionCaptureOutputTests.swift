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
}
