import Foundation
import Testing

/// Shards and their merge give the directory of one run: every name and every byte, run.json too.
@Suite struct ShardUnionTests {
  @Test(arguments: GoldenCase.all)
  func theDirectoryOfOneRun(golden: GoldenCase) throws {
    try Self.compare(golden, [], counts: [1, 2, 3, 7])
  }

  @Test(arguments: GoldenCase.all)
  func withChunksAndHashesInFullForm(golden: GoldenCase) throws {
    try Self.compare(golden, ["--chunks", "--hash", "--index", "full"], counts: [3])
  }

  @Test(arguments: GoldenCase.all)
  func withIdsInNames(golden: GoldenCase) throws {
    try Self.compare(golden, ["-T", "%K/%N-%A.%a-%B.%b"], counts: [2])
  }

  /// Many files have equal names.
  @Test(arguments: GoldenCase.all)
  func withEqualNames(golden: GoldenCase) throws {
    try Self.compare(golden, ["-T", "%A", "--write-empty"], counts: [7])
  }

  @Test(arguments: GoldenCase.all)
  func withCaptures(golden: GoldenCase) throws {
    try Self.compare(golden, ["--pcap"], counts: [3])
  }

  @Test(arguments: GoldenCase.all)
  func withHTTP(golden: GoldenCase) throws {
    try Self.compare(golden, ["--http", "--http-parts"], counts: [2])
  }

  /// Options of fixtures that cannot be divided, which a message says.
  private static let undivided: Set<String> = ["--har", "--http-names", "--match", "--no-streams"]

  private static func compare(_ golden: GoldenCase, _ options: [String], counts: [Int]) throws {
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
    for count in counts {
      let name = "of\(count)"
      for index in 0..<count {
        let outcome = try run(all + ["-o", name, "--shard", "\(index)/\(count)"], in: place)
        if !undivided.isDisjoint(with: own) {
          #expect(outcome.status == 64 && outcome.messages.contains("--shard"), "\(outcome)")
          return
        }
        #expect(outcome.status == one.status && outcome.messages == one.messages, "\(outcome)")
      }
      let merged = try run(["merge", name, "-q"], in: place)
      #expect(merged.status == one.status && merged.messages == "", "\(merged)")
      let found = try GoldenCase.files(in: place.appendingPathComponent(name, isDirectory: true))
      #expect(found.keys.sorted() == expected.keys.sorted(), "\(count) shards")
      for (path, data) in expected.sorted(by: { $0.key < $1.key }) where found[path] != data {
        Issue.record(
          "\(count) shards, \(path): \(String(decoding: found[path] ?? Data(), as: UTF8.self).prefix(3_000)) is not \(String(decoding: data, as: UTF8.self).prefix(3_000))"
        )
        return
      }
    }
  }

  private static func run(_ arguments: [String], in place: URL) throws -> (status: Int32, messages: String) {
    let messages = place.appendingPathComponent("messages")
    try Data().write(to: messages)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("reasm")
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
