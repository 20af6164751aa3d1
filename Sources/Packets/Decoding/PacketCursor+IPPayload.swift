/// Tunnels that have an IP protocol number.
extension PacketCursor {
  /// Passes an authentication header: next header, length in words minus two, integrity check value (RFC 4302, section 2).
  ///
  /// It encrypts nothing. In IPv6 it is passed with the extension headers.
  mutating func authenticationHeader(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 12 else { throw .truncated }
    let number = bytes[0]
    let length = max(12, (Int(bytes[1]) &+ 2) << 2)
    guard bytes.count >= length else { throw .truncated }
    skip(length)
    return .ipPayload(number)
  }

  /// Reads an EtherIP header: version (3) and 12 reserved bits, then a whole frame (RFC 3378, section 3).
  ///
  /// Some implementations write the version into the other half of the byte.
  mutating func etherIP(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 2 else { throw .truncated }
    guard bytes[0] == 0x30 || bytes[0] == 0x03 else { throw passOver(.ipProtocol, 97, .notTCP) }
    try nest()
    skip(2)
    return .ethernet
  }

  /// Reads L2TPv3 over IP: a session id, which is 0 for control messages (RFC 3931, section 4.1.1).
  mutating func layer2TunnelOverIP(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    let session = bytes.uint32(at: 0)
    guard session != 0 else { throw passOver(.ipProtocol, 115, .notTCP) }
    try enter(.l2tp, session)
    skip(4)
    return try unannouncedFrame(in: frame)
  }
}
