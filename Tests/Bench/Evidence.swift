import Glibc

/// Writes a capture of connections that stay open and of which every index line lists as much as it costs little to send: a hundred conflicts
/// of one byte each, and a gap.
enum Evidence {
  private static let payload = 200

  static func make(connections: Int, path: String) throws -> Int {
    guard let file = fopen(path, "w") else { throw BenchError("\(path): cannot be written") }
    defer { fclose(file) }
    var output: [UInt8] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]
    var packets = 0
    var seconds: UInt32 = 1_700_000_000
    func add(_ packet: BenchPacket, alternate: Bool = false) throws {
      var bytes = packet.bytes
      if alternate {
        for index in stride(from: bytes.count - packet.payload, to: bytes.count, by: 2) { bytes[index] = 0x62 }
      }
      for value in [seconds, UInt32(packets % 1_000_000), UInt32(bytes.count), UInt32(bytes.count)] {
        withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) }
      }
      output += bytes
      packets += 1
      guard output.count > 1 << 20 || packet.flags == 0 else { return }
      guard fwrite(output, 1, output.count, file) == output.count else { throw BenchError("\(path): cannot be written: no room?") }
      output.removeAll(keepingCapacity: true)
    }
    for number in 0..<connections { try add(BenchPacket(connection: number, sequence: 999, flags: 2, payload: payload)) }
    for number in 0..<connections { try add(BenchPacket(connection: number, sequence: 1_000, payload: payload), alternate: true) }
    for number in 0..<connections { try add(BenchPacket(connection: number, sequence: 1_000 + 201, payload: 1)) }
    // The gaps are given up by age, and all connections are still open.
    seconds += 400
    try add(BenchPacket(connection: connections, sequence: 0, flags: 0))
    return packets
  }
}
