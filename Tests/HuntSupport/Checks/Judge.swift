internal import Foundation
internal import TestSupport

/// Runs a script in every way that must come to the same, and says what should not be.
package struct Judge {
  private let library: LibraryRun
  private let folder: WorkFolder
  /// The built binary; nil: the libraries alone are run.
  private let program: String?

  /// Of so many scripts one goes through the binary.
  package static let commandShare: UInt64 = 12

  package init(program: String?) throws {
    folder = try WorkFolder()
    library = LibraryRun(folder)
    self.program = program
  }

  /// Returns the problems of a script.
  ///
  /// The number of the script decides whether the command is run if `usesCommand` is nil. An error means that the hunt cannot continue.
  package func problems(_ script: HuntScript, usesCommand: Bool? = nil) throws -> [String] {
    if !script.hasFragments {
      let problems = EngineCheck(script: script).problems()
      if !problems.isEmpty { return problems }
    }
    let frames = script.frames
    let base = try library.outcome(script, frames, RunVariant())
    var problems = base.problems
    do {
      problems += try laws(script, base)
    } catch let error as IndexLine.Malformed {
      problems.append("\(error)")
    }
    if !problems.isEmpty { return problems }
    problems = try comparisons(script, frames, base)
    if problems.isEmpty, let program, usesCommand ?? (script.number % Self.commandShare == 0) {
      problems = try CommandCheck(script: script, folder: folder, program: program).problems(frames, base, library)
    }
    return problems
  }

  private func laws(_ script: HuntScript, _ base: HuntOutcome) throws -> [String] {
    let wire = Wire(script)
    let lines = try IndexLine.lines(base.index)
    var check = IndexCheck(script, base, wire)
    check.check(lines)
    var problems = check.problems
    problems += ChunkCheck(script: script, outcome: base, wire: wire).problems(lines, try ChunkLine.lines(base.chunks))
    if script.kind == .faithful { problems += ModelCheck(script: script, outcome: base).problems(lines) }
    return problems
  }

  // MARK: Equality

  private func comparisons(_ script: HuntScript, _ frames: [HuntFrame], _ base: HuntOutcome) throws -> [String] {
    var random = SplitMix64(seed: script.number)
    for (number, container) in HuntContainer.all.filter({ $0 != .plain }).enumerated() {
      var variant = RunVariant()
      variant.container = container
      variant.seed = RunVariant.seeds[(number + 1) % RunVariant.seeds.count]
      variant.expects = random.oneIn(2)
      variant.isPoor = random.oneIn(3)
      variant.writesChunks = random.oneIn(2)
      variant.writesIndex = variant.writesChunks || !random.oneIn(4)
      let other = try library.outcome(script, frames, variant)
      let name =
        "\(container.description), seed \(variant.seed)\(variant.isPoor ? ", one file open" : "")\(variant.writesChunks ? "" : ", no chunks")"
      let problems = other.problems + Equality.problems(base, other, variant, name)
      if !problems.isEmpty { return problems }
    }
    var problems = try gapModes(script, frames, base)
    if problems.isEmpty { problems = try prefix(script, frames, &random) }
    let clock = ClockCheck(script: script, library: library)
    if problems.isEmpty { problems = try clock.rotation(frames, base, &random) }
    return problems.isEmpty ? try clock.subset(frames, base, &random) : problems
  }

  /// The first packets of the capture, and those packets as a capture of their own.
  private func prefix(_ script: HuntScript, _ frames: [HuntFrame], _ random: inout SplitMix64) throws -> [String] {
    guard frames.count > 1 else { return [] }
    let count = Int.random(in: 1..<frames.count, using: &random)
    var variant = RunVariant()
    variant.limit = count
    let part = try library.outcome(script, frames, variant)
    variant.limit = nil
    var shorter = script
    shorter.packets = Array(script.packets.prefix(count))
    let whole = try library.outcome(shorter, Array(frames.prefix(count)), variant)
    return part.problems + whole.problems + Equality.problems(whole, part, variant, "the first \(count) packets")
  }

  /// With and without room for gaps: the same bytes but for the holes.
  private func gapModes(_ script: HuntScript, _ frames: [HuntFrame], _ base: HuntOutcome) throws -> [String] {
    // A greatest length counts holes, so another part of the stream is kept.
    if script.options.maxBytes != nil { return [] }
    var variant = RunVariant()
    variant.skipsGaps = !script.options.skipsGaps
    let other = try library.outcome(script, frames, variant)
    var problems = other.problems
    let (lines, others) = (try IndexLine.lines(base.index), try IndexLine.lines(other.index))
    guard lines.count == others.count else { return problems + ["gaps: \(lines.count) connections and \(others.count)"] }
    for (line, second) in zip(lines, others) {
      for (half, opposite) in zip(line.directions, second.directions) where half.listsAllGaps {
        let name = "gaps: connection \(line.id), \(half.file ?? "no file")"
        if half.file != opposite.file || half.bytes != opposite.bytes || half.length != opposite.length {
          problems.append("\(name): \(half.bytes) bytes and \(opposite.bytes)")
        } else if Self.data(half, base) != Self.data(opposite, other) {
          problems.append("\(name): other bytes")
        }
      }
    }
    return problems
  }

  private static func data(_ half: IndexLine.Direction, _ outcome: HuntOutcome) -> [UInt8] {
    guard let name = half.file, let file = outcome.files[name] ?? nil else { return [] }
    return half.pieces.flatMap { file.bytes($0.place..<($0.place + $0.length)) }
  }
}

/// Whether two runs left the same behind.
enum Equality {
  static func problems(_ base: HuntOutcome, _ other: HuntOutcome, _ variant: RunVariant, _ name: String) -> [String] {
    var problems: [String] = []
    let names = Set(base.files.keys).symmetricDifference(other.files.keys).sorted()
    if !names.isEmpty { problems.append("\(name): files of one run alone: \(names.joined(separator: " "))") }
    for (file, contents) in base.files.sorted(by: { $0.key < $1.key }) {
      if let second = other.files[file], second != contents { problems.append("\(name): another \(file)") }
    }
    // With little memory it is sooner forgotten which packet brought a byte.
    let indexes = [base.index, other.index].map { variant.isPoor ? withoutKeptPackets($0) : $0 }
    if variant.writesIndex, indexes[0] != indexes[1] {
      problems.append("\(name): another index: \(firstDifference(indexes[0], indexes[1]))")
    }
    if variant.writesIndex, variant.writesChunks, base.chunks != other.chunks {
      problems.append("\(name): other chunks: \(firstDifference(base.chunks, other.chunks))")
    }
    return problems
  }

  private static func withoutKeptPackets(_ index: [UInt8]) -> [UInt8] {
    Array(String(decoding: index, as: UTF8.self).replacing(/"kept":{"packet":[0-9a-z]*/, with: "").utf8)
  }

  static func firstDifference(_ one: [UInt8], _ other: [UInt8]) -> String {
    let lines = [one, other].map { $0.split(separator: 10, omittingEmptySubsequences: false) }
    for (first, second) in zip(lines[0], lines[1]) where first != second {
      return "\n  \(String(decoding: first, as: UTF8.self))\n  \(String(decoding: second, as: UTF8.self))"
    }
    return "\(lines[0].count) lines and \(lines[1].count)"
  }
}
