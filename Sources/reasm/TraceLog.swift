import Packets
import Reassembly

/// One line per packet on standard error: number, connection (`-` for none), disposition.
///
/// Lines are gathered to blocks, so a trace must be flushed before anything else is said.
struct TraceLog {
  private var lines: [UInt8] = []
  private static let blockSize = 1 << 16

  /// `12 3 delivered`
  mutating func add(_ disposition: Disposition, of info: CaptureInfo) {
    add(info.packetNumber, disposition.connection == 0 ? "-" : String(disposition.connection), Words.snakeCase(disposition.kind.rawValue))
  }

  /// `12 - not_tcp`
  mutating func add(_ error: DecodeError, of info: CaptureInfo) { add(info.packetNumber, "-", Words.name(of: error)) }

  private mutating func add(_ number: UInt64, _ connection: String, _ words: String) {
    lines.append(contentsOf: "\(number) \(connection) \(words)\n".utf8)
    if lines.count >= Self.blockSize { flush() }
  }

  mutating func flush() {
    _ = lines.withUnsafeBufferPointer { StandardStream.error.write($0) }
    lines.removeAll(keepingCapacity: true)
  }
}
