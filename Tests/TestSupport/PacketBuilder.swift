package import Packets

/// Makes the bytes of headers, from TCP outwards; checksums are right unless a test asks otherwise.
///
/// Nothing here is shared with the decoder: the two are written against the RFCs, and so can contradict each other.
package enum PacketBuilder {
  package static let tcpProtocol: UInt8 = 6
  package static let udpProtocol: UInt8 = 17

  /// The ones' complement sum of RFC 1071 over `bytes`, an odd last byte padded with zero.
  package static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
      sum = (sum & 0xffff) + (sum >> 16)
    }
    return ~UInt16(truncatingIfNeeded: sum)
  }

  /// The pseudo header that TCP and UDP checksums cover (RFC 9293, 3.1; RFC 8200, 8.1).
  static func pseudoHeader(_ source: IPAddress, _ destination: IPAddress, protocol number: UInt8, length: Int) -> [UInt8] {
    let addresses = source.wireBytes + destination.wireBytes
    switch source.family {
    case .v4: return addresses + [0, number] + bigEndian(UInt16(truncatingIfNeeded: length))
    case .v6: return addresses + bigEndian(UInt32(truncatingIfNeeded: length)) + [0, 0, 0, number]
    }
  }

  /// TCP header, options and payload.
  ///
  /// `dataOffset` counts 32-bit words; it is the true one unless a test wants a broken header.
  package static func tcp(_ segment: TestSegment, badChecksum: Bool = false, dataOffset: UInt8? = nil) -> [UInt8] {
    let words = dataOffset ?? UInt8(5 + segment.options.count / 4)
    var bytes = bigEndian(segment.source.port) + bigEndian(segment.destination.port)
    bytes += bigEndian(segment.sequence) + bigEndian(segment.acknowledgment)
    bytes += [words << 4, segment.flags.rawValue] + bigEndian(segment.window) + [0, 0] + bigEndian(segment.urgentPointer)
    bytes += segment.options + segment.payload
    let pseudo = pseudoHeader(segment.source.address, segment.destination.address, protocol: tcpProtocol, length: bytes.count)
    let sum = checksum(pseudo + bytes) ^ (badChecksum ? 0x5555 : 0)
    bytes.replaceSubrange(16..<18, with: bigEndian(sum))
    return bytes
  }

  /// UDP header and payload (RFC 768).
  package static func udp(_ payload: [UInt8], from source: Endpoint, to destination: Endpoint) -> [UInt8] {
    var bytes = bigEndian(source.port) + bigEndian(destination.port) + bigEndian(UInt16(8 + payload.count)) + [0, 0] + payload
    let sum = checksum(pseudoHeader(source.address, destination.address, protocol: udpProtocol, length: bytes.count) + bytes)
    bytes.replaceSubrange(6..<8, with: bigEndian(sum == 0 ? 0xffff : sum))
    return bytes
  }

  /// The whole IP packet of a segment, of the family of its addresses.
  package static func ip(_ segment: TestSegment, identification: UInt16 = 0, badChecksum: Bool = false) -> [UInt8] {
    let payload = tcp(segment, badChecksum: badChecksum)
    switch segment.source.address.family {
    case .v4:
      var header = IPv4Header(source: segment.source.address, destination: segment.destination.address, protocol: tcpProtocol)
      header.identification = identification
      return header.packet(payload)
    case .v6:
      return IPv6Header(source: segment.source.address, destination: segment.destination.address, nextHeader: tcpProtocol).packet(payload)
    }
  }
}

extension [UInt8] {
  /// The bytes of `text` in UTF-8.
  package init(text: String) { self.init(text.utf8) }

  /// `count` bytes that repeat the letters a to z, so that a shifted stream shows.
  package static func letters(_ count: Int, from first: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(97 + (first + $0) % 26) }
  }
}
