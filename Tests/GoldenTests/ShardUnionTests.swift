import Foundation
import TestSupport
import Testing

/// Shards and their merge give the directory of one run: every name and every byte, run.json too.
@Suite struct ShardUnionTests {
  @Test(arguments: GoldenCase.all)
  func theDirectoryOfOneRun(golden: GoldenCase) throws {
    try Self.compare(golden, [], count: 3)
  }

  /// Names and lines with ids, which the merge gives anew.
  @Test(arguments: GoldenCase.all)
  func withIdsInNames(golden: GoldenCase) throws {
    try Self.compare(golden, ["--chunks", "--hash", "--index", "full", "--pcap", "-T", "%K/%N-%A.%a-%B.%b"], count: 2)
  }

  /// Many files have equal names.
  @Test(arguments: GoldenCase.all)
  func withEqualNamesAndHTTP(golden: GoldenCase) throws {
    try Self.compare(golden, ["-T", "%A", "--http", "--http-parts"], count: 7)
  }

  /// Options of fixtures that cannot be divided, which a message says.
  private static let undivided: Set<String> = ["--har", "--http-names", "--match", "--no-streams"]

  private static func compare(_ golden: GoldenCase, _ options: [String], count: Int) throws {
    let own = golden.arguments
    let options = options.filter { !own.contains($0) || !$0.hasPrefix("--") }
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("reasm-shards-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    try FileManager.default.copyItem(at: golden.capture, to: place.appendingPathComponent("input.pcap"))
    if FileManager.default.fileExists(atPath: golden.keys.path) {
      try FileManager.default.copyItem(at: golden.keys, to: place.appendingPathComponent("keys"))
    }
    let all = ["-r", "input.pcap", "-q"] + own + options
    let one = try run(all + ["-o", "one"], in: place)
    let expected = try GoldenCase.files(in: place.appendingPathComponent("one", isDirectory: true))
    for index in 0..<count {
      let outcome = try run(all + ["-o", "merged", "--shard", "\(index)/\(count)"], in: place)
      if !undivided.isDisjoint(with: own) {
        #expect(outcome.status == 64 && outcome.messages.contains("--shard"), "\(outcome)")
        return
      }
      #expect(outcome.status == one.status && outcome.messages == one.messages, "\(outcome)")
    }
    // Options that contradict those of the fixture are refused with and without shards.
    if one.status == 64 { return }
    let merged = try run(["merge", "merged", "-q"], in: place)
    #expect(merged.status == one.status && merged.messages == "", "\(merged)")
    let found = try GoldenCase.files(in: place.appendingPathComponent("merged", isDirectory: true))
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (path, data) in expected.sorted(by: { $0.key < $1.key }) where found[path] != data {
      let texts = [found[path] ?? Data(), data].map { String(decoding: $0, as: UTF8.self).prefix(2_000) }
      Issue.record("\(path): \(texts[0]) is not \(texts[1])")
      return
    }
  }

  private static func run(_ arguments: [String], in place: URL) throws -> (status: Int32, messages: String) {
    let messages = place.appendingPathComponent("messages")
    try Data().write(to: messages)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: BuiltProgram.reasm)
    process.arguments = arguments
    process.currentDirectoryURL = place
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: messages)
    try process.run()
    process.waitUntilExit()
    return (
      process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      try String(contentsOf: messages, encoding: .utf8)
    )
  }
}
