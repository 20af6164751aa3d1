import Packets
import Reassembly
import TestSupport
import Testing

/// What is reported of a connection depends on its own packets and the clock alone.
///
/// Any subset of the connections, chosen after the clock has seen all packets, is reported as in the run of all: every call, every packet
/// number, every figure but the ids.
///
/// A failure prints its seed; `REASM_SEED=<seed> swift test --filter SubsetTests` runs that one script alone.
@Suite struct SubsetTests {
  static let seeds: [UInt64] = {
    if let seed = environmentNumber("REASM_SEED") { return [UInt64(seed)] }
    return Array(1...UInt64(max(1, environmentNumber("REASM_SCRIPTS") ?? 400)))
  }()

  @Test(arguments: [Disturbance.none, .leaps, .clocks])
  func anySubset(_ disturbance: Disturbance) {
    for seed in Self.seeds {
      var random = SplitMix64(seed: seed)
      let packets = Self.packets(disturbance, &random)
      let options = Self.options(&random)
      let chosen = Set((0..<Self.connectionCount).filter { _ in random.oneIn(2) }.map { Self.firstPort + UInt16($0) })
      let all = EngineRun(options: options, seed: seed)
      let some = EngineRun(options: options, seed: ~seed)
      for packet in packets {
        all.feed(packet)
        if chosen.contains(Self.port(packet)) { some.feed(packet) } else { some.pass(packet) }
      }
      #expect(all.finish() == [], "REASM_SEED=\(seed)")
      #expect(some.finish() == [], "REASM_SEED=\(seed)")
      let differences = Self.differences(all, some, chosen)
      #expect(differences == [], "REASM_SEED=\(seed), \(disturbance)")
      if !differences.isEmpty { return }
    }
  }

  /// The case that showed it: a straggler, and an unrelated connection whose end is due between the end of the first and the sweep.
  @Test(arguments: [false, true])
  func aStragglerIsOneWhateverOthersDo(isAlone: Bool) {
    var first = Conversation()
    first.handshake()
    first.send(.client, "bytes")
    first.rst(.client)
    var half = Conversation(client: Endpoint("10.0.0.9", 41_000), start: first.time)
    half.syn()
    half.fin(.client, "half")
    var later = Conversation(client: Endpoint("10.0.0.7", 42_000), start: first.time + 100_000_000_000)
    later.syn()
    first.time = later.time
    let before = first.packets
    first.segment(from: .client, offset: 5, "late")
    let run = EngineRun()
    run.feed(before)
    if !isAlone { run.feed(half.packets) }
    run.feed(later.packets)
    run.feed(first.packets[before.count...])
    #expect(run.finish() == [])
    #expect(run.recorder.streams.map { $0.rendered(.originator) } == ["bytes"] + (isAlone ? [] : ["half"]) + ["", "late"])
    #expect(run.figure("straggler packets") == 0)
  }

  // MARK: Scripts

  enum Disturbance {
    /// Time goes on in steps from microseconds to minutes.
    case none
    /// It leaps by hours too, and goes back.
    case leaps
    /// Packets have the times of four clocks.
    case clocks
  }

  private static let connectionCount = 6
  private static let firstPort: UInt16 = 40_000

  private static func port(_ packet: ScriptedPacket) -> UInt16 { max(packet.segment.source.port, packet.segment.destination.port) }

  /// Short timers, so that many of them run out; each may be off.
  static func options(_ random: inout SplitMix64) -> AssemblerOptions {
    var options = AssemblerOptions()
    func timer(_ seconds: [Int64]) -> PacketDuration? {
      random.oneIn(6) ? nil : seconds.randomElement(using: &random).map { .seconds($0) }
    }
    options.gapTimeout = timer([1, 5, 60, 300])
    options.idleTimeout = timer([10, 90, 600, 86_400])
    options.synTimeout = timer([2, 30, 120])
    options.closeDelay = timer([1, 5, 30])
    options.stragglerTime = timer([5, 60])
    return options
  }

  static func packets(_ disturbance: Disturbance, _ random: inout SplitMix64) -> [ScriptedPacket] {
    let distances: [Int64] = [0, 30, 3_540, 7 * 3_600].map { $0 * 1_000_000_000 }
    var time = Conversation.epoch
    var isns = (0..<connectionCount * 2).map { _ in UInt32.random(in: .min ... .max, using: &random) }
    return (0..<Int.random(in: 20...160, using: &random)).map { _ in
      time += [1_000, 1_000_000, 700_000_000, 3_000_000_000, 20_000_000_000, 61_000_000_000][Int.random(in: 0..<6, using: &random)]
      if disturbance == .leaps, random.oneIn(12) { time += Int64.random(in: -100...30_000, using: &random) * 1_000_000_000 }
      let connection = Int.random(in: 0..<connectionCount, using: &random)
      let party = Int.random(in: 0...1, using: &random)
      if random.oneIn(25) { isns[2 * connection + party] = UInt32.random(in: .min ... .max, using: &random) }
      let stated = disturbance == .clocks ? time + (distances.randomElement(using: &random) ?? 0) : time
      return ScriptedPacket(time: stated, segment: segment(connection, party, isns, &random))
    }
  }

  private static func segment(_ connection: Int, _ party: Int, _ isns: [UInt32], _ random: inout SplitMix64) -> TestSegment {
    let ends = [Endpoint("10.0.0.1", firstPort + UInt16(connection)), Endpoint("10.0.0.2", 80)]
    let flags: [TCPFlags] = [.ack, .ack, .ack, .ack, party == 0 ? .syn : [.syn, .ack], [.fin, .ack], [.fin, .ack], [.rst, .ack]]
    var segment = TestSegment(
      source: ends[party], destination: ends[1 - party], sequence: isns[2 * connection + party],
      acknowledgment: isns[2 * connection + 1 - party] &+ 1, flags: flags[Int.random(in: 0..<flags.count, using: &random)])
    guard !segment.flags.contains(.syn) else { return segment }
    let place = UInt32.random(in: 0...12, using: &random)
    segment.sequence &+= 1 &+ place
    segment.acknowledgment &+= UInt32.random(in: 0...16, using: &random)
    let count = segment.flags.contains(.rst) ? 0 : Int.random(in: 0...5, using: &random)
    segment.payload = (0..<count).map { UInt8(truncatingIfNeeded: Int(place) + $0 + (random.oneIn(20) ? 100 : 0)) }
    return segment
  }

  // MARK: Comparison

  private static func differences(_ all: EngineRun, _ some: EngineRun, _ chosen: Set<UInt16>) -> [String] {
    let expected = all.recorder.streams.filter { chosen.contains(max($0.opening.key.sourcePort, $0.opening.key.destinationPort)) }.map(
      account)
    let found = some.recorder.streams.map(account)
    return zip(expected, found).filter { $0 != $1 }.map { "\($0) and alone \($1)" }
      + (expected.count == found.count ? [] : ["\(expected.count) connections and alone \(found.count)"])
  }

  private static func account(of stream: RecordingStream) -> String {
    let report = stream.report.map { "\($0)".replacing("id: \($0.id),", with: "", maxReplacements: 1) } ?? "open"
    return (["from packet \(stream.opening.info.packetNumber)"] + EngineRun.transcript(of: stream) + [report]).joined(separator: "\n")
  }
}
