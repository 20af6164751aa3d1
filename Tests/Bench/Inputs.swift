import Capture
import Glibc

/// The same capture in other forms: compressed against the program that unpacks it and a pipe, pcapng against pcap, and our readers against
/// libpcap's.
///
/// Only the ratios mean something.
struct InputComparison {
  let reasm: String
  let program: String
  let runs: Int
  let scale: Double

  /// As fast as each compresses: what is measured is the way back.
  private static let compressors = [
    ("gzip", "gzip -1"), ("zstd", "zstd -q -1"), ("xz", "xz -1"), ("lz4", "lz4 -q"), ("bzip2", "bzip2 -1"),
  ]

  func run(_ name: String) throws {
    let capture = try Comparison.capture(name, scale: scale)
    let output = Comparison.folder + "/out"
    func reading(_ what: String) -> [String] { ["/bin/sh", "-c", "\(what) -q -o \(output)"] }
    for (compressor, command) in Self.compressors {
      let packed = "\(capture).\(compressor)"
      _ = try ProcessFigures.run(["/bin/sh", "-c", "test -e \(packed) || \(command) -c \(capture) > \(packed)"])
      try compare(
        "\(name), \(compressor) against \(compressor) -dc | reasm -r -", reading("\(reasm) -r \(packed)"),
        reading("\(compressor) -dc \(packed) | \(reasm) -r -"))
    }
    let blocks = "\(capture)ng"
    if access(blocks, R_OK) != 0 { try Self.convert(capture, to: blocks) }
    try compare("\(name), pcapng against pcap", reading("\(reasm) -r \(blocks)"), reading("\(reasm) -r \(capture)"))
    try compare("\(name), reading pcap against pcap_loop", [program, "read", capture], [program, "loop", capture])
    try compare("\(name), reading pcapng against pcap_loop", [program, "read", blocks], [program, "loop", blocks])
  }

  /// Both in turn.
  private func compare(_ title: String, _ one: [String], _ other: [String]) throws {
    let turns = try Turns(title, runs: runs, output: Comparison.folder + "/out", [("one", one), ("other", other)])
    guard let all = turns.figures["one"], let others = turns.figures["other"] else { throw BenchError("\(title): \(other[0]) failed") }
    let processor = Sample(zip(all, others).map { ($0.user + $0.system) / ($1.user + $1.system) })
    let wall = Sample(zip(all, others).map { $0.wall / $1.wall })
    print("\(title): \(wall.text("x")) the time, \(processor.text("x")) the processor time")
  }

  /// Reads every packet and looks at none.
  static func read(_ path: String) throws -> UInt64 {
    var captures = try CaptureSet(paths: [path])
    var packets: UInt64 = 0
    while captures.next() != nil { packets += 1 }
    return packets
  }

  /// Writes the packets of a capture that `CaptureMaker` made into Enhanced Packet Blocks.
  private static func convert(_ capture: String, to path: String) throws {
    guard let input = fopen(capture, "r"), let output = fopen(path, "w") else { throw BenchError("\(path): cannot be written") }
    defer {
      fclose(input)
      fclose(output)
    }
    func put(_ words: [UInt32]) { fwrite(words, 4, words.count, output) }
    put([0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, .max, .max, 28, 1, 20, 1, 262_144, 20])
    var header = [UInt32](repeating: 0, count: 4)
    var bytes = [UInt8](repeating: 0, count: 1 << 18)
    fseek(input, 24, SEEK_SET)
    while fread(&header, 4, 4, input) == 4 {
      let count = Int(header[2])
      guard count <= bytes.count, fread(&bytes, 1, count, input) == count else { throw BenchError("\(capture): cut off") }
      let (time, padded) = (UInt64(header[0]) * 1_000_000 + UInt64(header[1]), (count + 3) & ~3)
      let length = UInt32(32 + padded)
      put([6, length, 0, UInt32(time >> 32), UInt32(truncatingIfNeeded: time), header[2], header[3]])
      fwrite(bytes, 1, padded, output)
      put([length])
    }
  }
}
