import Foundation
import Testing

/// What is said of captures that hold more than was read of them, and the advice that comes with it.
@Suite struct CaptureNotesTests {
  private static func tagged(_ frame: [UInt8], _ tags: Int = 1) -> [UInt8] {
    frame.prefix(12) + (0..<tags).flatMap { _ in [0x81, 0, 0, 42] as [UInt8] } + frame.dropFirst(12)
  }

  private static let plain = CaptureBytes.segment(sequence: 1001, flags: 0x18, "plain")
  private static let other = CaptureBytes.segment(ports: (50000, 81), sequence: 1001, flags: 0x18, "other")

  private func notes(_ frames: [[UInt8]], _ filter: [String]) throws -> (notes: [String], used: Int) {
    var capture = CaptureBytes()
    for frame in frames { capture.packet(frame) }
    let command = try Command(["a.pcap": capture.bytes])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out"] + filter)
    #expect(outcome.status == 0)
    let text = try String(contentsOfFile: command.folder + "/out/run.json", encoding: .utf8)
    let report = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    return (outcome.errorLines.filter { $0.hasPrefix("note: ") }, try #require(report["filtered_packets"] as? Int))
  }

  /// Half of the packets are tagged: the filter that the note names takes them all.
  @Test func aFilterThatVLANTagsLeaveOut() throws {
    let frames = [Self.plain, Self.tagged(Self.plain), Self.tagged(Self.plain), Self.other, Self.tagged(Self.other)]
    let (notes, used) = try notes(frames, ["tcp", "port", "80"])
    #expect(used == 1)
    let note = try #require(notes.first { $0.contains("left out") })
    #expect(note.contains("left out 2 packets"))
    let named = try #require(note.firstMatch(of: /say: '(.*)'$/)).output.1
    let again = try self.notes(frames, [String(named)])
    #expect(again.used == 3)
    #expect(again.notes.allSatisfy { !$0.contains("left out") })
  }

  /// Nothing is said of tags where they change nothing.
  @Test func aFilterThatVLANTagsDoNotMatterTo() throws {
    #expect(
      try notes([Self.plain, Self.tagged(Self.plain)], ["port", "99"]).notes.contains("note: no packet passed the filter 'port 99'"))
    for filter in ["port 99", "not vlan", "tcp port 80 or vlan"] {
      #expect(try notes([Self.plain, Self.tagged(Self.plain)], [filter]).notes.allSatisfy { !$0.contains("vlan and") }, "\(filter)")
    }
    #expect(try notes([Self.tagged(Self.plain)], ["vlan", "and", "port", "80"]).used == 1)
  }

  /// A cut tail is a gap only where it belongs to a stream.
  @Test(arguments: [true, false])
  func whatTheSnapLengthCutOff(_ isStream: Bool) throws {
    var capture = CaptureBytes(snapshotLength: 56)
    if isStream {
      capture.packet(originalLength: 59, Self.plain.dropLast(3))
    } else {
      // Padding of a frame that is too short, and another protocol.
      capture.packet(originalLength: 60, CaptureBytes.segment(sequence: 1, flags: 0x10))
      capture.packet(originalLength: 60, CaptureBytes.arp)
    }
    let outcome = try Command(["a.pcap": capture.bytes]).run(["-r", "a.pcap", "-o", "out"])
    let note = try #require(outcome.errorLines.first { $0.contains("cut off by the snapshot length (56)") })
    #expect(note.hasSuffix(isStream ? ": the tails are gaps; capture with -s 0" : ": no byte of a stream is missing because of that"))
  }

  /// The cut falls into the options of the TCP header: the fixed header says where the bytes lie that are missing.
  @Test(arguments: 54..<66)
  func cutInsideTheOptions(_ length: Int) throws {
    var capture = CaptureBytes(snapshotLength: UInt32(length))
    capture.packet(CaptureBytes.segment(sequence: 999, flags: 0x02))
    var frame = CaptureBytes.segment(sequence: 1_000, flags: 0x18, String(repeating: "o", count: 12) + "payload")
    // The first 12 bytes behind the fixed header are options.
    frame[46] = 0x80
    capture.packet(originalLength: frame.count, Array(frame.prefix(length)))
    let command = try Command(["a.pcap": capture.bytes])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out"])
    #expect(outcome.errors.contains("1 packet cut off by the snapshot length (\(length)): the tails are gaps; capture with -s 0"))
    let index = try #require(command.contents("out/connections.ndjson"))
    #expect(index.contains(#""gaps":[{"offset":0,"length":7,"kind":"cut""#), "\(index)")
  }

