import Packets
import Reassembly

/// Trace on standard error with one line per packet: number, connection (`-` for none), disposition.
///
/// With several inputs the packet's number is the number of its input, a colon and its own number. Lines are written in blocks, so a trace
/// must be flushed before any other message. The words are created once: a line allocates nothing.
struct TraceLog {
  private var lines: [UInt8] = []
  private let kinds: [Disposition.Kind: [UInt8]]
  private let errors: [[UInt8]]
  private static let blockSize = 1 << 16
  private let namesInputs: Bool

  init(namesInputs: Bool) {
    self.namesInputs = namesInputs
    kinds = Dictionary(uniqueKeysWithValues: Disposition.Kind.allCases.map { ($0, Array(DisplayText.snakeCase($0.rawValue).utf8)) })
    errors = DecodeError.allCases.map { Array(DisplayText.name(of: $0).utf8) }
  }

  /// Adds a line such as `12 3 delivered` or `1:12 3 delivered`.
  mutating func add(_ disposition: Disposition, of info: CaptureInfo) { add(info, disposition.connection, kinds[disposition.kind] ?? []) }

  /// Adds a line such as `12 - not_tcp`.
  mutating func add(_ error: DecodeError, of info: CaptureInfo) { add(info, 0, errors[Int(error.rawValue)]) }

  private mutating func add(_ info: CaptureInfo, _ connection: UInt64, _ words: [UInt8]) {
    if namesInputs {
      append(UInt64(info.input))
      lines.append(UInt8(ascii: ":"))
    }
    append(info.packetNumber)
    lines.append(UInt8(ascii: " "))
    if connection == 0 { lines.append(UInt8(ascii: "-")) } else { append(connection) }
    lines.append(UInt8(ascii: " "))
    lines.append(contentsOf: words)
    lines.append(UInt8(ascii: "\n"))
    if lines.count >= Self.blockSize { flush() }
  }

  /// Appends a number in decimal, without creating a string.
  private mutating func append(_ number: UInt64) {
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      lines.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }

  mutating func flush() {
    _ = lines.withUnsafeBufferPointer { StandardStream.error.write($0) }
    lines.removeAll(keepingCapacity: true)
  }
}
