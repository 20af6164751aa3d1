/// GRE and the payloads that only GRE carries.
extension PacketCursor {
  /// Reads a GRE header (RFC 2784, RFC 2890).
  ///
  ///      0                   1                   2                   3
  ///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
  ///     +-+-+-+-+---------------+-+-----+-------------------------------+
  ///     |C|R|K|S|               |A| ver |         protocol type         |
  ///     +-+-+-+-+---------------+-+-----+-------------------------------+
  ///     |   C or R: checksum (16), offset (16)                          |
  ///     |   K: key; in version 1 payload length (16), call id (16)      |
  ///     |   S: sequence number                                          |
  ///     |   A, version 1 only: acknowledgment number                    |
  ///     +---------------------------------------------------------------+
  ///
  /// Version 1 is that of PPTP (RFC 2637, section 4.1) and of MikroTik. Source routes (R, RFC 1701) are not followed, because they are
  /// deprecated.
  mutating func gre(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    let flags = bytes.uint16(at: 0)
    let type = bytes.uint16(at: 2)
    let version = flags & 0x0007
    guard flags & 0x4000 == 0, version <= 1 else { throw passOver(.ipProtocol, 47, .notTCP) }
    if version == 1 {
      guard let reader = GRETypes.enhanced.reader(UInt32(type)) else { throw passOver(.ipProtocol, 47, .notTCP) }
      return try reader(&self, frame)
    }
    let hasKey = flags & 0x2000 != 0
    let hasSequence = flags & 0x1000 != 0
    let keyOffset = flags & 0x8000 != 0 ? 8 : 4
    let length = keyOffset &+ (hasKey ? 4 : 0) &+ (hasSequence ? 4 : 0)
    guard bytes.count >= length else { throw .truncated }
    let key = hasKey ? bytes.uint32(at: keyOffset) : 0
    skip(length)
    if let reader = GRETypes.rows.reader(GRETypes.number(type, isNumbered: hasSequence)) { return try reader(&self, frame) }
    try enter(.gre, key)
    return try named(type)
  }

  /// Reads the rest of PPTP's version 1, whose key is the length of the payload and the call id (RFC 2637, section 4.1).
  mutating func pointToPointTunnel(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    let flags = bytes.uint16(at: 0)
    // A packet without a sequence number has no payload.
    guard flags & 0xb000 == 0x3000 else { throw passOver(.ipProtocol, 47, .notTCP) }
    let length = flags & 0x0080 == 0 ? 12 : 16
    guard bytes.count >= length else { throw .truncated }
    try enter(.gre, UInt32(bytes.uint16(at: 6)))
    let payloadLength = Int(bytes.uint16(at: 4))
    skip(length)
    if payloadLength != 0 { setWireLength(payloadLength) }
    return .ppp
  }

  /// Reads MikroTik's Ethernet over IP: version 1, whose key is the length of the frame and the tunnel id, little-endian.
  mutating func mikrotikEthernet(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    guard bytes.uint16(at: 0) == 0x2001 else { throw passOver(.ipProtocol, 47, .notTCP) }
    try enter(.eoip, UInt32(bytes.uint16(at: 6).byteSwapped))
    let length = Int(bytes.uint16(at: 4))
    skip(8)
    if length != 0 { setWireLength(length) }
    return .ethernet
  }

  /// Passes the redirect header of 4 bytes that WCCP version 2 puts before the IPv4 packet; version 1 has none.
  mutating func webCacheRedirect(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    try enter(.gre, 0)
    if bytes[0] >> 4 != 4 { skip(4) }
    return .ipv4
  }

  /// Reads an ERSPAN type II header: version (4 bits), VLAN (12), flags (6), session (10) and an index, then the Ethernet frame.
  mutating func erspan2(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    guard bytes[0] >> 4 == 1 else { throw passOver(.ipProtocol, 47, .notTCP) }
    try enter(.erspan, UInt32(bytes.uint16(at: 2) & 0x03ff))
    skip(8)
    return .ethernet
  }

  /// Reads an ERSPAN type III header: the session at the same place as in type II, a time, and the kind of payload.
  ///
  /// The kind has 5 bits in byte 10: 0 is Ethernet, 2 is IP. The last bit says that 8 more bytes follow.
  mutating func erspan3(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 12 else { throw .truncated }
    let length = bytes[11] & 1 == 0 ? 12 : 20
    let type = bytes[10] >> 2 & 0x1f
    guard bytes[0] >> 4 == 2, type == 0 || type == 2 else { throw passOver(.ipProtocol, 47, .notTCP) }
    guard bytes.count >= length else { throw .truncated }
    try enter(.erspan, UInt32(bytes.uint16(at: 2) & 0x03ff))
    skip(length)
    return type == 0 ? .ethernet : .ip
  }
}
