import Glibc

/// Counts instructions with callgrind, which stay the same where seconds do not, and compares them with those of the baseline file.
struct Instructions {
  /// Further from the baseline than this is a failure, either way: what became cheaper is to be recorded.
  private static let tolerance = 0.005

  let baseline: String
  let records: Bool

  /// - Throws: where a count is off, after all are shown.
  func check(_ benchmarks: [MicroBenchmark], program: String) throws {
    var known: [String: Double] = [:]
    for line in (try? Self.text(of: baseline)) ?? [] {
      let parts = line.split(separator: " ")
      if parts.count == 2, let count = Double(parts[1]) { known[String(parts[0])] = count }
    }
    var lines = ""
    var off: [String] = []
    for benchmark in benchmarks {
      let (operations, _) = try benchmark.prepare()
      let work = try Self.count([program, "micro", benchmark.name, "--once"])
      let preparation = try Self.count([program, "micro", benchmark.name, "--prepare"])
      let each = (work - preparation) / Double(operations)
      lines += "\(benchmark.name) \(fixed(each, 1))\n"
      var remark = "no baseline"
      if let before = known[benchmark.name] {
        let change = each / before - 1
        remark = "\(change < 0 ? "-" : "+")\(fixed(abs(change) * 100, 1)) % against \(fixed(before, 1))"
        if abs(change) > Self.tolerance { off.append(benchmark.name) }
      }
      print("\(benchmark.name): \(fixed(each, 1)) instructions a \(benchmark.unit), \(remark)")
    }
    if records {
      guard let file = fopen(baseline, "w") else { throw BenchError("\(baseline): cannot be written") }
      fputs(lines, file)
      fclose(file)
    } else if !off.isEmpty {
      throw BenchError("more than 0.5 % from the baseline: \(off.joined(separator: ", ")); if that is meant: bench instructions --record")
    }
  }

  /// Instructions of a whole run.
  ///
  /// The seed of hashes is held, so that two runs agree.
  static func count(_ command: [String]) throws -> Double {
    let output = "/tmp/reasm-bench-\(getpid()).callgrind"
    defer { unlink(output) }
    setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
    _ = try ProcessFigures.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + output] + command)
    for line in try text(of: output) where line.hasPrefix("totals: ") || line.hasPrefix("summary: ") {
      if let last = line.split(separator: " ").last, let count = Double(last) { return count }
    }
    throw BenchError("callgrind counted nothing")
  }

  private static func text(of path: String) throws -> [String] {
    guard let file = fopen(path, "r") else { throw BenchError("\(path): cannot be read") }
    defer { fclose(file) }
    var lines: [String] = []
    var line = [CChar](repeating: 0, count: 4_096)
    while fgets(&line, 4_096, file) != nil {
      let end = line.firstIndex(of: 0) ?? line.count
      lines.append(
        String(decoding: line[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? "")
    }
    return lines
  }
}
