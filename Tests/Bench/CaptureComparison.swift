/// What captures of connections cost: without files of streams, and beside them.
struct CaptureComparison {
  let reasm: String
  let runs: Int
  let scale: Double

  func run(_ name: String) throws {
    let capture = try Comparison.capture(name, scale: scale)
    let output = Comparison.folder + "/out"
    let plain = [reasm, "-q", "-r", capture, "-o", output]
    try Turns(
      "captures of connections without files of streams, \(name)", runs: runs, output: output,
      [("reasm --pcap --no-streams", plain + ["--pcap", "--no-streams"]), ("reasm", plain)]
    ).report()
    try Turns(
      "captures of connections beside files of streams, \(name)", runs: runs, output: output,
      [("reasm --pcap", plain + ["--pcap"]), ("reasm", plain)]
    ).report()
  }
}
