import Glibc

/// The memory that a whole run takes with as many connections open as a hostile or a busy network can make, against a bound.
struct MemoryCheck {
  let reasm: String
  let scale: Double

  /// What a run may take besides its connections, in KiB.
  private static let base = 64 << 10

  static let names = ["crowd", "evidence"]

  /// - Throws: where it takes more than it may.
  func run(_ name: String) throws {
    let connections: Int
    let capture: String
    /// Bytes a connection.
    let allowed: Int
    switch name {
    case "crowd":
      connections = max(1, Int(100_000 * scale))
      capture = try Comparison.capture("scattered", scale: Double(connections) / 1_000_000)
      // The times of a connection take 256 bytes of it.
      allowed = 900 + 256
    case "evidence":
      connections = max(1, Int(40_000 * scale))
      capture = "\(Comparison.folder)/evidence-\(connections).pcap"
      mkdir(Comparison.folder, 0o777)
      if access(capture, R_OK) != 0 { _ = try Evidence.make(connections: connections, path: capture) }
      // A page of those for queued bytes, for what waits behind the gap; the times; connection, files and notes.
      allowed = 4_096 + 256 + 1_900
    default: throw BenchError("\(name): no such load; there are \(Self.names.joined(separator: ", "))")
    }
    let output = Comparison.folder + "/out"
    try Comparison.empty(output)
    let memory = try ProcessFigures.run([reasm, "-q", "-r", capture, "-o", output]).memory
    try Comparison.empty(output)
    let bound = Self.base + ((connections * allowed) >> 10)
    print("\(name): \(connections) connections open, \(memory) KiB, \((memory << 10) / connections) bytes each, at most \(bound) KiB")
    if memory > bound { throw BenchError("\(name): more memory than \(Self.base) KiB and \(allowed) bytes a connection") }
  }
}
