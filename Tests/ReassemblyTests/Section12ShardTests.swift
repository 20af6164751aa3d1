import Packets
import Reassembly
import TestSupport
import Testing

/// Section 12 of the rules: assemblers with shards do together what one assembler does, in an order that can be told.
@Suite struct Section12ShardTests {
  private static func key(_ source: String, _ sourcePort: UInt16, _ destination: String, _ destinationPort: UInt16) -> FlowKey {
    FlowKey(
      source: Endpoint(source, sourcePort).address, destination: Endpoint(destination, destinationPort).address, sourcePort: sourcePort,
      destinationPort: destinationPort)
  }

  /// A key with its hash and its shards of 2, 3, 7, 16 and 100 000.
  struct Golden: Sendable {
    var key: FlowKey
    var hash: UInt64
    var shards: [Int]

    init(_ key: FlowKey, _ hash: UInt64, _ shards: [Int]) { (self.key, self.hash, self.shards) = (key, hash, shards) }
  }

  /// Computed by another program from the description alone; they never change.
  static let golden: [Golden] = [
    Golden(Self.key("10.0.0.1", 40000, "10.0.0.2", 80), 0xfed1_231b_9520_d525, [1, 2, 6, 15, 99537]),
    Golden(Self.key("10.0.0.1", 40001, "10.0.0.2", 80), 0x91ef_9002_b40e_6218, [1, 1, 3, 9, 57006]),
    Golden(Self.key("0.0.0.0", 0, "0.0.0.0", 0), 0, [0, 0, 0, 0, 0]),
    Golden(Self.key("255.255.255.255", 65535, "127.0.0.1", 1), 0x1f11_9681_aa69_693d, [0, 0, 0, 1, 12136]),
    Golden(Self.key("2001:db8::1", 40000, "2001:db8::2", 443), 0xe56f_76c7_46a7_f4e8, [1, 2, 6, 14, 89623]),
    Golden(Self.key("::a00:1", 40000, "::a00:2", 80), 0xb347_a7d7_3ffa_a35a, [1, 2, 4, 11, 70031]),
    Golden(Self.key("fe80::1", 1, "fe80::1", 1), 0xfd80_c247_68fa_b643, [1, 2, 6, 15, 99024]),
    Golden(Self.key("10.0.0.2", 40000, "10.0.0.1", 80), 0xeac4_df8e_13db_d655, [1, 2, 6, 14, 91706]),
  ]

  @Test(arguments: golden)
  func theHashNeverChanges(_ golden: Golden) {
    let (key, hash, shards) = (golden.key, golden.hash, golden.shards)
    #expect(Shard.hash(key) == hash)
    #expect(Shard.hash(key.reversed) == hash)
    var inScope = key
    inScope.scope = 77
    #expect(Shard.hash(inScope) == hash)
    for (count, index) in zip([2, 3, 7, 16, 100_000], shards) {
      for other in Set([0, index, count - 1]) {
        #expect(Shard(other, of: count)?.contains(key) == (other == index), "\(other) of \(count)")
      }
    }
  }

