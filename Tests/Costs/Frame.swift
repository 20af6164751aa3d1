import Packets

/// An Ethernet frame with IPv4 and TCP that is changed where it lies, so that making the packets costs next to nothing.
struct Frame {
  static let client: (address: UInt32, port: UInt16) = (0x0a00_0001, 40_000)
  static let server: (address: UInt32, port: UInt16) = (0x0a00_0002, 80)
  private static let headers = 54
  private static let longestPayload = 60_000

  private var bytes: [UInt8]
  private var length = 0

  init(from source: (address: UInt32, port: UInt16), to destination: (address: UInt32, port: UInt16)) {
    bytes = [UInt8](repeating: 0, count: Self.headers) + [UInt8](repeating: 97, count: Self.longestPayload)
    bytes[12] = 8
    bytes[14] = 0x45
    bytes[23] = 6
    bytes[46] = 0x50
    put(source.address, at: 26)
    put(destination.address, at: 30)
    put(UInt32(source.port) << 16 | UInt32(destination.port), at: 34)
    put(0xffff_0000, at: 48)
  }

  mutating func set(source: UInt32) { put(source, at: 26) }

  mutating func set(sequence: UInt32, _ flags: TCPFlags, acknowledgment: UInt32 = 0, length: Int) {
    self.length = length
    let total = length + Self.headers - 14
    bytes[16] = UInt8(truncatingIfNeeded: total >> 8)
    bytes[17] = UInt8(truncatingIfNeeded: total)
    put(sequence, at: 38)
    put(acknowledgment, at: 42)
    bytes[47] = flags.rawValue
  }

  private mutating func put(_ value: UInt32, at offset: Int) {
    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index)) }
  }

  var contents: [UInt8] { Array(bytes[..<(Self.headers + length)]) }
}
