import Foundation
import TestSupport
import Testing

/// Shards and their merge give the directory of one run: every name and every byte, run.json too.
@Suite struct ShardUnionTests {
  /// Every fixture that has options of its own; the others are below, together.
  @Test(arguments: GoldenCase.all.filter { !$0.arguments.isEmpty })
  func theDirectoryOfOneRun(golden: GoldenCase) throws {
    try Self.compare(golden, [], count: 2)
  }

  private static let searches = dlopen("libhs.so.5", RTLD_NOW) != nil

  /// The captures of all fixtures in one run, whose connections are in all shards: ids in names, equal names, and all kinds of files.
  @Test(arguments: [
    (3, ["--chunks", "--hash", "--index", "full", "--pcap", "-T", "%K/%N-%A.%a-%B.%b"]),
    (7, ["--http", "--http-parts", "--http-names", "tree", "--har", "-T", "%A"]),
    (2, ["--http", "--http-only", "--tls-certificates", "--match", "t[a-z]{1,9}", "--match-memory", "0", "--pcap"]),
    (1, ["--no-streams", "--match", "[a-z]{3}", "--match", "HTTP/1"]),
    (3, ["--http", "--http-names", "tree", "--match", "GET", "--matching"]),
  ])
  func allCapturesTogether(count: Int, options: [String]) throws {
    if options.contains("--match"), !Self.searches { return }
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("reasm-shards-\(UUID().uuidString)", isDirectory: true)
    let captures = place.appendingPathComponent("captures", isDirectory: true)
    try FileManager.default.createDirectory(at: captures, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    var all = ["-r", "captures", "-q"] + options
    for golden in GoldenCase.all {
      try FileManager.default.copyItem(at: golden.capture, to: captures.appendingPathComponent("\(golden).pcap"))
      guard options.contains("--http"), FileManager.default.fileExists(atPath: golden.keys.path) else { continue }
      try FileManager.default.copyItem(at: golden.keys, to: place.appendingPathComponent("\(golden).keys"))
      all += ["--keylog", "\(golden).keys"]
    }
    let one = try Self.run(all + ["-o", "one"], in: place)
    let expected = try GoldenCase.files(in: place.appendingPathComponent("one", isDirectory: true))
    #expect(expected.count > 50 || options.contains("--no-streams"), "\(expected.keys.count) files")
    let merged = try Self.run(all + ["-o", "merged", "--shards", "\(count)"], in: place)
    #expect(merged.status == one.status && merged.messages == one.messages, "\(merged)")
    try Self.compare("merged", with: expected, in: place)
  }

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
      #expect(outcome.status == one.status && outcome.messages == one.messages, "\(outcome)")
    }
    // Options that contradict those of the fixture are refused with and without shards.
    if one.status == 64 { return }
    let merged = try run(["merge", "merged", "-q"], in: place)
    #expect(merged.status == one.status && merged.messages == "", "\(merged)")
    try compare("merged", with: expected, in: place)
  }

  /// Compares a folder with the files that it should have.
  private static func compare(_ name: String, with expected: [String: Data], in place: URL) throws {
    let found = try GoldenCase.files(in: place.appendingPathComponent(name, isDirectory: true))
    let differing = Set(found.keys).union(expected.keys).filter { found[$0] != expected[$0] }.sorted().prefix(9).joined(separator: " ")
    #expect(differing == "", "of \(found.count) and \(expected.count) files")
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
