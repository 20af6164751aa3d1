import Foundation
import Testing

/// A program that was started, its outputs in files.
final class Running {
  private let process = Process()
  let outputPath: String
  let errorsPath: String

  init(_ arguments: [String], in folder: Folder, output: FileHandle? = nil) throws {
    let id = UUID().uuidString
    outputPath = folder.path(".\(id).out")
    errorsPath = folder.path(".\(id).err")
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardInput = FileHandle.nullDevice
    for path in [outputPath, errorsPath] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.standardOutput = try output ?? FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorsPath))
    try process.run()
  }

  deinit { stop() }

  /// Ends it at once.
  ///
  /// Other signals may be blocked in what a test starts.
  func stop() {
    guard process.isRunning else { return }
    kill(identifier, SIGKILL)
    process.waitUntilExit()
  }

  /// env and ip replace themselves by the program, so this is its own.
  var identifier: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }
  var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }

  /// Waits until something is so; false where it is not so after `seconds`.
  @discardableResult
  func wait(upTo seconds: Double = 20, until condition: () -> Bool) -> Bool {
    for _ in 0..<Int(seconds * 100) {
      if condition() { return true }
      usleep(10_000)
    }
    return condition()
  }

  /// Waits for the end and answers the status; a signal's number below 0.
  ///
  /// What hangs is killed.
  @discardableResult
  func end(within seconds: Double = 60) -> Int32 {
    wait(upTo: seconds) { !process.isRunning }
    if process.isRunning { kill(identifier, SIGKILL) }
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }

  /// Asks for the end as Ctrl-C does.
  @discardableResult
  func interrupt() -> Int32 {
    kill(identifier, SIGINT)
    return end()
  }
}

/// A folder of a test, removed after it.
final class Folder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "reasm-live-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func path(_ name: String) -> String { path + "/" + name }
  func data(_ name: String) -> Data? { FileManager.default.contents(atPath: path(name)) }
  func size(_ name: String) -> Int { (try? FileManager.default.attributesOfItem(atPath: path(name))[.size] as? Int) ?? 0 }
  func names(_ name: String = ".") -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []).sorted() }

  /// Writes a file; with a mode, as a program.
  func write(_ name: String, _ data: Data, mode: Int = 0o644) throws {
    try data.write(to: URL(fileURLWithPath: path(name)))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
  }
}
