internal import EngineChecks
internal import Packets
internal import Reassembly
internal import TestSupport

/// Feeds the segments of a script to bare engines, whose streams look at every call.
struct EngineCheck {
  let script: HuntScript

  func problems() -> [String] {
    var options = script.options.assembler
    // Segments have no layers and no checksums here.
    options.keyScopes = []
    options.verifiesChecksums = false
    options.seed = HashSeed(RunVariant.seeds[0])
    let engine = FedEngine(options)
    let habits = script.options
    engine.factory.forgetsAtOnce = habits.forgetsAtOnce
    if habits.rejectsEvery > 0 { engine.factory.accepts = { $0 % habits.rejectsEvery != 0 } }
    if habits.keptPart > 0 { engine.factory.keeps = { count in count - count / habits.keptPart } }
    for packet in script.packets {
      var segment = packet.segment
      segment.cut = packet.length - packet.captured(script.link).range.count
      engine.time = packet.time
      engine.feed(segment)
    }
    return engine.finish().map { "engine: \($0)" }
  }
}
