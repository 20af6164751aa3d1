import Packets
import Reassembly
import TestSupport
import Testing

/// A script and what must come of it: a row of the tables in this folder.
struct ScriptCase: Sendable, CustomTestStringConvertible {
  var name: String
  var options = AssemblerOptions()
  var conversation = Conversation()
  /// Seconds of packet time that pass after the last packet, before the input ends.
  var thenWaits = 0.0
  var script: @Sendable (inout Conversation) -> Void
  var connections: [Expected]
  /// Figures of the whole run by name; those left out are not looked at.
  var totals: [String: UInt64] = [:]

  var testDescription: String { name }

  init(
    _ name: String, options: AssemblerOptions = AssemblerOptions(), conversation: Conversation = Conversation(),
    thenWaits: Double = 0, totals: [String: UInt64] = [:], _ connections: Expected...,
    script: @escaping @Sendable (inout Conversation) -> Void
  ) {
    self.name = name
    self.options = options
    self.conversation = conversation
    self.thenWaits = thenWaits
    self.totals = totals
    self.connections = connections
    self.script = script
  }

  /// Runs the script under every seed and compares.
  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    for seed in EngineRun.seeds { check(under: seed, sourceLocation) }
  }

  private func check(under seed: UInt64, _ sourceLocation: SourceLocation) {
    var talk = conversation
    script(&talk)
    let run = EngineRun(options: options, seed: seed)
    run.feed(talk.packets)
    run.advance(seconds: thenWaits)
    let problems = run.finish()
    #expect(problems == [], "seed \(seed)", sourceLocation: sourceLocation)
    let streams = run.recorder.streams
    #expect(streams.count == connections.count, "connections", sourceLocation: sourceLocation)
    for (stream, expected) in zip(streams, connections) {
      let differences = expected.differences(from: stream, client: talk.endpoints[0])
      #expect(differences == [], "connection \(stream.opening.id), seed \(seed)", sourceLocation: sourceLocation)
    }
    for (figure, value) in totals.sorted(by: { $0.key < $1.key }) {
      #expect(run.figure(figure) == value, "\(figure)", sourceLocation: sourceLocation)
    }
  }
}

extension AssemblerOptions {
  /// The defaults, but for what is changed.
  static func with(_ change: (inout AssemblerOptions) -> Void) -> AssemblerOptions {
    var options = AssemblerOptions()
    change(&options)
    return options
  }
}

extension EngineRun {
  /// A figure of the run by the name that tables use; drops and anomalies by their names in the index.
  func figure(_ name: String) -> UInt64? {
    let all = assembler.statistics
    switch name {
    case "stray packets": return all.strayPackets
    case "stray bytes": return all.strayPayloadBytes
    case "straggler packets": return all.stragglerPackets
    case "straggler bytes": return all.stragglerPayloadBytes
    case "clock jumps": return all.clockJumps
    case "evicted": return all.evictedConnections
    case "page limit flushes": return all.pageLimitFlushes
    case "memory limit flushes": return all.memoryLimitFlushes
    case "segments": return all.segments
    case "missed bytes": return all.missedBytes
    case "conflicts": return all.conflicts
    case "contradictory": return all.anomalies[.synWithFinOrRst]
    default: return nil
    }
  }
}
