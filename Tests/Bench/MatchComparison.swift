import CMatch
import Glibc

/// What the search for patterns costs: of whole runs, and of the engine with and without starts of matches.
struct MatchComparison {
  private static let literals = 1_000
  /// Number of bytes that the engine is given at once, as a packet brings them.
  private static let piece = 1_460

  let reasm: String
  let runs: Int
  let scale: Double

  /// Words of lower-case letters.
  private static let words: [String] = {
    var random: UInt64 = 7
    func below(_ bound: UInt64) -> UInt64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (random >> 33) % bound
    }
    return (0..<literals).map { _ in
      String(decoding: (0..<(8 + below(9))).map { _ in UInt8(0x61 + below(26)) }, as: UTF8.self)
    }
  }()

  /// The command with the literals in a file, and without.
  func run() throws {
    let capture = try Comparison.capture("bulk", scale: scale)
    let output = Comparison.folder + "/out"
    let patterns = Comparison.folder + "/literals"
    guard let file = fopen(patterns, "w") else { throw BenchError("\(patterns): cannot be written") }
    for word in Self.words { fputs(word + "\n", file) }
    fclose(file)
    let plain = [reasm, "-q", "-r", capture, "-o", output]
    try Turns(
      "search for \(Self.literals) literals, bulk", runs: runs, output: output,
      [("reasm --match-file", plain + ["--match-file", patterns, "--match-fixed"]), ("reasm", plain)]
    ).report()
  }

  /// The engine alone over the bytes of `bulk`, without a match.
  func runEngine() throws {
    if let reason = cmatch_load() { throw BenchError("match: \(String(cString: reason))") }
    var state: UInt64 = 99
    let bytes: [UInt8] = (0..<(16 << 20)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    var samples: [String: [Double]] = [:]
    let forms: [(name: String, flags: UInt32)] = [("with", UInt32(CMATCH_LEFTMOST_START)), ("without", 0)]
    for _ in 0..<runs {
      for form in forms { samples[form.name, default: []].append(try Self.scan(bytes, form.flags)) }
    }
    for form in forms {
      print("  engine \(form.name) starts of matches: \(Sample(samples[form.name] ?? []).text("ns")) a KiB")
    }
    let ratios = zip(samples["with"] ?? [], samples["without"] ?? []).map { $0 / $1 }
    print("  with starts the engine takes \(Sample(ratios).text("x")) the time without")
  }

  /// Returns the user time in nanoseconds for 1 024 bytes.
  private static func scan(_ bytes: [UInt8], _ flags: UInt32) throws -> Double {
    let expressions = words.map { strdup($0) }
    defer { expressions.forEach { free($0) } }
    var database: OpaquePointer?
    var message = [CChar](repeating: 0, count: 256)
    var wrong: Int32 = -1
    let status = cmatch_compile(
      expressions.map { UnsafePointer($0) }, Array(repeating: flags, count: literals), (0..<UInt32(literals)).map { $0 }, UInt32(literals),
      &database, &message, message.count, &wrong)
    guard status == CMATCH_SUCCESS, let database else { throw BenchError("match: the literals cannot be compiled") }
    defer { cmatch_free_database(database) }
    var (scratch, stream): (OpaquePointer?, OpaquePointer?)
    guard cmatch_make_scratch(database, &scratch) == CMATCH_SUCCESS, cmatch_open_stream(database, &stream) == CMATCH_SUCCESS, let scratch,
      let stream
    else { throw BenchError("match: there is not enough memory") }
    defer {
      cmatch_close_stream(stream)
      cmatch_free_scratch(scratch)
    }
    let start = userTime()
    let isScanned = bytes.withUnsafeBytes { memory in
      stride(from: 0, to: memory.count, by: piece).allSatisfy { place in
        // The piece lies inside of the array, which is borrowed.
        cmatch_scan(
          stream, memory.baseAddress.map { $0 + place }, UInt32(min(piece, memory.count - place)), scratch, { _, _, _, _, _ in 0 }, nil)
          == CMATCH_SUCCESS
      }
    }
    guard isScanned else { throw BenchError("match: the engine failed") }
    return (userTime() - start) / Double(bytes.count) * 1_024e9
  }
}
