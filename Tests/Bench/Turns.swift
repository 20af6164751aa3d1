/// Programs that do the same work in turn, so that what disturbs the machine disturbs each of them.
struct Turns {
  /// A program with its arguments, under the name that is printed.
  struct Entry {
    var name: String
    var command: [String]
  }

  let title: String
  let runs: Int
  /// Folder that the programs write to, removed before each run.
  let output: String
  let entries: [Entry]
  /// Figures of each program that is installed and succeeded, by name.
  private(set) var figures: [String: [ProcessFigures]] = [:]

  /// Runs the programs.
  ///
  /// - Parameters:
  ///   - title: what they do.
  ///   - runs: number of runs of each.
  ///   - output: the folder that they write to.
  ///   - entries: the programs, ours first.
  ///   - check: called after each run with the name of the program, before its output is removed.
  /// - Throws: if ours fails, and what `check` throws.
  init(
    _ title: String, runs: Int, output: String, _ entries: [(name: String, command: [String])], check: (String) throws -> Void = { _ in }
  ) throws {
    self.title = title
    self.runs = runs
    self.output = output
    self.entries = entries.map { Entry(name: $0.name, command: $0.command) }
    var failed: Set<String> = []
    for _ in 0..<runs {
      for entry in self.entries where !failed.contains(entry.name) {
        try Comparison.empty(output)
        do {
          figures[entry.name, default: []].append(try ProcessFigures.run(entry.command))
        } catch {
          if entry.name == self.entries[0].name { throw error }
          failed.insert(entry.name)
          figures[entry.name] = nil
          continue
        }
        try check(entry.name)
      }
    }
    try Comparison.empty(output)
  }

  /// The most memory that a program had, in KiB; nil if it has no figures.
  func memory(of name: String) -> Int? { figures[name]?.map(\.memory).max() }

  /// Wall time of ours as a part of that of another program, run by run; nil if that one has no figures.
  func ratio(to name: String) -> Sample? {
    guard let ours = figures[entries[0].name], let others = figures[name] else { return nil }
    return Sample(zip(ours, others).map { $0.wall / $1.wall })
  }

  /// Prints what each program took, and how ours compares.
  func report() {
    print("\(title), \(runs) runs each")
    for entry in entries {
      guard let all = figures[entry.name] else {
        print("  \(entry.name): not installed, or failed")
        continue
      }
      print(
        "  \(entry.name): wall \(Sample(all.map(\.wall)).text("s")), user \(Sample(all.map(\.user)).text("s")), "
          + "system \(Sample(all.map(\.system)).text("s")), memory \(all.map(\.memory).max() ?? 0) KiB")
    }
    for entry in entries.dropFirst() {
      if let ratio = ratio(to: entry.name) { print("  \(entries[0].name) takes \(ratio.text("x")) the time of \(entry.name)") }
    }
  }
}
