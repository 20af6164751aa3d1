/// Tunnels over UDP, known by their port alone.
///
/// So whatever does not decode inside is taken for some other use of the port: not TCP, and nothing broken.
extension PacketCursor {
  /// Source port, destination port, length, checksum. The length is not needed: what is inside carries its own.
  mutating func udp(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .notTCP }
    let sourcePort = bytes.uint16(at: 0)
    let destinationPort = bytes.uint16(at: 2)
    skip(8)
    isGuess = true
    switch destinationPort {
    case 4789, 8472: return try vxlan(in: frame)
    case 6081: return try geneve(in: frame)
    case 4754: return try gre(in: frame)
    case 6635: return .mpls
    default: break
    }
    guard sourcePort == 2152 || destinationPort == 2152 else { throw .notTCP }
    return try gtpUser(in: frame)
  }

  /// Flags (0x08: the network identifier is valid), 3 reserved bytes, identifier (24 bits), a reserved byte. RFC 7348, section 5.
  private mutating func vxlan(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    guard bytes[0] & 0x08 != 0 else { throw .notTCP }
    try enter(.vxlan, bytes.uint32(at: 4) >> 8)
    skip(8)
    return .ethernet
  }

  /// Version (2 bits, 0), length of the options in words (6), flags (8), protocol type, identifier (24), reserved. RFC 8926, section 3.4.
  private mutating func geneve(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    guard bytes[0] >> 6 == 0 else { throw .notTCP }
    let length = 8 &+ Int(bytes[0] & 0x3f) << 2
    let type = bytes.uint16(at: 2)
    guard bytes.count >= length else { throw .truncated }
    try enter(.geneve, bytes.uint32(at: 4) >> 8)
    skip(length)
    return try tunnelled(type)
  }

  /// Version (3 bits, 1), GTP and not GTP' (1), reserved, flags E S PN; message type (255 carries a packet), length, tunnel endpoint.
  ///
  /// 3GPP TS 29.281, section 5.1. Any of the three flags adds 4 bytes, of which E makes the last the type of an extension header.
  private mutating func gtpUser(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    let flags = bytes[0]
    guard flags & 0xf0 == 0x30, bytes[1] == 0xff else { throw .notTCP }
    try enter(.gtpu, bytes.uint32(at: 4))
    skip(8)
    guard flags & 0x07 != 0 else { return .ip }
    guard bytes.count >= 12 else { throw .truncated }
    var type = flags & 0x04 == 0 ? 0 : bytes[11]
    skip(4)
    while type != 0 {
      let bytes = rest(of: frame)
      guard bytes.count >= 1 else { throw .truncated }
      let length = Int(bytes[0]) << 2
      guard length > 0 else { throw .notTCP }
      guard bytes.count >= length else { throw .truncated }
      type = bytes[length &- 1]
      skip(length)
    }
    return .ip
  }
}
