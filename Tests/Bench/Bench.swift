import Glibc

/// The project's benchmarks.
///
/// Nothing here is part of `make test`.
@main struct Bench {
  private static let usage = """
    bench compare [bulk|ooo|small ...]    whole programs in turn: reasm, floor, tcpflow
    bench inputs [bulk|ooo|small ...]    compressed captures and pcapng against what others take to read them
    bench engine [bulk|ooo|open|scattered ...]    reading and assembling against an empty pcap_loop, user CPU
    bench http    bodies of HTTP: reasm, tcpflow, tshark; and what --http costs without HTTP
    bench tls    clear files of TLS: reasm, tshark; and what --tls costs without keys
    bench match    search for 1 000 literals: reasm, and the engine with and without starts of matches
    bench output [bulk|ooo|small ...]    files in folders, an archive or no files, against files in one folder
    bench pcap [bulk|ooo|small ...]    captures of connections, without and beside the files of streams
    bench memory [crowd|evidence]    memory of a run with many open connections, against a bound
    bench scale [bulk|small ...]    shards as a stand-in for machines, their merge, the cost of a packet of another shard
    bench micro [NAME ...]    parts of the work
    bench instructions [--record]    their instructions against the baseline
    bench make bulk|ooo|small|http|tls|open|scattered FILE    only make a capture
    Environment: REASM (the program to measure), SCALE (1), RUNS (5), BASELINE.
    """

  private static func setting(_ name: String, _ usual: String) -> String { getenv(name).map { String(cString: $0) } ?? usual }

  static func main() {
    do {
      try run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      let line = "\(error)\n"
      _ = line.withCString { write(2, $0, strlen($0)) }
      exit(1)
    }
  }

  private static func run(_ arguments: [String]) throws {
    let scale = Double(setting("SCALE", "1")) ?? 1
    let runs = max(1, Int(setting("RUNS", "5")) ?? 5)
    let rest = Array(arguments.dropFirst())
    let program = CommandLine.arguments[0]
    switch arguments.first {
    case "compare":
      let comparison = Comparison(reasm: setting("REASM", ".build/release/reasm"), program: program, runs: runs, scale: scale)
      for name in rest.isEmpty ? ["bulk", "ooo", "small"] : rest { try comparison.run(name) }
    case "inputs":
      let comparison = InputComparison(reasm: setting("REASM", ".build/release/reasm"), program: program, runs: runs, scale: scale)
      for name in rest.isEmpty ? ["bulk", "small"] : rest { try comparison.run(name) }
    case "http":
      let comparison = HTTPComparison(reasm: setting("REASM", ".build/release/reasm"), runs: runs, scale: scale)
      try comparison.run()
      try comparison.runWithoutHTTP()
    case "tls":
      let comparison = TLSComparison(reasm: setting("REASM", ".build/release/reasm"), runs: runs, scale: scale)
      try comparison.run()
      try comparison.runWithoutKeys()
    case "match":
      let comparison = MatchComparison(reasm: setting("REASM", ".build/release/reasm"), runs: runs, scale: scale)
      try comparison.run()
      try comparison.runEngine()
    case "output":
      let comparison = OutputComparison(
        forms: OutputComparison.places, reasm: setting("REASM", ".build/release/reasm"), runs: runs, scale: scale)
      for name in rest.isEmpty ? ["small"] : rest { try comparison.run(name) }
    case "pcap":
      let comparison = OutputComparison(
        forms: OutputComparison.captures, reasm: setting("REASM", ".build/release/reasm"), runs: runs, scale: scale)
      for name in rest.isEmpty ? ["bulk"] : rest { try comparison.run(name) }
    case "memory":
      let check = MemoryCheck(reasm: setting("REASM", ".build/release/reasm"), scale: scale)
      for name in rest.isEmpty ? MemoryCheck.names : rest { try check.run(name) }
    case "scale":
      let measure = Scale(reasm: setting("REASM", ".build/release/reasm"), runs: runs, scale: scale)
      for name in rest.isEmpty ? ["bulk", "small"] : rest { try measure.run(name) }
    case "read" where rest.count == 1: print(try InputComparison.read(rest[0]))
    case "floor" where rest.count == 3: try Engine.floor(rest[0], sizes: rest[1], output: rest[2])
    case "engine": for name in rest.isEmpty ? ["bulk", "ooo", "open", "scattered"] : rest { try engine(name, program, runs, scale) }
    case "loop" where rest.count == 1: print(try Engine.emptyLoop(rest[0]))
    case "assemble" where rest.count == 1: print(try Engine.assemble(rest[0]))
    case "micro": try micro(rest)
    case "instructions":
      let check = Instructions(baseline: setting("BASELINE", "Tests/Bench/instructions.txt"), records: rest == ["--record"])
      try check.check(MicroBenchmark.all, program: program)
    case "make" where rest.count == 2: print(try CaptureMaker.make(Comparison.plan(rest[0], scale: scale), path: rest[1]), "packets")
    default: throw BenchError(usage)
    }
  }

  /// Each in a process of its own, in turn.
  private static func engine(_ name: String, _ program: String, _ runs: Int, _ scale: Double) throws {
    let capture = try Comparison.capture(name, scale: scale)
    var loop: [ProcessFigures] = []
    var whole: [ProcessFigures] = []
    for _ in 0..<runs {
      loop.append(try ProcessFigures.run([program, "loop", capture]))
      whole.append(try ProcessFigures.run([program, "assemble", capture]))
    }
    let packets = Double(try Engine.emptyLoop(capture))
    func nanoseconds(_ figures: [ProcessFigures]) -> Sample { Sample(figures.map { $0.user / packets * 1e9 }) }
    print(
      "\(name): \(Int(packets)) packets, empty loop \(nanoseconds(loop).text("ns")) a packet, engine \(nanoseconds(whole).text("ns")), "
        + "ratio \(Sample(zip(whole, loop).map { $0.user / $1.user }).text("x")), memory \(whole.map(\.memory).max() ?? 0) KiB")
  }

  private static func micro(_ arguments: [String]) throws {
    let names = arguments.filter { !$0.hasPrefix("--") }
    for benchmark in MicroBenchmark.all where names.isEmpty || names.contains(benchmark.name) {
      let (operations, work) = try benchmark.prepare()
      if arguments.contains("--prepare") { continue }
      try work()
      if arguments.contains("--once") { continue }
      var values: [Double] = []
      for _ in 0..<7 {
        let start = userTime()
        var rounds = 0
        repeat {
          try work()
          rounds += 1
        } while userTime() - start < 0.05
        values.append((userTime() - start) / Double(rounds * operations) * 1e9)
      }
      print("\(benchmark.name): \(Sample(values).text("ns")) a \(benchmark.unit)")
    }
  }
}
