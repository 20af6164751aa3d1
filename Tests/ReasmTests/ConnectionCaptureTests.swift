import Foundation
import Packets
import TestSupport
import Testing

/// Captures of connections: which packets they hold, and in which form.
@Suite struct ConnectionCaptureTests {
  /// Runs `--pcap` on files, and returns the captures by connection.
  private func run(_ files: [String: [UInt8]], _ options: [String] = []) throws -> [ParsedCapture] {
    let command = try Command(files)
    let outcome = try command.run(files.keys.sorted().flatMap { ["-r", $0] } + ["-o", "out", "--pcap", "-q"] + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try (command.names(in: "out/pcap") ?? []).map { name in
      try ParsedCapture([UInt8](Data(contentsOf: URL(fileURLWithPath: command.folder + "/out/pcap/" + name))))
    }
  }

  /// Numbers of the packets of a capture, of one input.
  private func numbers(_ capture: ParsedCapture, input: Int = 0) throws -> [Int] {
    try capture.packets.compactMap { packet in
      let words = try #require(packet.comment).split(separator: " ")
      return words.last == "\(input)" ? Int(words[1]) : nil
    }
  }

  private typealias Frame = (time: UInt64, bytes: [UInt8])

  private static func frames(_ conversation: Conversation) -> [Frame] {
    conversation.packets.map { (UInt64($0.time), LinkLayer.ethernet().frame(PacketBuilder.ip($0.segment))) }
  }

  private static func classic(_ frames: [Frame]) -> [UInt8] {
    var writer = PcapWriter(linkType: .ethernet)
    for frame in frames { writer.add(frame.bytes, time: Int64(frame.time)) }
    return writer.bytes
  }

  private static func talk(_ port: UInt16 = 40_000, _ text: String = "hello") -> Conversation {
    var talk = Conversation(client: Endpoint("10.0.0.1", port))
    talk.handshake()
    talk.send(.client, text)
    talk.ack(.server)
    talk.close()
    return talk
  }

  @Test func packetsOfOtherConnectionsAreNotThere() throws {
    let (first, second) = (Self.frames(Self.talk(1)), Self.frames(Self.talk(2)))
    var frames: [Frame] = []
    for (left, right) in zip(first, second) { frames += [left, (left.time, CaptureBytes.arp), right] }
    let captures = try run(["a.pcap": Self.classic(frames)])
    #expect(try captures.map { try numbers($0) } == [0, 2].map { shift in first.indices.map { $0 * 3 + 1 + shift } })
  }

  @Test func stragglersAreNoPart() throws {
    var talk = Self.talk()
    talk.again(1)
    let captures = try run(["a.pcap": Self.classic(Self.frames(talk))], ["--close-delay", "0"])
    #expect(try captures.map { try numbers($0).last } == [talk.packets.count - 1])
  }

  // MARK: interfaces

  @Test func interfacesKeepTheirDescriptions() throws {
    let name = Array("eth7".utf8)
    var file = PcapngBytes()
    file.interface(1, snapshotLength: 1_500, PcapngBytes.option(2, name) + PcapngBytes.option(9, [9]))
    file.interface(101, snapshotLength: 0, PcapngBytes.option(9, [0x80 + 20]))
    let talk = Self.talk()
    for (index, packet) in talk.packets.enumerated() {
      let datagram = PacketBuilder.ip(packet.segment)
      if index % 2 == 0 {
        file.packet(0, ticks: UInt64(packet.time) + 7, LinkLayer.ethernet().frame(datagram))
      } else {
        file.packet(1, ticks: ((UInt64(packet.time) / 1_000_000_000) << 20) + UInt64(index) * 4_711, datagram)
      }
    }
    // A section numbers its interfaces anew.
    file.section()
    file.interface(101, snapshotLength: 64, PcapngBytes.option(14, [1, 0, 0, 0, 0, 0, 0, 0]))
    let last = Self.talk(40_001).packets[0]
    file.packet(0, ticks: UInt64(last.time) / 1_000 - 1_000_000, PacketBuilder.ip(last.segment))
    let captures = try run(["a.pcapng": file.bytes])
    try #require(captures.count == 2)
    #expect(
      captures[0].interfaces == [
        ParsedCapture.Interface(linkType: 1, snapshotLength: 1_500, name: "eth7", timeResolution: 9),
        ParsedCapture.Interface(linkType: 101, snapshotLength: 0, timeResolution: 0x80 + 20),
      ])
    #expect(captures[1].interfaces == [ParsedCapture.Interface(linkType: 101, snapshotLength: 64, timeOffset: 1)])
    let original = try ParsedCapture(file.bytes)
    for (copy, source) in zip(captures[0].packets + captures[1].packets, original.packets) {
      #expect(copy.bytes == source.bytes && copy.nanoseconds == source.nanoseconds)
    }
  }

