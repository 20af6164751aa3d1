/// What a form of the output takes, as a part of what files in one folder take.
struct OutputComparison {
  private static let forms: [(name: String, options: [String])] = [
    ("files in folders", ["-T", "%K/%N"]),
    ("an archive", ["--tar", Comparison.folder + "/out/streams.tar"]),
    ("no files", ["--no-streams"]),
  ]

  let reasm: String
  let runs: Int
  let scale: Double

  func run(_ name: String) throws {
    let capture = try Comparison.capture(name, scale: scale)
    let output = Comparison.folder + "/out"
    let files = [reasm, "-q", "-r", capture, "-o", output]
    for form in Self.forms {
      let command = (name: "reasm \(form.options[0])", command: files + form.options)
      try Turns("\(form.name), \(name)", runs: runs, output: output, [command, ("reasm", files)]).report()
    }
  }
}
