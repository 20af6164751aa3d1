import Foundation
import HuntSupport

/// A script that failed.
struct Finding: Sendable {
  let script: HuntScript
  let seed: UInt64
  let words: [String]

  /// The first words without what differs from script to script.
  var kind: String { Self.kind(words) }

  private static func kind(_ words: [String]) -> String {
    let first = words.first?.split(separator: "\n").first.map(String.init) ?? "nothing"
    return first.replacing(/[0-9a-f]{64}/, with: "#").replacing(/client_to_server|server_to_client/, with: "#").replacing(
      /'.*'|[A-Za-z\/_%~.-]*[0-9][A-Za-z0-9_.~\/-]*/, with: "#")
  }

  /// Shrinks, prints and saves it.
  func report(reasm: String?, folder: String) throws {
    print(
      "\nFINDING seed \(seed), script \(script.number) (\(script.kind), \(script.packets.count) packets): \(words.joined(separator: "\n  "))"
    )
    let name = folder + "/finding-\(seed)-\(script.number)"
    let candidate = name + ".candidate.json"
    defer { try? FileManager.default.removeItem(atPath: candidate) }
    let needsCommand = ["command", "console", "run.json"].contains { kind.hasPrefix($0) }
    let wanted = kind
    let deadline = Date() + 120
    let smallest = Shrinker.shrink(script) { script in
      guard Date() < deadline else { return false }
      // What depends on random numbers of the process does not fail every time.
      for _ in 0..<3 where Self.judge(script, needsCommand ? reasm : nil, candidate).map(Self.kind) == wanted { return true }
      return false
    }
    try JSONEncoder().encode(smallest).write(to: URL(fileURLWithPath: name + ".json"))
    try Data(HuntContainer.plain.bytes(smallest.frames, smallest.linkType)).write(to: URL(fileURLWithPath: name + ".pcap"))
    print("shrunk to \(smallest.packets.count) packets, \(name).pcap; again: hunt judge \(name).json\n\(smallest.text)\n")
  }

  /// What a process of its own says of a script; nil where it says nothing.
  private static func judge(_ script: HuntScript, _ reasm: String?, _ file: String) -> [String]? {
    let errors = file + ".errors"
    defer { try? FileManager.default.removeItem(atPath: errors) }
    do {
      try JSONEncoder().encode(script).write(to: URL(fileURLWithPath: file))
      _ = FileManager.default.createFile(atPath: errors, contents: nil)
      let process = Process()
      let pipe = Pipe()
      try process.start(["judge", file] + (reasm.map { ["--reasm", $0] } ?? []), output: pipe, errors: errors)
      let identifier = process.processIdentifier
      let watch = DispatchWorkItem { kill(identifier, SIGKILL) }
      DispatchQueue.global().asyncAfter(deadline: .now() + 90, execute: watch)
      let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      let wasLate = watch.isCancelled || process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL
      watch.cancel()
      if process.terminationReason == .exit, process.terminationStatus == 0 { return nil }
      if wasLate { return ["hang"] }
      let problems = text.split(separator: "\n").filter { $0.hasPrefix("problem ") }.map { line in
        String(line.dropFirst(8)).replacing("\u{1f}", with: "\n")
      }
      return problems.isEmpty ? [process.death(errors)] : problems
    } catch {
      return nil
    }
  }
}