  /// A frame check sequence stays where it was, and is stated as it was.
  @Test func checkSequencesAreKept() throws {
    var file = PcapngBytes()
    file.interface(1, snapshotLength: 0, PcapngBytes.option(13, [4]))
    file.interface(1)
    let talk = Self.talk()
    for (index, frame) in Self.frames(talk).enumerated() {
      let flags = index % 2 == 0 ? [] : PcapngBytes.option(2, [4 << 5, 0, 0, 0])
      file.packet(UInt32(index % 2), ticks: frame.time / 1_000, frame.bytes + [0xde, 0xad, 0xbe, 0xef], flags)
    }
    let capture = try #require(try run(["a.pcapng": file.bytes]).first)
    let original = try ParsedCapture(file.bytes)
    #expect(capture.packets.map(\.bytes) == original.packets.map(\.bytes))
    #expect(capture.packets.map(\.originalLength) == original.packets.map(\.originalLength))
    #expect(capture.interfaces.map(\.checkSequence) == [4, nil])
    #expect(capture.packets.map(\.flags) == original.packets.map(\.flags))
  }

  @Test func severalInputs() throws {
    let frames = Self.frames(Self.talk())
    let even = frames.indices.filter { $0 % 2 == 0 }.map { frames[$0] }
    let odd = frames.indices.filter { $0 % 2 == 1 }.map { frames[$0] }
    let captures = try run(["a.pcap": Self.classic(even), "b.pcap": Self.classic(odd)])
    let capture = try #require(captures.first)
    #expect(captures.count == 1 && capture.packets.map(\.bytes) == frames.map(\.bytes))
    #expect(try numbers(capture) == Array(1...even.count))
    #expect(try numbers(capture, input: 1) == Array(1...odd.count))
  }

  // MARK: fragments

  private static func fragmented(_ talk: Conversation, _ wrap: (IPv4Header, [UInt8]) -> [[UInt8]]) -> [Frame] {
    talk.packets.enumerated().flatMap { number, packet -> [Frame] in
      var header = IPv4Header(
        source: packet.segment.source.address, destination: packet.segment.destination.address, protocol: PacketBuilder.tcpProtocol)
      header.identification = UInt16(number + 1) + talk.endpoints[0].port % 8 * 100
      return wrap(header, PacketBuilder.tcp(packet.segment)).enumerated().map {
        (UInt64(packet.time) + UInt64($0.offset) * 1_000, LinkLayer.ethernet().frame($0.element))
      }
    }
  }

  private static let ends = (Endpoint.address("192.0.2.1"), Endpoint.address("192.0.2.2"))

  private static func outer(_ inner: [UInt8], _ identification: UInt16) -> [[UInt8]] {
    var header = IPv4Header(source: ends.0, destination: ends.1, protocol: 4)
    header.identification = identification
    return header.fragments(inner, size: 16)
  }

  /// Fragments in a tunnel; a tunnel in fragments; fragments of fragments.
  @Test(arguments: 0..<3) func fragmentsOfTwoConnections(kind: Int) throws {
    var identification: UInt16 = 0
    func frames(_ talk: Conversation) -> [Frame] {
      Self.fragmented(talk) { header, tcp in
        switch kind {
        case 0:
          return header.fragments(tcp, size: 16).reversed().map { Tunnel.gre().wrap($0, from: Self.ends.0, to: Self.ends.1) }
        case 1:
          identification += 1
          return Self.outer(header.packet(tcp), identification).reversed()
        default:
          return header.fragments(tcp, size: 24).reversed().flatMap { inner in
            identification += 1
            return Self.outer(inner, identification).reversed()
          }
        }
      }
    }
    let (first, second) = (frames(Self.talk(1)), frames(Self.talk(2)))
    try #require(first.count == second.count)
    // Fragments of a datagram that is no TCP and of one that is never complete belong to nobody.
    var other = IPv4Header(source: Self.ends.0, destination: Self.ends.1, protocol: 17)
    other.identification = 0xffff
    let datagrams = other.fragments([UInt8](repeating: 0, count: 40), size: 16).map { LinkLayer.ethernet().frame($0) }
    var all: [Frame] = datagrams.map { (first[0].time, $0) }
    for (left, right) in zip(first, second) { all += [left, right] }
    let captures = try run(["a.pcap": Self.classic(all)])
    try #require(captures.count == 2)
    #expect(captures[0].packets.map(\.bytes) == first.map(\.bytes))
    #expect(captures[1].packets.map(\.bytes) == second.map(\.bytes))
  }

