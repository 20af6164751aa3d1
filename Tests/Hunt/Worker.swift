import Foundation

/// A process that runs scripts, and what it says.
final class Worker {
  private let process = Process()
  private let pipe = Pipe()
  private let errors: String
  private var rest: [UInt8] = []
  private var current: UInt64?
  private let end: UInt64
  private var problems: [String] = []
  private var isDone = false
  private var wasKilled = false
  private(set) var isOver = false
  private(set) var lastHeard = Date()

  init(seed: UInt64, first: UInt64, count: UInt64, reasm: String?) throws {
    end = first + count
    errors = NSTemporaryDirectory() + "hunt-errors-" + UUID().uuidString
    _ = FileManager.default.createFile(atPath: errors, contents: nil)
    var arguments = ["work", "--seed", "\(seed)", "--first", "\(first)", "--count", "\(count)"]
    if let reasm { arguments += ["--reasm", reasm] }
    try process.start(arguments, output: pipe, errors: errors)
  }

  deinit { try? FileManager.default.removeItem(atPath: errors) }

  var descriptor: Int32 { pipe.fileHandleForReading.fileDescriptor }

  /// Takes what the process has said; answers how many scripts came to a good end.
  func read() -> UInt64 {
    lastHeard = Date()
    let data = pipe.fileHandleForReading.availableData
    if data.isEmpty {
      process.waitUntilExit()
      isOver = true
      return isDone ? 1 : 0
    }
    rest += data
    var finished: UInt64 = 0
    while let end = rest.firstIndex(of: 10) {
      let line = String(decoding: rest[..<end], as: UTF8.self)
      rest.removeFirst(end + 1)
      if line.hasPrefix("script ") {
        if current != nil { finished += 1 }
        current = UInt64(line.dropFirst(7))
      } else if line.hasPrefix("problem ") {
        problems.append(String(line.dropFirst(8)).replacing("\u{1f}", with: "\n"))
      } else if line == "done" {
        isDone = true
      }
    }
    return finished
  }

  func kill() {
    wasKilled = true
    Foundation.kill(process.processIdentifier, SIGKILL)
  }

  /// The script that it did not get beyond.
  var failed: UInt64? { isOver && !isDone ? current : nil }

  /// Scripts behind that one.
  var left: UInt64 { failed.map { end - $0 - 1 } ?? 0 }

  var words: [String] { wasKilled ? ["hang"] : problems.isEmpty ? [process.death(errors)] : problems }
}

extension Process {
  /// Starts this program once more.
  func start(_ arguments: [String], output: Pipe, errors: String) throws {
    executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    self.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    environment["SWIFT_BACKTRACE"] = "enable=no"
    self.environment = environment
    standardInput = FileHandle.nullDevice
    standardOutput = output
    standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    try run()
  }

  /// How a process ended that should have gone on: the runtime's words where it had any.
  func death(_ errors: String) -> String {
    let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.contains("rror:") || $0.contains("failed") }
    let ending = terminationReason == .uncaughtSignal ? "signal \(terminationStatus)" : "status \(terminationStatus)"
    return "crash: \(ending)" + (line.map { ": \($0)" } ?? "")
  }
}
