/// What a form of the output takes, as a part of what files of streams in one folder take.
struct OutputComparison {
  /// A form, with the options that make it.
  typealias Form = (name: String, options: [String])

  /// Places of the streams.
  static let places: [Form] = [
    ("files in folders", ["-T", "%K/%N"]),
    ("an archive", ["--tar", Comparison.folder + "/out/streams.tar"]),
    ("no files", ["--no-streams"]),
  ]
  /// Captures of connections.
  static let captures: [Form] = [
    ("captures of connections without files of streams", ["--pcap", "--no-streams"]),
    ("captures of connections beside files of streams", ["--pcap"]),
  ]

  let forms: [Form]
  let reasm: String
  let runs: Int
  let scale: Double

  func run(_ name: String) throws {
    let capture = try Comparison.capture(name, scale: scale)
    let output = Comparison.folder + "/out"
    let files = [reasm, "-q", "-r", capture, "-o", output]
    for form in forms {
      let command = (name: "reasm " + form.options.filter { $0.hasPrefix("-") }.joined(separator: " "), command: files + form.options)
      try Turns("\(form.name), \(name)", runs: runs, output: output, [command, ("reasm", files)]).report()
    }
  }
}
