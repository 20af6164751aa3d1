/// Extraction of the bodies of HTTP by reasm, tcpflow and tshark, in turn, and the price of `--http` where there is none.
///
/// Programs that are not installed are left out.
struct HTTPComparison {
  let reasm: String
  let runs: Int
  let scale: Double

  private var output: String { Comparison.folder + "/out" }

  /// 8 000 bodies of 30 KB, a third of them in gzip; reasm writes streams, bodies, index and hashes.
  func run() throws {
    let capture = try Comparison.capture("http", scale: scale)
    let commands: [(name: String, command: [String])] = [
      ("reasm", [reasm, "-q", "-r", capture, "-o", output, "--http"]),
      ("tcpflow", ["tcpflow", "-q", "-r", capture, "-o", output, "-e", "http"]),
      ("tshark", ["tshark", "-q", "-r", capture, "--export-objects", "http," + output]),
    ]
    try compare("http", commands)
  }

  /// 245 MB without HTTP, with and without `--http`.
  func runWithoutHTTP() throws {
    let capture = try Comparison.capture("bulk", scale: scale / 4)
    let plain = [reasm, "-q", "-r", capture, "-o", output]
    try compare("no HTTP", [("reasm --http", plain + ["--http"]), ("reasm", plain)])
  }

  private func compare(_ name: String, _ commands: [(name: String, command: [String])]) throws {
    var figures: [String: [ProcessFigures]] = [:]
    for _ in 0..<runs {
      for (program, command) in commands {
        try Comparison.empty(output)
        if let taken = try? ProcessFigures.run(command) { figures[program, default: []].append(taken) }
      }
    }
    try Comparison.empty(output)
    let ours = figures[commands[0].name] ?? []
    guard ours.count == runs else { throw BenchError("\(name): \(commands[0].name) failed") }
    print("\(name): \(runs) runs each")
    for (program, _) in commands {
      guard let all = figures[program], all.count == runs else {
        print("  \(program): not installed, or failed")
        continue
      }
      let ratio = Sample(zip(ours, all).map { $0.wall / $1.wall })
      print(
        "  \(program): wall \(Sample(all.map(\.wall)).text("s")), user \(Sample(all.map(\.user)).text("s")), "
          + "memory \(all.map(\.memory).max() ?? 0) KiB, \(commands[0].name) takes \(ratio.text("x")) its time")
    }
  }
}
