/// Small pcapng captures, block by block: little-endian.
struct PcapngBytes {
  private(set) var bytes: [UInt8] = []

  init() { section() }

  private mutating func put(_ words: [UInt32]) { for word in words { bytes += Self.little(word) } }

  private static func little(_ word: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }

  mutating func section() { put([0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, .max, .max, 28]) }

  private mutating func block(_ type: UInt32, _ body: [UInt8]) {
    put([type, UInt32(12 + body.count)])
    bytes += body
    put([UInt32(12 + body.count)])
  }

  static func option(_ code: UInt16, _ value: [UInt8]) -> [UInt8] {
    little(UInt32(code) | UInt32(value.count) << 16) + value + [UInt8](repeating: 0, count: -value.count & 3)
  }

  mutating func interface(_ linkType: UInt32, snapshotLength: UInt32 = 0, _ options: [UInt8] = []) {
    block(1, Self.little(linkType) + Self.little(snapshotLength) + options + [0, 0, 0, 0])
  }

  mutating func packet(_ interface: UInt32 = 0, ticks: UInt64, _ data: [UInt8], originalLength: Int? = nil, _ options: [UInt8] = []) {
    let head = [
      interface, UInt32(ticks >> 32), UInt32(truncatingIfNeeded: ticks), UInt32(data.count), UInt32(originalLength ?? data.count),
    ]
    let padding = [UInt8](repeating: 0, count: -data.count & 3)
    block(6, head.flatMap(Self.little) + data + padding + (options.isEmpty ? [] : options + [0, 0, 0, 0]))
  }
}
