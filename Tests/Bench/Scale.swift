import Glibc

/// Shards of a run, made one after another as a stand-in for as many machines; their merge; and the cost of a packet of another shard.
///
/// Programs take turns, so that what disturbs the machine disturbs each of them. Storage is a memory file system, so reading costs nothing but
/// the processor.
struct Scale {
  let reasm: String
  let runs: Int
  let scale: Double

  private static let counts = [2, 4, 8]
  /// A packet of another shard may take so many seconds of the program.
  private static let allowed = 80e-9

  private var output: String { Comparison.folder + "/out" }

  func run(_ name: String) throws {
    let capture = try Comparison.capture(name, scale: scale)
    let packets = try Engine.emptyLoop(capture)
    print("\(name): \(packets) packets, \(runs) runs each, medians")
    try foreignPackets(capture, packets)
    try machines(capture)
  }

  // MARK: packets of other shards

  /// What a shard of so many that it has next to no connections takes, without what the same run takes on one packet.
  private func foreignPackets(_ capture: String, _ packets: Int) throws {
    let whole = [reasm, "-q", "-r", capture, "-o", output, "--shard", "0/100000"]
    let turns = try Turns("foreign packets", runs: runs, output: output, [("all", whole), ("one", whole + ["-c", "1"])])
    guard let all = turns.figures["all"], let one = turns.figures["one"] else { throw BenchError("\(reasm): failed on one packet") }
    func each(_ time: (ProcessFigures) -> Double) -> Sample {
      Sample(zip(all, one).map { max(0, time($0) - time($1)) / Double(packets) })
    }
    let user = each(\.user)
    print(
      "  a packet of another shard, with its reading: \(user.text("ns", scale: 1e9)) in the program, at most \(Int(Self.allowed * 1e9)) ns; "
        + "\(each(\.system).text("ns", scale: 1e9)) in the kernel, which copies it; wall time \(each(\.wall).text("ns", scale: 1e9))")
    try countInstructions(Array(whole.dropFirst()), packets)
    guard user.median <= Self.allowed else { throw BenchError("a packet of another shard costs too much") }
  }

  /// The same in instructions, where valgrind is installed.
  private func countInstructions(_ arguments: [String], _ packets: Int) throws {
    // valgrind does not read the debugging information of every toolchain.
    let program = "\(Comparison.folder)/reasm"
    defer { unlink(program) }
    guard (try? ProcessFigures.run(["valgrind", "--version"])) != nil,
      (try? ProcessFigures.run(["strip", "--strip-debug", "-o", program, reasm])) != nil
    else { return print("  valgrind and strip are not installed: instructions were not counted") }
    let all = try Instructions.count([program] + arguments)
    try Comparison.empty(output)
    let one = try Instructions.count([program] + arguments + ["-c", "1"])
    try Comparison.empty(output)
    print("  a packet of another shard, with its reading: \(fixed((all - one) / Double(packets), 1)) instructions")
  }

  // MARK: shards and their merge

  /// What one round gave for a number of shards, in seconds.
  private struct Round {
    var whole: Double
    var slowest: Double
    var merge: Double
    /// Processor time of the merge, which runs on one thread.
    var mergeProcessor: Double
  }

  private func machines(_ capture: String) throws {
    let command = [reasm, "-q", "-r", capture, "-o", output]
    var rounds: [Int: [Round]] = [:]
    var lines = 0
    for _ in 0..<runs {
      for count in Self.counts {
        try Comparison.empty(output)
        let whole = try ProcessFigures.run(command).wall
        lines = try Self.lines(output + "/connections.ndjson")
        try Comparison.empty(output)
        var slowest = 0.0
        for index in 0..<count { slowest = max(slowest, try ProcessFigures.run(command + ["--shard", "\(index)/\(count)"]).wall) }
        let merge = try ProcessFigures.run([reasm, "merge", "-q", output])
        guard try Self.lines(output + "/connections.ndjson") == lines else { throw BenchError("\(count) shards have other connections") }
        rounds[count, default: []].append(
          Round(whole: whole, slowest: slowest, merge: merge.wall, mergeProcessor: merge.user + merge.system))
      }
    }
    try Comparison.empty(output)
    for count in Self.counts {
      guard let all = rounds[count] else { continue }
      func text(_ unit: String, _ value: (Round) -> Double) -> String { Sample(all.map(value)).text(unit) }
      print(
        "  \(count) machines: one run \(text("s", \.whole)), slowest shard \(text("s", \.slowest)), "
          + "\(text("x") { $0.whole / $0.slowest }) as fast, \(text("x") { $0.whole / ($0.slowest + $0.merge) }) with the merge")
      print(
        "    merge of \(lines) lines: \(text("s", \.merge)), \(text("s", \.mergeProcessor)) of a processor, "
          + "\(text("thousand lines/s") { Double(lines) / $0.merge / 1_000 }), "
          + "\(text("thousand") { Double(lines) / $0.mergeProcessor / 1_000 }) a second of the processor")
    }
  }

  /// Number of lines of a file.
  private static func lines(_ path: String) throws -> Int {
    guard let file = fopen(path, "r") else { throw BenchError("\(path): cannot be read") }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    var lines = 0
    while case let count = fread(&bytes, 1, bytes.count, file), count > 0 { lines += bytes[..<count].count { $0 == 0x0a } }
    return lines
  }
}