  @Test func aLateCopyOfAFragmentIsThere() throws {
    var frames = Self.fragmented(Self.talk()) { header, tcp in header.fragments(tcp, size: 16) }
    frames.insert(frames[0], at: 8)
    let capture = try #require(try run(["a.pcap": Self.classic(frames)]).first)
    #expect(capture.packets.map(\.bytes) == frames.map(\.bytes))
  }

  // MARK: a SYN that may begin the next connection

  /// A packet may hold segments of several connections, or several of one.
  @Test(arguments: [false, true]) func framesOfAnAggregate(inPcapng: Bool) throws {
    let (first, second) = (Self.talk(1, "first"), Self.talk(2, "second"))
    func ip(_ talk: Conversation, _ index: Int) -> [UInt8] { PacketBuilder.ip(talk.packets[index].segment) }
    // Both SYNs; an answer each in frames of their own; what is left of both, two of a connection together, and a segment of neither.
    let last = first.packets.count - 1
    let frames = [
      WirelessFrame.aggregate([ip(first, 0), ip(second, 0)]), WirelessFrame.aggregate([ip(first, 1)]),
      WirelessFrame.aggregate([ip(second, 1)]),
      WirelessFrame.aggregate((2...3).map { ip(first, $0) } + (2...last).map { ip(second, $0) }),
      WirelessFrame.aggregate([[1, 2, 3]]), WirelessFrame.aggregate((4...last).map { ip(first, $0) }),
    ]
    var classic = PcapWriter(linkType: LinkType(rawValue: 105))
    var blocks = PcapngBytes()
    blocks.interface(105)
    for (index, frame) in frames.enumerated() {
      classic.add(frame, time: Conversation.epoch + Int64(index))
      blocks.packet(ticks: UInt64(Conversation.epoch / 1_000) + UInt64(index), frame)
    }
    let input = inPcapng ? blocks.bytes : classic.bytes
    let captures = try run(["a.pcap": input])
    #expect(try captures.map { try numbers($0) } == [[1, 2, 4, 6], [1, 3, 4]])
    for capture in captures {
      #expect(capture.interfaces.map(\.linkType) == [105])
      for (packet, number) in zip(capture.packets, try numbers(capture)) { #expect(packet.bytes == frames[number - 1]) }
    }
    // Each capture has the whole stream of its connection.
    let command = try Command(["a.pcap": input])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "--pcap", "-q"]).status == 0)
    for (id, port, text) in [(1, 1, "first"), (2, 2, "second")] {
      #expect(try command.run(["-r", "out/pcap/000000000\(id).pcapng", "-o", "again\(id)", "-q"]).status == 0)
      let name = "010.000.000.001.0000\(port)-010.000.000.002.00080"
      #expect(command.contents("again\(id)/\(name)") == text && command.contents("out/\(name)") == text)
    }
  }

  /// A forged SYN in the middle stays at its place in the connection that it came on.
  @Test func aForgedSYNBelongsToTheConnection() throws {
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "one")
    talk.forge(from: .client, sequence: 77_777, flags: .syn)
    talk.send(.client, "two")
    talk.close()
    let captures = try run(["a.pcap": Self.classic(Self.frames(talk))])
    #expect(try captures.map { try numbers($0) } == [Array(1...talk.packets.count)])
  }

  /// A SYN that the peer answers is the first packet of the next connection, whether the first one is written or not.
  @Test(arguments: [[], ["--connection", "1"], ["--connection", "2"]]) func aConfirmedSYNBelongsToTheNext(_ options: [String]) throws {
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "one")
    let first = talk.packets.count
    talk.renew(clientISN: 900_000, serverISN: 800_000)
    talk.syn()
    talk.again()
    talk.forge(from: .server, sequence: 5_001, acknowledgment: 1_004, flags: .ack)
    talk.synAck()
    talk.ack()
    talk.send(.client, "two")
    talk.close()
    let captures = try run(["a.pcap": Self.classic(Self.frames(talk))], options)
    let old = Array(1...first) + [first + 3]
    let new = [first + 1, first + 2] + Array((first + 4)...talk.packets.count)
    let expected = options.last == "1" ? [old] : options.last == "2" ? [new] : [old, new]
    #expect(try captures.map { try numbers($0) } == expected)
  }
}
