import ArgumentParser
import Foundation
import HuntSupport

/// Runs scripts for a time, in processes of their own, and reports.
struct HuntAll: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "all", abstract: "Run scripts until the time is over.")

  @Option(help: "How long.") var seconds = 60
  @Option(help: "Stop after so many scripts.") var scripts: UInt64?
  @Option(help: "The same seed makes the same scripts.") var seed: UInt64 = 1
  @Option(help: "Processes side by side.") var workers = 2
  @Option(help: "The command, for a part of the scripts.") var reasm: String?
  @Option(help: "Where findings go.") var findings = ".build/hunt"
  @Option(help: "Stop after so many different findings.") var most = 8

  func run() throws {
    try FileManager.default.createDirectory(atPath: findings, withIntermediateDirectories: true)
    var pack = Pack(seed: seed, reasm: reasm, findings: findings)
    let start = Date()
    let end = start + TimeInterval(seconds)
    let scripts = scripts ?? .max
    let share = max(1, min(Pack.block, scripts / UInt64(max(1, workers))))
    var lastWords = start
    try pack.begin(workers, share: share, limit: scripts)
    while Date() < end, !pack.isIdle, pack.kinds.count < most {
      try pack.listen(share: share, limit: scripts)
      if Date() > lastWords + 60 {
        lastWords = Date()
        print("\(pack.finished) scripts, \(pack.kinds.count) findings")
      }
    }
    pack.end()
    let time = Date().timeIntervalSince(start)
    pack.awaitReports()
    let hourly = Int(Double(pack.finished) / max(time, 1) * 3600)
    print("seed \(seed): \(pack.finished) scripts in \(Int(time)) s, \(hourly) an hour; \(pack.kinds.count) findings")
    if pack.finished == 0 || !pack.kinds.isEmpty { throw ExitCode(1) }
  }
}

/// The working processes.
struct Pack {
  /// Scripts that a process runs before another one takes its place: each has random numbers of its own.
  static let block: UInt64 = 1_000
  /// Seconds that one script may take.
  private static let patience: TimeInterval = 90

  private let seed: UInt64
  private let reasm: String?
  private let findings: String
  private var working: [Worker] = []
  private var nextNumber: UInt64 = 0
  private(set) var finished: UInt64 = 0
  /// What failed, by its words without numbers; how often.
  private(set) var kinds: [String: Int] = [:]
  /// Findings are shrunk one after the other while the hunt goes on.
  private let reports = DispatchQueue(label: "reports")

  init(seed: UInt64, reasm: String?, findings: String) {
    self.seed = seed
    self.reasm = reasm
    self.findings = findings
  }

  var isIdle: Bool { working.isEmpty }

  mutating func begin(_ count: Int, share: UInt64, limit: UInt64) throws {
    for _ in 0..<count { try send(share: share, limit: limit) }
  }

  private mutating func send(share: UInt64, limit: UInt64) throws {
    guard nextNumber < limit else { return }
    let count = min(share, limit - nextNumber)
    working.append(try Worker(seed: seed, first: nextNumber, count: count, reasm: reasm))
    nextNumber += count
  }

  /// Waits for words of the processes, at most a second.
  mutating func listen(share: UInt64, limit: UInt64) throws {
    var sets = working.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    poll(&sets, nfds_t(sets.count), 1_000)
    for (worker, set) in zip(working, sets) {
      if set.revents != 0 { finished += worker.read() }
      if Date().timeIntervalSince(worker.lastHeard) > Self.patience { worker.kill() }
    }
    for worker in working where worker.isOver {
      working.removeAll { $0 === worker }
      if let number = worker.failed {
        note(number, worker)
        if worker.left > 0 {
          working.append(try Worker(seed: seed, first: number + 1, count: worker.left, reasm: reasm))
        }
      }
      if working.isEmpty || worker.failed == nil { try send(share: share, limit: limit) }
    }
  }

  /// Ends the processes, and counts what they did while nobody listened.
  mutating func end() {
    for worker in working {
      worker.kill()
      while !worker.isOver { finished += worker.read() }
    }
  }

  func awaitReports() { reports.sync {} }

  private mutating func note(_ number: UInt64, _ worker: Worker) {
    finished += 1
    let finding = Finding(script: ScriptMaker.script(seed: seed, number: number), seed: seed, words: worker.words)
    kinds[finding.kind, default: 0] += 1
    guard kinds[finding.kind] == 1 else { return }
    let (reasm, findings) = (reasm, findings)
    reports.async {
      do { try finding.report(reasm: reasm, folder: findings) } catch { print("\(error)") }
    }
  }
}
