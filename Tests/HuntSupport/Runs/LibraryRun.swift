internal import Capture
internal import FlowFiles
internal import Packets
internal import Paths
package import Reassembly

/// How a run differs from another one that must give the same.
package struct RunVariant: Sendable {
  package var container = HuntContainer.plain
  /// Packets to use; nil: all.
  package var limit: Int?
  /// The packets that pass a filter, by their place; nil: all.
  package var chosen: Set<Int>?
  /// Places at which the capture is cut into files of its own.
  package var cuts: [Int] = []
  package var skipsGaps: Bool?
  package var writesChunks = true
  package var writesIndex = true
  /// The engine is told of packets before they come.
  package var expects = true
  /// Few files may be open and few buffers held.
  package var isPoor = false
  /// Of the engine's tables and trees.
  package var seed = RunVariant.seeds[0]

  package static let seeds: [UInt64] = [1, 0x9e37_79b9, .max]

  package init() {}
}

/// What a run left behind.
package struct HuntOutcome {
  /// Without the index and chunks.ndjson; nil: not a regular file.
  package var files: [String: SparseFile?]
  package var index: [UInt8]
  package var chunks: [UInt8]
  package var statistics = Statistics()
  /// What went wrong, in words; nothing may.
  package var problems: [String] = []

  package init(_ all: [String: SparseFile?]) {
    files = all
    index = (files.removeValue(forKey: "connections.ndjson") ?? nil)?.bytes ?? []
    chunks = (files.removeValue(forKey: "chunks.ndjson") ?? nil)?.bytes ?? []
    files["run.json"] = nil
  }
}

/// Runs a capture through the libraries, wired as the command wires them.
package struct LibraryRun {
  package let folder: WorkFolder

  package init(_ folder: WorkFolder) { self.folder = folder }

  /// Runs a variant of a script; `frames` are those of the script, created once for all its runs.
  package func outcome(_ script: HuntScript, _ frames: [HuntFrame], _ variant: RunVariant) throws -> HuntOutcome {
    let ends = variant.cuts + [frames.count]
    let inputs = ends.indices.map { $0 == 0 ? "input" : "input-\($0)" }
    for (number, name) in inputs.enumerated() {
      let part = frames[(number == 0 ? 0 : ends[number - 1])..<ends[number]]
      try folder.write(variant.container.bytes(Array(part), script.link.linkType), to: name)
    }
    defer { folder.remove("out") }
    var problems: [String] = []
    let statistics = try run(script, variant, inputs, &problems)
    var outcome = HuntOutcome(try folder.files(in: "out"))
    outcome.statistics = statistics
    outcome.problems = problems
    return outcome
  }

  private func run(_ script: HuntScript, _ variant: RunVariant, _ inputs: [String], _ problems: inout [String]) throws -> Statistics {
    var captures = try CaptureSet(paths: inputs.map { folder.path + "/" + $0 })
    var options = try script.options.files()
    if let skips = variant.skipsGaps { options.gaps = skips ? .skip : .zero }
    options.writesChunks = variant.writesChunks
    options.writesIndex = variant.writesIndex
    if variant.isPoor { (options.maxOpenFiles, options.bufferMemory) = (1, 20_000) }
    let factory = try FlowFileFactory(directory: OutputDirectory(path: FilePath(folder.path + "/out"), force: false), options: options)
    var engineOptions = script.options.assembler
    engineOptions.seed = HashSeed(variant.seed)
    var assembler = Assembler(factory: factory, options: engineOptions)
    let keepsEthernet = options.template.namesEthernetAddresses
    var used = 0
    let limit = variant.limit ?? .max
    while used < limit, let batch = captures.nextBatch(atMost: limit - used) {
      for index in 0..<batch.count where variant.expects {
        if !assembler.prefetch(packet: batch[index].bytes, linkType: batch[index].linkType) { break }
      }
      for index in 0..<batch.count {
        let packet = batch[index]
        used += 1
        var info = packet.info
        if let chosen = variant.chosen, !chosen.contains(used - 1) {
          assembler.advance(to: info)
          continue
        }
        if keepsEthernet { info.ethernet = EthernetAddresses(packet.bytes, linkType: packet.linkType) }
        do throws(DecodeError) { try assembler.assemble(packet: packet.bytes, linkType: packet.linkType, info: info) } catch {}
      }
    }
    for number in inputs.indices {
      if let error = captures.summary(number).error { problems.append("reading: \(error)") }
    }
    if used != min(variant.limit ?? .max, script.packets.count) { problems.append("\(used) packets of \(script.packets.count) read") }
    assembler.flushAll()
    factory.flushBuffers()
    if let error = factory.firstError { problems.append("writing: \(error)") }
    try factory.finish(report: RunReport(version: "hunt"))
    if assembler.connectionCount != 0 { problems.append("\(assembler.connectionCount) connections are left") }
    if assembler.bufferedBytes != 0 { problems.append("\(assembler.bufferedBytes) bytes are left") }
    return assembler.statistics
  }
}
