import EngineChecks
import Packets
import Reassembly
import TestSupport

/// Segments of one conversation, cut, repeated, overlapping and in any order, within limits that nothing reaches.
struct FaithfulScript {
  private struct Step {
    var party: Int
    var offset: Int
    var payload: [UInt8]
    var isFin: Bool
    var acknowledged: Int
  }

  /// Behind every byte that a script can send.
  private static let finOffset = 2_048

  private let policy: OverlapPolicy
  private let isn: UInt32
  private let keepsBytes: Bool
  private var steps: [Step] = []

  init(header: UInt8, _ source: inout ByteSource) {
    policy = AssemblerTarget.policies[Int(header >> 2) % AssemblerTarget.policies.count]
    isn = AssemblerTarget.initialSequences[Int(header >> 5) & 3]
    keepsBytes = header & 0x80 != 0
    while !source.isEmpty, steps.count < 128 {
      let (kind, low, high, acknowledged) = (source.next(), source.next(), source.next(), source.next())
      let party = Int(kind & 1)
      let isFin = kind & 6 == 6
      let offset = isFin ? Self.finOffset : Int(high & 3) << 8 | Int(low)
      let length = isFin || kind & 6 == 4 ? 0 : Int(kind >> 3) * (high & 0x1c == 0 ? 16 : 1)
      let differing = kind & 6 == 2 ? steps.count : nil
      let payload = (0..<length).map { AssemblerTarget.byte(party, offset + $0, differing: differing) }
      steps.append(Step(party: party, offset: offset, payload: payload, isFin: isFin, acknowledged: Int(acknowledged) * 9))
    }
  }

  /// The streams and gaps of the reference model, exactly.
  func problemsByModel() -> [String] {
    let engine = FedEngine(AssemblerOptions())
    if keepsBytes { engine.factory.keeps = { count in count / 2 } }
    var models = [ReferenceModel(), ReferenceModel()]
    open(engine)
    for (number, step) in steps.enumerated() {
      models[step.party].take(offset: step.offset, bytes: step.payload, arrival: number)
      if step.isFin { models[step.party].finish(at: step.offset) }
      feed(step, base: 0, engine)
    }
    var found = engine.finish()
    for (party, model) in models.enumerated() {
      let half = engine.factory.streams[0].halves[party]
      if half.bytes != model.stream { found.append("party \(party): bytes differ from the model's") }
      let gaps = model.gaps.map { Int64($0.offset)..<Int64($0.offset + $0.length) }
      if half.gaps != gaps { found.append("party \(party): gaps \(half.gaps), expected \(gaps)") }
    }
    return found + (engine.factory.streams.count == 1 ? [] : ["\(engine.factory.streams.count) connections"])
  }

  /// The per-byte rule of the policy, and the conflicts.
  ///
  /// Nothing is handed on before the end, because the first byte never comes.
  func problemsByOracle() -> [String] {
    var options = AssemblerOptions()
    options.overlapPolicy = policy
    let engine = FedEngine(options)
    let rule = OverlapOracle.Policy(rawValue: policy.rawValue) ?? .first
    var oracles = [OverlapOracle(policy: rule), OverlapOracle(policy: rule)]
    open(engine)
    for step in steps {
      oracles[step.party].take(offset: step.offset + 1, bytes: step.payload)
      feed(step, base: 1, engine)
    }
    var found = engine.finish()
    for (party, oracle) in oracles.enumerated() {
      let half = engine.factory.streams[0].halves[party]
      if half.bytes != oracle.bytes.sorted(by: { $0.key < $1.key }).map(\.value) {
        found.append("party \(party): bytes differ from the rule's")
      }
      if half.conflicts != oracle.conflicts { found.append("party \(party): conflicts at \(half.conflicts), expected \(oracle.conflicts)") }
    }
    return found
  }

  private func open(_ engine: FedEngine) {
    engine.feed(segment(0, sequence: isn &- 1, acknowledgment: 0, flags: .syn))
    engine.feed(segment(1, sequence: isn &- 1, acknowledgment: isn, flags: [.syn, .ack]))
  }

  private func feed(_ step: Step, base: Int, _ engine: FedEngine) {
    var made = segment(
      step.party, sequence: isn &+ UInt32(step.offset + base), acknowledgment: isn &+ UInt32(step.acknowledged),
      flags: step.isFin ? [.fin, .ack] : .ack)
    made.payload = step.payload
    #if PLANTED_BUG
      // The copy at the wrap lacks a byte.
      if made.sequence > 0xffff_ff00, made.sequence &+ UInt32(made.payload.count) < 0x100, step.isFin == false {
        made.payload = made.payload.dropLast()
      }
    #endif
    engine.time += 1_000
    engine.feed(made)
  }

  private func segment(_ party: Int, sequence: UInt32, acknowledgment: UInt32, flags: TCPFlags) -> TestSegment {
    let ends = [Endpoint(IPAddress(v4: 0x0a00_0001), 40_000), Endpoint(IPAddress(v4: 0x0a00_0002), 80)]
    return TestSegment(
      source: ends[party], destination: ends[1 - party], sequence: sequence, acknowledgment: acknowledgment, flags: flags)
  }
}
