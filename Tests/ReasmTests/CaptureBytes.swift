/// Small classic captures, byte by byte: little-endian, microseconds.
struct CaptureBytes {
  var bytes: [UInt8] = []

  init(linkType: UInt32 = 1, snapshotLength: UInt32 = 65535) {
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, snapshotLength, linkType] as [UInt32] { put(word) }
  }

  private mutating func put(_ word: UInt32) {
    for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
  }

  mutating func packet(seconds: UInt32 = 1, originalLength: Int? = nil, _ data: [UInt8]) {
    for word in [seconds, 0, UInt32(data.count), UInt32(originalLength ?? data.count)] { put(word) }
    bytes += data
  }

  /// An Ethernet frame with an IPv4 header and a TCP header of 20 bytes each; checksums are zero.
  static func segment(
    from: UInt8 = 1, to: UInt8 = 2, ports: (UInt16, UInt16) = (40000, 80), sequence: UInt32, acknowledgment: UInt32 = 0, flags: UInt8,
    _ payload: String = ""
  ) -> [UInt8] {
    func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)] }
    func big(_ value: UInt32) -> [UInt8] { big(UInt16(value >> 16)) + big(UInt16(truncatingIfNeeded: value)) }
    let data = Array(payload.utf8)
    var frame = [UInt8](repeating: 0, count: 12) + [0x08, 0x00]
    frame += [0x45, 0] + big(UInt16(40 + data.count)) + [0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, from, 10, 0, 0, to]
    frame += big(ports.0) + big(ports.1) + big(sequence) + big(acknowledgment) + [0x50, flags, 0xff, 0xff, 0, 0, 0, 0]
    return frame + data
  }

  /// A conversation one way: SYN, `lines`, FIN, one packet each.
  static func conversation(_ lines: [String] = ["hello ", "world\n"]) -> CaptureBytes {
    var capture = CaptureBytes()
    var sequence: UInt32 = 1000
    capture.packet(segment(sequence: sequence, flags: 0x02))
    sequence += 1
    for line in lines {
      capture.packet(segment(sequence: sequence, flags: 0x18, line))
      sequence += UInt32(line.utf8.count)
    }
    capture.packet(segment(sequence: sequence, flags: 0x11))
    return capture
  }

  /// Another kind of packet: ARP.
  static let arp = [UInt8](repeating: 0xff, count: 12) + [0x08, 0x06] + [UInt8](repeating: 0, count: 28)
}
