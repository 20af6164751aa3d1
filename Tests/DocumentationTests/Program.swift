import Foundation
import TestSupport

/// A program that a test runs to its end.
enum Program {
  struct Outcome {
    var status: Int32
    /// Standard output and standard error, as they came.
    var text: String
  }

  /// The repository.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let reasm = BuiltProgram.reasm

  /// Runs a program that is found by `PATH`.
  static func run(_ words: [String], in folder: URL) throws -> Outcome {
    let log = folder.appendingPathComponent("log-" + UUID().uuidString)
    try Data().write(to: log)
    defer { try? FileManager.default.removeItem(at: log) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    let output = try FileHandle(forWritingTo: log)
    process.standardOutput = output
    process.standardError = output
    try process.run()
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, text: try String(contentsOf: log, encoding: .utf8))
  }

  /// Calls `body` with a new folder, which is removed afterwards.
  static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("reasm-documentation-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}
