internal import Foundation
internal import Packets
internal import TestSupport

/// Runs a script through the built binary: the same as through the libraries, and what only the binary does.
struct CommandCheck {
  let script: HuntScript
  let folder: WorkFolder
  let program: String

  func problems(_ frames: [HuntFrame], _ base: HuntOutcome, _ library: LibraryRun) throws -> [String] {
    let command = CommandRun(folder, program: program)
    let container = HuntContainer.all[Int(script.number / Judge.commandShare % UInt64(HuntContainer.all.count))]
    try folder.write(container.bytes(frames, script.link.linkType), to: "input")
    defer { folder.remove("out") }
    let arguments = script.options.arguments
    // The same directory.
    var ending = try command.run(["-r", "input", "-o", "out", "--chunks", "-q"] + arguments)
    if let words = Self.failure(ending) { return ["command: \(words)"] }
    let files = try folder.files(in: "out")
    let report = (files["run.json"] ?? nil)?.bytes ?? []
    var problems = Equality.problems(base, HuntOutcome(files), RunVariant(), "command, \(container.description)")
    problems += try self.report(report, base)
    folder.remove("out")
    if !problems.isEmpty { return problems }
    problems = try console(command, base, arguments)
    if !problems.isEmpty { return problems }
    problems = try filter(command, frames, container, library)
    if !problems.isEmpty { return problems }
    // The first packets, and those packets as a capture of their own.
    guard frames.count > 1 else { return [] }
    let count = 1 + Int(script.number) % (frames.count - 1)
    try folder.write(container.bytes(frames, script.link.linkType), to: "input")
    ending = try command.run(["-r", "input", "-o", "out", "-q", "-c", String(count)] + arguments)
    if let words = Self.failure(ending) { return ["command: \(words)"] }
    let part = HuntOutcome(try folder.files(in: "out"))
    folder.remove("out")
    var shorter = script
    shorter.packets = Array(script.packets.prefix(count))
    var variant = RunVariant()
    variant.writesChunks = false
    let whole = try library.outcome(shorter, Array(frames.prefix(count)), variant)
    return Equality.problems(whole, part, variant, "command, -c \(count)")
  }

  /// A filter by the port of one client, and its packets alone behind a clock that saw all.
  private func filter(_ command: CommandRun, _ frames: [HuntFrame], _ container: HuntContainer, _ library: LibraryRun) throws -> [String] {
    // The filter looks neither behind tags nor into tunnels.
    let isPlain = script.packets.allSatisfy { $0.vlans.isEmpty && $0.tunnel == nil && $0.source != $0.destination }
    guard isPlain, [.ethernet, .raw, .linuxSLL].contains(script.link), ClockCheck(script: script, library: library).isSeparable,
      let first = script.packets.first
    else { return [] }
    // Clients have ports from 40 000 on, one each.
    let port = [first.source.port, first.destination.port].first { (40_000..<40_010).contains($0) } ?? 40_000
    var variant = RunVariant()
    variant.writesChunks = false
    variant.chosen = script.places { pair in pair.contains { $0.port == port } }
    let part = try library.outcome(script, frames, variant)
    try folder.write(container.bytes(frames, script.link.linkType), to: "input")
    let ending = try command.run(["-r", "input", "-o", "out", "-q"] + script.options.arguments + ["port", String(port)])
    if let words = Self.failure(ending) { return ["command, port \(port): \(words)"] }
    let filtered = HuntOutcome(try folder.files(in: "out"))
    folder.remove("out")
    return Equality.problems(part, filtered, variant, "command, port \(port)")
  }

  /// Why a run did not end as it should, in words.
  private static func failure(_ ending: CommandRun.Ending) -> String? {
    if ending.isKilled { return "signal \(ending.status); \(ending.errors.suffix(2_000))" }
    if ending.status != 0 || !ending.errors.isEmpty { return "exit status \(ending.status); \(ending.errors.suffix(2_000))" }
    return nil
  }

  /// What run.json says of the whole run.
  private func report(_ json: [UInt8], _ base: HuntOutcome) throws -> [String] {
    guard let object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] else { return ["run.json is none"] }
    var problems: [String] = []
    if object["exit_status"] as? Int != 0 { problems.append("run.json: exit_status \(object["exit_status"] ?? "absent")") }
    if object["packets"] as? Int != script.packets.count { problems.append("run.json: packets \(object["packets"] ?? "absent")") }
    let halves = try IndexLine.lines(base.index).flatMap(\.directions)
    for (reason, count) in object["dropped"] as? [String: Int] ?? ["dropped": -1] {
      let sum = halves.reduce(0) { $0 + ($1.dropped[reason] ?? 0) }
      if count != sum { problems.append("run.json: \(count) bytes \(reason), \(sum) in the index") }
    }
    return problems
  }

  /// What the console prints raw is what lies in the files, chunk by chunk.
  private func console(_ command: CommandRun, _ base: HuntOutcome, _ arguments: [String]) throws -> [String] {
    // What is not in the files is printed all the same.
    if script.options.maxBytes != nil || script.options.minBytes != nil { return [] }
    let byConnection = Dictionary(uniqueKeysWithValues: try IndexLine.lines(base.index).map { ($0.id, $0) })
    // Conversations of files are printed in the order of their numbers, and chunks are listed as connections complete.
    let chunks = Dictionary(grouping: try ChunkLine.lines(base.chunks), by: \.connection).sorted { $0.key < $1.key }.flatMap(\.value)
    let expected = chunks.flatMap { chunk -> [UInt8] in
      guard let name = byConnection[chunk.connection]?.directions[chunk.isToServer ? 0 : 1].file, let file = base.files[name] ?? nil else {
        return []
      }
      return file.bytes(chunk.fileOffset..<(chunk.fileOffset + chunk.length))
    }
    var problems: [String] = []
    for beside in [[], ["-o", "out"] + arguments] {
      let options = beside.isEmpty ? script.options.streamArguments : beside
      let ending = try command.run(["-r", "input", "--console", "--format", "raw", "-q"] + options)
      folder.remove("out")
      if let words = Self.failure(ending) { return ["console: \(words)"] }
      if ending.output != expected {
        problems.append("console: \(ending.output.count) bytes printed, other than the \(expected.count) of the files")
      }
    }
    let live = try command.run(["-r", "input", "--console", "--live", "--format", "raw", "-q"] + script.options.streamArguments)
    if let words = Self.failure(live) { return ["console --live: \(words)"] }
    if live.output.sorted() != expected.sorted() { problems.append("console --live: other bytes than those of the files") }
    return problems
  }
}