  /// The cut falls into the fixed header: nobody knows what is missing.
  @Test(arguments: [20, 40, 53])
  func cutInsideTheHeader(_ length: Int) throws {
    var capture = CaptureBytes(snapshotLength: UInt32(length))
    capture.packet(originalLength: 61, Array(CaptureBytes.segment(sequence: 1_000, flags: 0x18, "payload").prefix(length)))
    let outcome = try Command(["a.pcap": capture.bytes]).run(["-r", "a.pcap", "-o", "out"])
    #expect(
      outcome.errors.contains(
        "1 packet cut off by the snapshot length (\(length)): some lack their headers and were not read; capture with -s 0"))
  }

  private static func block(_ type: UInt32, _ words: [UInt32], _ data: [UInt8] = []) -> [UInt8] {
    let body = words + [] as [UInt32]
    let length = UInt32(12 + 4 * body.count + (data.count + 3) & ~3)
    func bytes(_ word: UInt32) -> [UInt8] { [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) } }
    return ([type, length] + body).flatMap(bytes) + data + [UInt8](repeating: 0, count: -data.count & 3) + bytes(length)
  }

  private static let section = block(0x0a0d_0d0a, [0x1a2b_3c4d, 1, .max, .max])
  private static let interface = block(1, [1, 0])

  private static func packet(_ frame: [UInt8], interface: UInt32 = 0) -> [UInt8] {
    block(6, [interface, 0x0006_0a24, 0, UInt32(frame.count), UInt32(frame.count)], frame)
  }

  @Test func aCaptureWithoutInterfacesIsEmpty() throws {
    let outcome = try Command(["a.pcapng": Self.section]).run(["-r", "a.pcapng", "-o", "out", "-v"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("no interface, snapshot length 0"))
    #expect(outcome.errors.contains(/packets +0\n/))
  }

  @Test func whatIsDamagedOrUndescribedIsSaid() throws {
    var damaged = Self.packet(Self.other)
    damaged[damaged.count - 4] ^= 0xff
    let bytes =
      Self.section + Self.interface + Self.packet(CaptureBytes.segment(sequence: 1000, flags: 2)) + damaged + Self.packet(Self.plain)
      + Self.packet(Self.other, interface: 5)
    let command = try Command(["a.pcapng": bytes])
    let outcome = try command.run(["-r", "a.pcapng", "-o", "out", "-q"])
    #expect(outcome.status == 2)
    #expect(
      outcome.errorLines == [
        "reasm: a.pcapng: damaged: the two lengths of a block differ; \(damaged.count) bytes passed over, what follows was used",
        "reasm: a.pcapng: 1 packet passed over, of interfaces that the capture does not describe",
      ])
    let report = try String(contentsOfFile: command.folder + "/out/run.json", encoding: .utf8)
    #expect(report.contains("\"damaged_bytes\": \(damaged.count),"))
    #expect(report.contains("\"undescribed_packets\": 1,"))
    #expect(command.contents("out/010.000.000.001.40000-010.000.000.002.00080") == "plain")
  }

  /// A packet without a time, such as one of a simple packet block, has that of the packet before it.
  @Test func packetsWithoutATimeAreSaid() throws {
    let payload = CaptureBytes.segment(sequence: 1000, flags: 2)
    var simple = [UInt8]()
    func put(_ value: Int) { simple += (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    let padded = payload + [UInt8](repeating: 0, count: -payload.count & 3)
    put(3)
    put(16 + padded.count)
    put(payload.count)
    simple += padded
    put(16 + padded.count)
    let command = try Command(["a.pcapng": Self.section + Self.interface + simple + Self.packet(Self.plain)])
    let outcome = try command.run(["-r", "a.pcapng", "-o", "out"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("note: 1 packet without a time that can be stated; each has that of the packet before it"))
    #expect(command.contents("out/run.json")?.contains("\"untimed_packets\": 1") == true)
  }

  private static let editcap = ["/usr/bin/editcap", "/usr/local/bin/editcap"].first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Containers that are not read: the advice is a command that makes something of them that is.
  @Test(
    .enabled(if: editcap != nil, "needs editcap"),
    arguments: [
      "5views", "lanalyzer", "netmon1", "netmon2", "ngsniffer", "ngwsniffer_1_1", "ngwsniffer_2_0", "nokiapcap", "rh6_1pcap", "snoop",
      "suse6_3pcap", "visual", "k12text", "nettl",
    ])
  func theAdviceWorks(_ format: String) throws {
    let editcap = try #require(Self.editcap)
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Fixtures/http-ipv4/input.pcap")
    let command = try Command(["a.pcap": Array(try Data(contentsOf: fixture))])
    #expect(try command.run(["-r", "a.pcap", "-o", "direct", "-q"]).status == 0)
    #expect(try command.run(["-F", format, "a.pcap", "FILE"], of: editcap).status == 0)
    let refusal = try command.run(["-r", "FILE", "-o", "out"])
    #expect(refusal.status == 1 && refusal.errorLines.count == 1, "\(refusal.errors)")
    let advice = try #require(refusal.errors.firstMatch(of: /convert it: editcap ([^(\n]*)/), "\(refusal.errors)").output.1
    let outcome = try command.run(advice.split(separator: " ").map(String.init), of: editcap)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try command.run(["-r", "out.pcap", "-o", "out", "-q"]).status == 0)
    let names = try #require(command.names(in: "direct")).filter { $0.contains(".") && !$0.hasSuffix("json") }
    #expect(!names.isEmpty)
    for name in names {
      let (direct, converted) = (
        FileManager.default.contents(atPath: "\(command.folder)/direct/\(name)"),
        FileManager.default.contents(atPath: "\(command.folder)/out/\(name)")
      )
      #expect(direct != nil && direct == converted, "\(name)")
    }
  }
}
