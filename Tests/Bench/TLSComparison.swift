/// Decryption of TLS 1.3 by reasm and tshark, in turn, and the price of looking into TLS without keys.
struct TLSComparison {
  let reasm: String
  let runs: Int
  let scale: Double

  /// Part of tshark's time that reasm may take, and its memory in KiB.
  private static let bounds = (ratio: 0.15, memory: 120_000_000 / 1_024)

  private var output: String { Comparison.folder + "/out" }

  /// 217 MB in 200 connections; reasm writes ciphertext, clear bytes and index of all, and tshark prints the clear bytes of one.
  ///
  /// - Throws: if reasm takes more time or memory than it may.
  func run() throws {
    let capture = try Comparison.capture("tls", scale: scale)
    let keys = CaptureMaker.keyLog(of: capture)
    let turns = try Turns(
      "tls", runs: runs, output: output,
      [
        ("reasm", [reasm, "-q", "-r", capture, "-o", output, "--keylog", keys]),
        ("tshark", ["tshark", "-q", "-r", capture, "-o", "tls.keylog_file:" + keys, "-z", "follow,tls,raw,0"]),
      ])
    turns.report()
    if let memory = turns.memory(of: "reasm"), memory > Self.bounds.memory {
      throw BenchError("tls: \(memory) KiB, more than \(Self.bounds.memory)")
    }
    if let ratio = turns.ratio(to: "tshark"), ratio.median > Self.bounds.ratio {
      throw BenchError("tls: more than \(Self.bounds.ratio) of the time of tshark")
    }
  }

  /// The same capture without keys: with `--tls`, and without any option of TLS.
  func runWithoutKeys() throws {
    let capture = try Comparison.capture("tls", scale: scale)
    let plain = [reasm, "-q", "-r", capture, "-o", output]
    try Turns("tls without keys", runs: runs, output: output, [("reasm --tls", plain + ["--tls"]), ("reasm", plain)]).report()
  }
}
