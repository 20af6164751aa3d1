/// What an IP packet carries: TCP, or a tunnel with another packet inside.
///
/// An ICMP error also holds the start of another packet, but as a quotation: what it quotes was not sent here.
extension PacketCursor {
  @inline(always)
  mutating func ipPayload(_ number: UInt8, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    number == 6 ? .segment : try tunnel(number, in: frame)
  }

  @inline(never)
  private mutating func tunnel(_ number: UInt8, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    switch number {
    case 4:
      try enter(.ipip, 0)
      return .ipv4
    case 17: return try udp(in: frame)
    case 41:
      try enter(.ipip, 0)
      return .ipv6
    case 47: return try gre(in: frame)
    case 51: return try authenticationHeader(in: frame)
    default: throw .notTCP
    }
  }

  /// Next header, length in words less two, and what proves the packet's origin. RFC 4302, section 2.
  ///
  /// It hides nothing. In IPv6 it has been passed with the extension headers.
  private mutating func authenticationHeader(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 12 else { throw .truncated }
    let number = bytes[0]
    let length = max(12, (Int(bytes[1]) &+ 2) << 2)
    guard bytes.count >= length else { throw .truncated }
    skip(length)
    return .ipPayload(number)
  }

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
  /// RFC 2784, 2890; version 1 is PPTP's, RFC 2637 section 4.1. Source routes (R, RFC 1701) are not followed: nobody may send them.
  mutating func gre(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    let flags = bytes.uint16(at: 0)
    let type = bytes.uint16(at: 2)
    let version = flags & 0x0007
    guard flags & 0x4000 == 0, version <= 1 else { throw .notTCP }
    let hasChecksum = flags & 0x8000 != 0
    let hasKey = flags & 0x2000 != 0
    let hasSequence = flags & 0x1000 != 0
    let keyOffset = hasChecksum ? 8 : 4
    var length = keyOffset
    if hasKey { length &+= 4 }
    if hasSequence { length &+= 4 }
    if version == 1 && flags & 0x0080 != 0 { length &+= 4 }
    guard bytes.count >= length else { throw .truncated }
    let key = hasKey ? bytes.uint32(at: keyOffset) : 0
    skip(length)
    if version == 1 {
      guard hasKey, hasSequence, type == 0x880b else { throw .notTCP }
      try enter(.gre, key & 0xffff)
      return .ppp
    }
    switch type {
    case 0x88be: return try erspan(hasHeader: hasSequence, in: frame)
    case 0x22eb: return try erspan3(in: frame)
    default: break
    }
    try enter(.gre, key)
    return try type == 0x883e ? webCacheRedirect(in: frame) : tunnelled(type)
  }

  /// What a tunnel carries by its Ethernet type, to which tunnels add bridged Ethernet and PPP.
  func tunnelled(_ type: UInt16) throws(DecodeError) -> Step {
    switch type {
    case 0x6558: return .ethernet
    case 0x880b: return .ppp
    default: return .etherType(type)
    }
  }

  /// WCCP version 2 puts a redirect header of 4 bytes before the IPv4 packet, version 1 does not.
  private mutating func webCacheRedirect(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    if bytes[0] >> 4 != 4 { skip(4) }
    return .ipv4
  }

  /// A mirrored Ethernet frame. Type I has no header and no GRE sequence number; type II has version (4 bits), VLAN (12), flags (6),
  /// session (10) and an index.
  private mutating func erspan(hasHeader: Bool, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard hasHeader else {
      try enter(.erspan, 0)
      return .ethernet
    }
    guard bytes.count >= 8 else { throw .truncated }
    guard bytes[0] >> 4 == 1 else { throw .notTCP }
    try enter(.erspan, UInt32(bytes.uint16(at: 2) & 0x03ff))
    skip(8)
    return .ethernet
  }

  /// ERSPAN type III: the session where type II has it, a time, a frame type (5 bits in byte 10; 0 is Ethernet), and 8 bytes
  /// more where the last bit says so.
  private mutating func erspan3(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 12 else { throw .truncated }
    let length = bytes[11] & 1 == 0 ? 12 : 20
    guard bytes[0] >> 4 == 2, bytes[10] & 0x7c == 0 else { throw .notTCP }
    guard bytes.count >= length else { throw .truncated }
    try enter(.erspan, UInt32(bytes.uint16(at: 2) & 0x03ff))
    skip(length)
    return .ethernet
  }
}
