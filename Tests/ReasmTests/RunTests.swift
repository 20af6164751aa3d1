import Foundation
import Testing

/// What a run that goes well says and where it writes.
@Suite struct RunTests {
  @Test(arguments: [
    ("a.pcap", "a.streams"), ("b.pcapng", "b.streams"), ("c.cap", "c.streams"), ("D.PCAP", "D.streams"), ("e", "e.streams"),
    ("f.2024.pcap", "f.2024.streams"), (".pcap", ".pcap.streams"), ("g.pcap.gz", "g.streams"), ("h.tar", "h.tar.streams"),
  ])
  func theDefaultFolderIsNamedAfterTheCapture(_ file: String, _ folder: String) throws {
    let command = try Command([file: CaptureBytes.conversation().bytes])
    #expect(try command.run(["-r", command.folder + "/" + file, "-q"]).status == 0)
    #expect(command.names(in: ".") == [file, folder].sorted())
  }

  @Test func standardInputIsReadAndItsFolderNamed() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let input = try #require(FileHandle(forReadingAtPath: command.folder + "/a.pcap"))
    let outcome = try command.run(["-r", "-"], input: input)
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains(/packets +4\n/), "\(outcome.errors)")
    #expect(command.names(in: "stdin.streams") != nil)
  }

  @Test func theSummaryGoesToStandardErrorAndStandardOutputIsEmpty() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-v"])
    #expect(outcome.output.isEmpty)
    for label in ["packets", "TCP bytes", "reassembled bytes", "missed bytes", "out-of-order packets", "biggest chunk", "overlap packets"] {
      #expect(outcome.errorLines.contains { $0.hasPrefix(label) }, "\(label)")
    }
  }

  @Test(arguments: [["-q"], ["--summary", "none"]])
  func quietIsQuiet(_ arguments: [String]) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap"] + arguments)
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.isEmpty)
  }

  @Test func verboseSaysWhatIsRead() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-v"])
    #expect(
      outcome.errorLines.first?.hasPrefix("reasm: reading a.pcap: pcap, little-endian, 316 bytes, link type 1 EN10MB (Ethernet)") == true)
    #expect(outcome.errors.contains("not used: tcp_data_offset"))
  }

  @Test(arguments: [1, 2])
  func verboseCountsWhatIsNoCaptureInAFolder(_ others: Int) throws {
    let command = try Command()
    try FileManager.default.createDirectory(atPath: command.folder + "/d", withIntermediateDirectories: true)
    try Data(CaptureBytes.conversation().bytes).write(to: URL(fileURLWithPath: command.folder + "/d/a"))
    for other in 0..<others { try Data("notes".utf8).write(to: URL(fileURLWithPath: command.folder + "/d/notes\(other)")) }
    let words = others == 1 ? "1 file passed over that is no capture" : "2 files passed over that are no captures"
    #expect(try command.run(["-r", "d", "-v"]).errorLines.contains("reasm: " + words))
  }

  @Test func theSummaryAsJSONStandsAloneAndIsRunJSON() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "--summary", "json"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output == command.contents("a.streams/run.json"))
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    #expect(object != nil)
  }

  @Test func aTraceHasALineForEachPacketThatPassedTheFilter() throws {
    var capture = CaptureBytes.conversation()
    capture.packet(CaptureBytes.arp)
    capture.packet(CaptureBytes.segment(sequence: 1, flags: 0x02, ""))
    let command = try Command(["a.pcap": capture.bytes])
    let outcome = try command.run(["-r", "a.pcap", "--trace", "--summary", "none"])
    #expect(outcome.errorLines.count == 6)
    for (index, line) in outcome.errorLines.enumerated() {
      #expect(line.wholeMatch(of: /\d+ (\d+|-) [a-z_0-9]+/) != nil, "\(line)")
      #expect(line.hasPrefix("\(index + 1) "))
    }
    #expect(outcome.errorLines[4] == "5 - not_ip")
    let filtered = try command.run(["-r", "a.pcap", "-o", "arp", "--trace", "--summary", "none", "arp"])
    #expect(filtered.errorLines == ["5 - not_ip"])
  }

  /// Packet numbers are those of an input: with several, its number stands before them, as in the index.
  @Test func aTraceOfSeveralInputsNamesThem() throws {
    let packets = Containers.packets
    let legs = ["client": packets.filter(\.isFromClient), "server": packets.filter { !$0.isFromClient }]
    let command = try Command(legs.mapValues { Containers.capture(.microseconds, $0) })
    let outcome = try command.run(["-r", "client", "-r", "server", "-o", "out", "--trace", "--summary", "none"])
    var numbers = [0, 0]
    let expected = packets.map { packet in
      let input = packet.isFromClient ? 0 : 1
      numbers[input] += 1
      return "\(input):\(numbers[input]) 1 "
    }
    #expect(outcome.errorLines.count == expected.count)
    for (line, start) in zip(outcome.errorLines, expected) { #expect(line.hasPrefix(start), "\(line)") }
    let alone = try command.run(["-r", "client", "-o", "alone", "--trace", "--summary", "none"])
    #expect(alone.errorLines.first?.hasPrefix("1 1 ") == true)
  }

  @Test func countCountsPacketsThatPassedTheFilter() throws {
    var capture = CaptureBytes()
    for _ in 0..<4 {
      capture.packet(CaptureBytes.arp)
      capture.packet(CaptureBytes.segment(sequence: 1, flags: 0x02))
    }
    let command = try Command(["a.pcap": capture.bytes])
    let outcome = try command.run(["-r", "a.pcap", "-c", "2", "arp"])
    #expect(outcome.errors.contains(/packets +3  2 passed the filter\n/), "\(outcome.errors)")
  }

  @Test func aFilterThatTakesNothingGetsAHint() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "udp"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("note: no packet passed the filter 'udp'"))
  }

  @Test func packetsCutBySnapshotLengthGetAHint() throws {
    var capture = CaptureBytes(snapshotLength: 60)
    capture.packet(originalLength: 1500, CaptureBytes.segment(sequence: 1, flags: 0x02, ""))
    let command = try Command(["a.pcap": capture.bytes])
    #expect(try command.run(["-r", "a.pcap"]).errors.contains("note: 1 packet cut off by the snapshot length (60)"))
  }

  /// What `--min-bytes` keeps out of the files counts as dropped, in the index and in run.json alike.
  @Test func bytesBelowTheMinimumAgree() throws {
    let command = try Command(["a.pcap": RunFolderTests.capture])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", "--min-bytes", "1000"]).status == 0)
    let index = try #require(command.contents("out/connections.ndjson"))
    let listed = index.matches(of: /"below_minimum":(\d+)/).compactMap { Int($0.1) }.reduce(0, +)
    let json = Data(try #require(command.contents("out/run.json")).utf8)
    let report = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(listed > 1_000)
    #expect((report["dropped"] as? [String: Any])?["below_minimum"] as? Int == listed)
    #expect((report["output"] as? [String: Any])?["below_minimum_bytes"] as? Int == listed)
  }
}
