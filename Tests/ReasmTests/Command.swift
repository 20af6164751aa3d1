import Foundation
import Glibc
import TestSupport

/// One run of the built binary, or of another program, in a folder of its own.
final class Command {
  struct Outcome {
    var status: Int32
    /// Ended by a signal; `status` is its number.
    var isKilled: Bool
    var output: String
    var errors: String
    /// Both outputs as they are.
    var bytes: [UInt8] = []

    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  }

  static let reasm = BuiltProgram.reasm

  let folder: String
  private var process = Process()
  private let outputPath: String
  private let errorsPath: String

  /// Makes the folder and puts files into it.
  init(_ files: [String: [UInt8]] = [:]) throws {
    folder = NSTemporaryDirectory() + "reasm-command-" + UUID().uuidString
    outputPath = folder + ".out"
    errorsPath = folder + ".err"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name)) }
  }

  deinit { for path in [folder, outputPath, errorsPath] { try? FileManager.default.removeItem(atPath: path) } }

  /// Starts a program with the given standard input; both outputs go to files, so that no pipe can fill.
  func start(_ arguments: [String], of program: String = reasm, input: Any? = nil, output: FileHandle? = nil) throws {
    process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var environment = ProcessInfo.processInfo.environment
    environment["COLUMNS"] = nil
    process.environment = environment
    process.standardInput = input ?? FileHandle.nullDevice
    for path in [outputPath, errorsPath] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.standardOutput = try output ?? FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorsPath))
    try process.run()
  }

  var identifier: Int32 { process.processIdentifier }

  /// Ends the program as SIGKILL does, if it still runs.
  func kill() { if process.isRunning { _ = Glibc.kill(process.processIdentifier, SIGKILL) } }

  /// What stands on standard error by now.
  var errorsSoFar: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }

  /// What stands on standard output by now.
  var outputSoFar: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

  /// Waits for the end, and makes one after a minute: a hanging program is a failed test, not a hanging one.
  func wait() -> Outcome {
    for _ in 0..<6000 where process.isRunning { usleep(10_000) }
    kill()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, isKilled: process.terminationReason == .uncaughtSignal,
      output: (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "", errors: errorsSoFar,
      bytes: [outputPath, errorsPath].flatMap { FileManager.default.contents(atPath: $0).map { Array($0) } ?? [] })
  }

  func run(_ arguments: [String], of program: String = reasm, input: Any? = nil, output: FileHandle? = nil) throws -> Outcome {
    try start(arguments, of: program, input: input, output: output)
    return wait()
  }

  /// The contents of a file of the folder; nil where there is none.
  func contents(_ name: String) -> String? { try? String(contentsOfFile: folder + "/" + name, encoding: .utf8) }

  /// Whether a folder holds shards, or the marker of a merge that was killed after it had removed them.
  func hasMergeToDo(in name: String) -> Bool {
    ["shards", ".reasm-run"].contains { FileManager.default.fileExists(atPath: "\(folder)/\(name)/\($0)") }
  }

  /// Names in a folder within the folder, in order; nil where there is none.
  func names(in name: String) -> [String]? { try? FileManager.default.contentsOfDirectory(atPath: folder + "/" + name).sorted() }
}

/// The process runs as root, as it does in a container.
let isRoot = geteuid() == 0
