import Foundation
import TestSupport

/// A folder of `Fixtures` with a capture in it.
struct GoldenCase: Sendable, CustomStringConvertible {
  let folder: URL

  var description: String { folder.lastPathComponent }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures", isDirectory: true)

  static let all: [GoldenCase] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().map { GoldenCase(folder: root.appendingPathComponent($0, isDirectory: true)) }
      .filter { FileManager.default.fileExists(atPath: $0.capture.path) }
  }()

  var capture: URL { folder.appendingPathComponent("input.pcap") }
  /// The key log of a capture with TLS.
  var keys: URL { folder.appendingPathComponent("keys") }
  var expected: URL { folder.appendingPathComponent("expected", isDirectory: true) }

  /// Extra arguments, one a line in the file `args`; none where there is no such file.
  var arguments: [String] {
    let text = (try? String(contentsOf: folder.appendingPathComponent("args"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  /// What a run left behind.
  struct Outcome {
    var status: Int32
    var messages: String
    var files: [String: Data]
  }

  /// Runs the built binary on the capture, in a folder of its own in which the capture has the name `input.pcap` for run.json.
  ///
  /// The options of `more` follow the arguments of the case. Every process draws a seed for its hashes and queues, unless `isSeedFixed` sets Swift's own switch that fixes all of them.
  func run(_ more: [String] = [], isSeedFixed: Bool = false) throws -> Outcome {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("reasm-golden-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    try FileManager.default.copyItem(at: capture, to: place.appendingPathComponent("input.pcap"))
    if FileManager.default.fileExists(atPath: keys.path) {
      try FileManager.default.copyItem(at: keys, to: place.appendingPathComponent("keys"))
    }
    let messages = place.appendingPathComponent("messages")
    try Data().write(to: messages)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: BuiltProgram.reasm)
    process.arguments = ["-r", "input.pcap", "-o", "out", "-q"] + arguments + more
    process.currentDirectoryURL = place
    if isSeedFixed {
      process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_DETERMINISTIC_HASHING": "1"]) { _, new in new }
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: messages)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      messages: try String(contentsOf: messages, encoding: .utf8),
      files: try Self.files(in: place.appendingPathComponent("out", isDirectory: true)))
  }

  /// Every file of a folder and of those in it, by its path there; none where there is no folder.
  static func files(in folder: URL) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for path in (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? [] {
      let file = folder.appendingPathComponent(path)
      if try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true { found[path] = try Data(contentsOf: file) }
    }
    return found
  }

  /// Puts these files in the place of those expected until now.
  func record(_ files: [String: Data]) throws {
    if FileManager.default.fileExists(atPath: expected.path) { try FileManager.default.removeItem(at: expected) }
    for (path, data) in files {
      let file = expected.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: file)
    }
  }
}
