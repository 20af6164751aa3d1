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
    try Turns(
      "http", runs: runs, output: output,
      [
        ("reasm", [reasm, "-q", "-r", capture, "-o", output, "--http"]),
        ("tcpflow", ["tcpflow", "-q", "-r", capture, "-o", output, "-e", "http"]),
        ("tshark", ["tshark", "-q", "-r", capture, "--export-objects", "http," + output]),
      ]
    ).report()
  }

  /// 245 MB without HTTP, with and without `--http`.
  func runWithoutHTTP() throws {
    let capture = try Comparison.capture("bulk", scale: scale / 4)
    let plain = [reasm, "-q", "-r", capture, "-o", output]
    try Turns("no HTTP", runs: runs, output: output, [("reasm --http", plain + ["--http"]), ("reasm", plain)]).report()
  }
}
