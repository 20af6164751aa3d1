internal import Packets
internal import Foundation
internal import TestSupport

/// Two laws that rest on the clock: a rotated capture comes to the same as the whole, and what is written about a connection does not depend
/// on which others a filter takes.
struct ClockCheck {
  let script: HuntScript
  let library: LibraryRun

  // MARK: Rotation

  /// The capture in several files, as a capturing program that rotates leaves them, and the whole.
  func rotation(_ frames: [HuntFrame], _ base: HuntOutcome, _ random: inout SplitMix64) throws -> [String] {
    // Files are merged by time, so that packets whose times go back change places.
    let isInOrder = zip(frames, frames.dropFirst()).allSatisfy { $0.time <= $1.time }
    guard isInOrder, frames.count > 1, script.options.keys & 4 == 0 else { return [] }
    var variant = RunVariant()
    variant.writesChunks = false
    variant.cuts = Set((0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 1..<frames.count, using: &random) }).sorted()
    var rotated = try library.outcome(script, frames, variant)
    var whole = base
    // Packets are numbered by file.
    rotated.index = Self.withoutPacketNumbers(rotated.index)
    whole.index = Self.withoutPacketNumbers(whole.index)
    return rotated.problems + Equality.problems(whole, rotated, variant, "rotated at \(variant.cuts)")
  }

  private static func withoutPacketNumbers(_ index: [UInt8]) -> [UInt8] {
    Array(String(decoding: index, as: UTF8.self).replacing(/packet":[0-9]+|( && frame.number[<>]=[0-9]+)+/, with: "").utf8)
  }

  // MARK: A filter

  /// Whether a run of some connections must give what the run of all gives of them: limits for all connections together do not hold, and
  /// a fragment tells its connection to nobody.
  var isSeparable: Bool {
    let options = script.options
    return !script.hasFragments && options.maxConnections == nil && options.totalPages == nil && options.maxHoles == nil
      && options.template == nil
  }

  /// Some of the connections, filtered behind the clock, and all.
  func subset(_ frames: [HuntFrame], _ base: HuntOutcome, _ random: inout SplitMix64) throws -> [String] {
    let pairs = script.pairs
    guard isSeparable, pairs.count > 1 else { return [] }
    let chosen = Set(pairs.filter { _ in random.oneIn(2) })
    var variant = RunVariant()
    variant.writesChunks = false
    variant.chosen = script.places { chosen.contains($0) }
    let part = try library.outcome(script, frames, variant)
    let lines = try Self.accounts(base) { chosen.contains($0) }
    let found = try Self.accounts(part) { _ in true }
    let name = "\(chosen.count) of \(pairs.count) pairs of ends"
    guard lines == found else {
      let differences = zip(lines, found).first { $0 != $1 }.map { "\n  \($0.0)\n  \($0.1)" } ?? "\(lines.count) lines and \(found.count)"
      return part.problems + ["\(name): another index: \(differences)"]
    }
    let wrong = part.files.filter { base.files[$0.key] != $0.value }.map(\.key).sorted()
    return part.problems + (wrong.isEmpty ? [] : ["\(name): other files than in the run of all: \(wrong.joined(separator: " "))"])
  }

  /// The lines of the index without their ids, sorted.
  private static func accounts(_ outcome: HuntOutcome, where isWanted: (Set<Endpoint>) -> Bool) throws -> [String] {
    let lines = outcome.index.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    return zip(lines, try IndexLine.lines(outcome.index)).filter { isWanted([$1.directions[0].sender, $1.directions[0].receiver]) }
      .map { $0.0.replacing(/"id":[0-9]+,/, with: "", maxReplacements: 1) }.sorted()
  }
}

extension HuntScript {
  /// The pairs of ends that talk.
  var pairs: [Set<Endpoint>] { Set(packets.map(\.pair)).sorted { "\($0.map { "\($0)" }.sorted())" < "\($1.map { "\($0)" }.sorted())" } }

  /// The places of packets whose ends are wanted.
  func places(where isWanted: (Set<Endpoint>) -> Bool) -> Set<Int> {
    Set(packets.indices.filter { isWanted(packets[$0].pair) })
  }
}

extension HuntPacket {
  var pair: Set<Endpoint> { [source.endpoint, destination.endpoint] }
}
