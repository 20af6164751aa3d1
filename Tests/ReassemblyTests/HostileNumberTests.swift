import Packets
import TestSupport
import Testing

@testable import Reassembly

/// Noise: a few connections whose numbers, flags and lengths say anything at all, with numbers at the edges of the arithmetic.
///
/// Each script runs under every seed of `EngineRun.seeds`: the invariants hold after every packet, the laws hold in the end, and all that
/// was handed over is equal. `REASM_SEED=<seed> swift test --filter HostileNumberTests` runs one script, `REASM_SCRIPTS` sets how many are
/// run, and `REASM_ENGINE_SEED` is one seed of the engine.
@Suite struct HostileNumberTests {
  private static let edges: [UInt32] = {
    let powers: [UInt32] = [0, 1 << 16, 1 << 20, 1 << 30, 1 << 31]
    let around = powers.flatMap { power in [power &- 1, power, power &+ 1] }
    return around + around.map { 0 &- $0 }
  }()

  private static let flags: [TCPFlags] = [
    .ack, .ack, .ack, .ack, .ack, .ack, [.ack, .psh], .syn, [.syn, .ack], [.fin, .ack], .fin, .rst, [.rst, .ack], [.syn, .fin],
    [.syn, .rst],
    [], [.ack, .urg],
  ]

  /// What one script is made of besides its packets.
  struct Habits {
    var options = AssemblerOptions()
    var rejects = 0
    var starts = 0
    var keeps = false

    init(_ random: inout SplitMix64) {
      options.overlapPolicy = OverlapPolicy.allCases[Int.random(in: 0..<OverlapPolicy.allCases.count, using: &random)]
      if random.oneIn(4) { options.connectionMemory = Int.random(in: 1...4, using: &random) * 4096 }
      if random.oneIn(6) { options.memoryLimit = Int.random(in: 1...40, using: &random) * 4096 }
      if random.oneIn(6) { options.maxConnections = 2 }
      if random.oneIn(3) { options.gapTimeout = .seconds(2) }
      if random.oneIn(3) { rejects = Int.random(in: 2...9, using: &random) }
      if random.oneIn(3) { starts = Int.random(in: 2...30, using: &random) }
      // What is kept beyond a small limit is let go, and no stream is told of that.
      keeps = random.oneIn(4) && (options.connectionMemory ?? .max) > 8 * 4096 && (options.memoryLimit ?? .max) > 64 * 4096
    }
  }

  static func packets(_ random: inout SplitMix64) -> [ScriptedPacket] {
    let connections = Int.random(in: 1...3, using: &random)
    let largest = random.oneIn(50) ? 20_000 : Int.random(in: 1...40, using: &random)
    var bases = (0..<connections * 2).map { _ in UInt32.random(in: .min ... .max, using: &random) }
    var lasts = bases
    var time = Conversation.epoch
    return (0..<Int.random(in: 5...120, using: &random)).map { _ in
      let number = Int.random(in: 0..<connections, using: &random)
      let party = random.oneIn(4) ? 1 : 0
      let half = number * 2 + party
      let ends = [Endpoint("10.0.0.1", 40_000 + UInt16(number)), Endpoint("10.0.0.2", 80)]
      let near = UInt32.random(in: 0...60, using: &random)
      let edge = Self.edges[Int.random(in: 0..<Self.edges.count, using: &random)]
      let sequence =
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1: bases[half] &+ edge
        case 2: bases[half] &+ edge &+ near
        case 3: lasts[half]
        case 4: lasts[half] &+ edge
        case 5: UInt32.random(in: .min ... .max, using: &random)
        default: bases[half] &+ near
        }
      if random.oneIn(40) { bases[half] = sequence }
      let flags = Self.flags[Int.random(in: 0..<Self.flags.count, using: &random)]
      let length = random.oneIn(4) ? 0 : Int.random(in: 0...largest, using: &random)
      var segment = TestSegment(
        source: ends[party], destination: ends[1 - party], sequence: sequence, flags: flags, payload: random.bytes(length))
      if flags.contains(.ack) { segment.acknowledgment = random.oneIn(2) ? lasts[half ^ 1] : bases[half ^ 1] &+ edge }
      if random.oneIn(5) { segment.window = 0 }
      if length > 0, random.oneIn(6) { segment.cut = Int.random(in: 1...length, using: &random) }
      lasts[half] = sequence &+ UInt32(length) &+ (flags.contains(.syn) ? 1 : 0)
      time +=
        [1_000, 1_000_000, 700_000_000, 3_000_000_000][random.oneIn(10) ? Int.random(in: 2...3, using: &random) : near % 2 == 0 ? 0 : 1]
      return ScriptedPacket(time: time, segment: segment)
    }
  }

  /// What is wrong with a script, under all seeds.
  static func problems(of seed: UInt64) -> [String] {
    var random = SplitMix64(seed: seed)
    let habits = Habits(&random)
    let packets = Self.packets(&random)
    var first: [String]?
    for engine in EngineRun.seeds {
      let run = EngineRun(options: habits.options, seed: engine)
      if habits.rejects > 0 || habits.starts > 0 {
        run.recorder.judge = { judged, start in
          start = habits.starts > 0 && judged.packet % UInt64(habits.starts) == 0
          return habits.rejects > 0 && judged.packet % UInt64(habits.rejects) == 0 ? .reject(.other) : .accept
        }
      }
      if habits.keeps { run.recorder.keep = { count in count % 3 == 0 ? count / 2 : nil } }
      for packet in packets {
        run.feed(packet)
        run.assembler.checkInvariants()
      }
      let problems = run.finish()
      if !problems.isEmpty { return problems.map { "engine seed \(engine): \($0)" } }
      let transcript = run.transcript
      if let first, first != transcript {
        let line = zip(first, transcript).first { $0 != $1 }.map { "\($0)\n\($1)" } ?? "\(first.count) lines and \(transcript.count)"
        return ["engine seed \(engine) differs: \(line)"]
      }
      first = transcript
    }
    return []
  }

  @Test func noise() {
    let seeds: [UInt64] =
      if let seed = environmentNumber("REASM_SEED") { [UInt64(seed)] } else {
        Array(1...UInt64(max(1, environmentNumber("REASM_SCRIPTS") ?? 400)))
      }
    for seed in seeds {
      let problems = Self.problems(of: seed)
      #expect(problems == [], "REASM_SEED=\(seed)")
      if !problems.isEmpty { return }
    }
  }
}