  @Test func aShardHasANumberBelowTheCount() {
    #expect(Shard(0, of: 1)?.contains(Self.key("10.0.0.1", 1, "10.0.0.2", 2)) == true)
    #expect(Shard(99_999, of: 100_000) != nil)
    for (index, count) in [(-1, 2), (2, 2), (0, 0), (0, -1), (0, 100_001)] { #expect(Shard(index, of: count) == nil) }
  }

  /// Shards of similar keys are of similar size.
  @Test func similarKeysAreSpread() {
    for count in [2, 3, 7, 16] {
      var sizes = Array(repeating: 0, count: count)
      for number in 0..<16_000 {
        let key = Self.key("10.0.\(number / 250 % 250).\(number % 250)", UInt16(1_024 + number), "192.168.0.1", 443)
        for index in 0..<count where Shard(index, of: count)?.contains(key) == true { sizes[index] += 1 }
      }
      #expect(sizes.reduce(0, +) == 16_000)
      #expect(sizes.allSatisfy { abs($0 * count - 16_000) < 1_600 }, "\(sizes)")
    }
  }

  // MARK: the union

  /// An event of a stream, with its place.
  private struct Event {
    var place: EventPlace
    var port: UInt16
    var words: String
  }

  /// Stream that notes what it is told.
  private final class Notes: TCPStream {
    let run: Run
    let opening: ConnectionOpening

    init(_ run: Run, _ opening: ConnectionOpening) {
      self.run = run
      self.opening = opening
      note("made at packet \(opening.info.packetNumber)")
    }

    private func note(_ words: String) {
      let port = max(opening.key.sourcePort, opening.key.destinationPort)
      run.events.append(Event(place: run.order.place, port: port, words: "\(port) \(words)"))
    }

    func reassembled(_ data: inout ReassembledData) { if data.count > 0 { note("\(data.count) bytes") } }
    func gap(_ gap: Gap, from side: Side) { note("\(gap)") }

    func reassemblyComplete(_ report: ConnectionReport) -> Bool {
      note("\(report)".replacing("id: \(report.id),", with: "", maxReplacements: 1))
      return false
    }
  }

  /// An assembler of a shard, or of all connections.
  private final class Run {
    let order = EventOrder()
    var events: [Event] = []
    var dispositions: [Disposition.Kind] = []
    var statistics = Statistics()

    init(_ packets: [(frame: [UInt8], info: CaptureInfo)], _ options: AssemblerOptions, _ shard: Shard?, _ linkType: LinkType) {
      var options = options
      options.shard = shard
      var assembler = Assembler(options: options) { Notes(self, $0) }
      assembler.order = order
      for packet in packets {
        order.beginPacket()
        if let disposition = try? assembler.assemble(packet: packet.frame, linkType: linkType, info: packet.info) {
          dispositions.append(disposition.kind)
        }
      }
      assembler.flushAll()
      statistics = assembler.statistics
    }
  }

  /// Merges the events of shards by their places; ids stand for creations, whose order is that of places too.
  private static func merged(_ runs: [Run]) -> [String] {
    var ids = runs.map { _ in [UInt64]() }
    var rests = runs.map { $0.events[...] }
    var made: UInt64 = 0
    var words: [String] = []
    func place(_ index: Int) -> EventPlace? {
      guard var place = rests[index].first?.place else { return nil }
      if place.step != .segment { place.rank = ids[index][Int(place.rank >> 1) - 1] << 1 | place.rank & 1 }
      return place
    }
    while let next = runs.indices.filter({ !rests[$0].isEmpty }).min(by: { a, b in
      guard let a = place(a), let b = place(b) else { return false }
      return a < b
    }), let event = rests[next].popFirst() {
      if event.words.contains(" made at ") {
        made += 1
        ids[next].append(made)
      }
      words.append(event.words)
    }
    return words
  }

  /// Whole seconds, so that many timers are due at the same time, and exact times; with and without a tag, which takes another path.
  @Test(arguments: [SubsetTests.Disturbance.none, .leaps, .clocks], [[], [7]])
  func allShardsTogetherAreOneRun(_ disturbance: SubsetTests.Disturbance, vlans: [UInt16]) {
    for seed in SubsetTests.seeds.prefix(200) {
      var random = SplitMix64(seed: seed)
      let script = SubsetTests.packets(disturbance, &random)
      var options = SubsetTests.options(&random)
      options.measuresTiming = random.oneIn(2)
      let unit: Int64 = random.oneIn(2) ? 1 : 1_000_000_000
      let frames = script.enumerated().map { number, packet in
        let frame = LinkLayer.ethernet(vlans: vlans).frame(PacketBuilder.ip(packet.segment))
        return (
          frame: frame,
          info: CaptureInfo(
            time: Timestamp(nanoseconds: packet.time / unit * unit), capturedLength: frame.count, originalLength: frame.count,
            packetNumber: UInt64(number + 1))
        )
      }
      let all = Run(frames, options, nil, .ethernet)
      #expect(!all.events.isEmpty)
      for count in [1, 2, 3, 7] {
        let runs = (0..<count).compactMap { Shard($0, of: count) }.map { Run(frames, options, $0, .ethernet) }
        let together = Self.merged(runs)
        #expect(together == all.events.map(\.words), "REASM_SEED=\(seed), \(count) shards")
        if together != all.events.map(\.words) { return }
        for run in runs {
          #expect(run.statistics.segments == all.statistics.segments && run.statistics.payloadBytes == all.statistics.payloadBytes)
          #expect(run.dispositions.count == all.dispositions.count)
        }
        #expect(runs.reduce(0) { $0 + $1.statistics.connections } == all.statistics.connections)
        #expect(runs.reduce(0) { $0 + $1.statistics.checksumsChecked } == all.statistics.checksumsChecked)
        #expect(runs.reduce(0) { $0 + $1.statistics.strayPackets } == all.statistics.strayPackets)
        #expect(
          zip(all.dispositions, all.dispositions.indices).allSatisfy { kind, place in
            runs.count { $0.dispositions[place] == kind } == 1 && runs.count { $0.dispositions[place] == .foreign } == count - 1
          })
      }
    }
  }

  /// The fragments of a datagram have no ports: whose they are is known once it is whole.
  @Test func fragmentsAreReassembledByEveryShard() {
    var conversation = Conversation()
    conversation.handshake()
    conversation.send(.client, [UInt8](repeating: 0x61, count: 900))
    conversation.close()
    var frames: [(frame: [UInt8], info: CaptureInfo)] = []
    for (number, packet) in conversation.packets.enumerated() {
      let segment = packet.segment
      var header = IPv4Header(
        source: segment.source.address, destination: segment.destination.address, protocol: PacketBuilder.tcpProtocol)
      header.identification = UInt16(number + 1)
      let pieces = header.fragments(PacketBuilder.tcp(segment), size: 400)
      for piece in pieces {
        frames.append(
          (
            piece,
            CaptureInfo(
              time: Timestamp(nanoseconds: packet.time), capturedLength: piece.count, originalLength: piece.count,
              packetNumber: UInt64(frames.count + 1))
          ))
      }
    }
    #expect(frames.count > conversation.packets.count)
    let all = Run(frames, AssemblerOptions(), nil, .raw)
    let runs = (0..<3).compactMap { Shard($0, of: 3) }.map { Run(frames, AssemblerOptions(), $0, .raw) }
    #expect(Self.merged(runs) == all.events.map(\.words))
    #expect(runs.allSatisfy { $0.statistics.fragments.datagrams == all.statistics.fragments.datagrams })
    #expect(all.statistics.fragments.datagrams == 1 && all.statistics.reassembledBytes == 900)
  }
}
