import Packets
import Reassembly
import TestSupport
import Testing

/// Random scripts by the thousand, held against the reference model.
///
/// A failure prints its seed; `REASM_SEED=<seed> swift test --filter RandomScriptTests` runs that one script alone, and
/// `REASM_SCRIPTS` sets how many are run. The engine's own seed is another one for each script, or `REASM_ENGINE_SEED`.
@Suite struct RandomScriptTests {
  static let seeds: [UInt64] = {
    if let seed = environmentNumber("REASM_SEED") { return [UInt64(seed)] }
    return Array(1...UInt64(max(1, environmentNumber("REASM_SCRIPTS") ?? 500)))
  }()

  private static func engineSeed(_ seed: UInt64) -> UInt64 { EngineRun.seeds[Int(seed % UInt64(EngineRun.seeds.count))] &+ seed }

  @Test(arguments: [false, true])
  func theModelAgrees(loses: Bool) {
    for seed in Self.seeds {
      let differences = Self.differences(RandomScript(seed: seed, loses: loses), EngineRun(seed: Self.engineSeed(seed)))
      #expect(differences == [], "REASM_SEED=\(seed) \(loses ? "with" : "without") loss")
      if !differences.isEmpty { return }
    }
  }

  @Test(arguments: [false, true])
  func whateverIsKept(loses: Bool) {
    for seed in Self.seeds {
      let run = EngineRun(seed: Self.engineSeed(seed))
      var random = SplitMix64(seed: ~seed)
      run.recorder.keep = { count in random.oneIn(2) ? Int.random(in: 0...count, using: &random) : nil }
      let differences = Self.differences(RandomScript(seed: seed, loses: loses), run)
      #expect(differences == [], "REASM_SEED=\(seed) \(loses ? "with" : "without") loss, kept at random")
      if !differences.isEmpty { return }
    }
  }

  /// What the run of a script says that the model does not.
  static func differences(_ script: RandomScript, _ run: EngineRun) -> [String] {
    run.feed(script.packets)
    var found = run.finish()
    if run.recorder.streams.count != Set(script.packets.map { Set([$0.segment.source, $0.segment.destination]) }).count {
      found.append("\(run.recorder.streams.count) connections")
    }
    for connection in script.connections {
      let stream = run.recorder.streams.first { stream in
        let source = Endpoint(stream.opening.key.source, stream.opening.key.sourcePort)
        let destination = Endpoint(stream.opening.key.destination, stream.opening.key.destinationPort)
        return Set([source, destination]) == Set(connection.endpoints)
      }
      guard let stream else {
        if connection.directions.contains(where: { !$0.model.stream.isEmpty }) { found.append("no connection of \(connection.endpoints)") }
        continue
      }
      for (party, direction) in connection.directions.enumerated() {
        let isOriginator = stream.opening.key.sourcePort == connection.endpoints[party].port
        let side: Side = isOriginator ? .originator : .responder
        if stream.bytes(side) != direction.model.stream { found.append("connection \(stream.opening.id), \(side): bytes differ") }
        let gaps = stream.gaps(side).map { "\($0.offset)+\($0.length)" }
        let model = direction.model.gaps.filter { $0.offset >= direction.base }.map { "\($0.offset - direction.base)+\($0.length)" }
        if gaps != model { found.append("connection \(stream.opening.id), \(side): gaps \(gaps), expected \(model)") }
      }
    }
    return found
  }

  @Test func twoAssemblersSideBySide() async {
    let differences = await withTaskGroup(of: [String].self) { group in
      for half in 0..<2 as Range<UInt64> {
        group.addTask {
          var found: [String] = []
          for number in 1...300 as ClosedRange<UInt64> {
            let script = RandomScript(seed: 1_000_000 + number * 2 + half, loses: number % 2 == 0)
            found += Self.differences(script, EngineRun())
          }
          return found
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(differences == [])
  }
}
