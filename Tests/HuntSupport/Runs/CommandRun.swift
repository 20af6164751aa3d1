internal import Foundation

/// Runs the built binary on a capture.
package struct CommandRun {
  package struct Ending {
    package var status: Int32
    package var isKilled: Bool
    package var output: [UInt8]
    package var errors: String
  }

  private let folder: WorkFolder
  private let program: String

  package init(_ folder: WorkFolder, program: String) {
    self.folder = folder
    self.program = program
  }

  /// Kills what has not ended after this many seconds.
  private static let patience = 30

  package func run(_ arguments: [String]) throws -> Ending {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardInput = FileHandle.nullDevice
    for name in ["output", "errors"] { try folder.write([], to: name) }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path + "/output"))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path + "/errors"))
    try process.run()
    let identifier = process.processIdentifier
    let watch = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(Self.patience), execute: watch)
    process.waitUntilExit()
    watch.cancel()
    return Ending(
      status: process.terminationStatus, isKilled: process.terminationReason == .uncaughtSignal,
      output: try SparseFile(path: folder.path + "/output").bytes,
      errors: String(decoding: try SparseFile(path: folder.path + "/errors").bytes, as: UTF8.self))
  }
}
