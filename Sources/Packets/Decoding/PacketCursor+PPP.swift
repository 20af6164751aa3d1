/// Point-to-point links: PPP and PPPoE, Cisco's HDLC, Frame Relay.
extension PacketCursor {
  /// Reads a PPPoE header: version and type (0x11), code (0 in a session), session id, length (RFC 2516, section 4).
  mutating func pppoe(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 6 else { throw .truncated }
    guard bytes.uint16(at: 0) == 0x1100 else { throw passOver(.etherType, 0x8864, .notIP) }
    try enter(.pppoe, UInt32(bytes.uint16(at: 2)))
    let length = Int(bytes.uint16(at: 4))
    skip(6)
    if length != 0 { setWireLength(length) }
    return .ppp
  }

  /// Reads a PPP header: address and control (0xff03) unless they are left out, then the protocol.
  ///
  /// The protocol has one byte if that byte is odd, else two (RFC 1661, section 6.5).
  @inline(never)
  mutating func ppp(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    var bytes = rest(of: frame)
    guard bytes.count >= 2 else { throw .truncated }
    if bytes.uint16(at: 0) == 0xff03 {
      skip(2)
      bytes = rest(of: frame)
      guard bytes.count >= 2 else { throw .truncated }
    }
    let isCompressed = bytes[0] & 1 == 1
    let number = isCompressed ? UInt16(bytes[0]) : bytes.uint16(at: 0)
    skip(isCompressed ? 1 : 2)
    switch number {
    case 0x0021: return .ipv4
    case 0x0057: return .ipv6
    case 0x0281, 0x0283: return .mpls
    default: throw passOver(.ppp, UInt32(number), .notIP)
    }
  }

  /// Reads PPP in HDLC-like framing, or Cisco HDLC: address 0x0f (unicast) or 0x8f, control 0, an Ethernet type.
  mutating func serialLine(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    guard bytes[0] & 0x7f == 0x0f else { return .ppp }
    guard bytes.count >= 4 else { throw .truncated }
    let type = bytes.uint16(at: 2)
    skip(4)
    return try named(type)
  }

  /// Reads a Frame Relay header (ITU-T Q.922, annex A; RFC 2427, section 4).
  ///
  ///      0   1   2   3   4   5   6   7
  ///     +-----------------------+---+---+
  ///     | upper bits of DLCI    |C/R| 0 |     an address of 2 to 4 bytes: the last has EA set
  ///     +---------------+---+---+---+---+
  ///     | more of it    |FN |BN |DE |EA |
  ///     +---------------+---+---+---+---+
  ///     | control: 0x03 | 0 (padding) | NLPID |     RFC 2427; without 0x03: an Ethernet type, as Cisco has it
  ///     +-------------------------------------+
  mutating func frameRelay(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 2 else { throw .truncated }
    guard bytes[0] & 1 == 0 else { throw passOver(.linkType, 107, .notIP) }
    var connection = UInt32(bytes[0] >> 2)
    var length = 1
    repeat {
      guard bytes.count > length else { throw .truncated }
      guard length < 4 else { throw passOver(.linkType, 107, .notIP) }
      // The second byte has four more bits, each further byte seven.
      connection = length == 1 ? connection << 4 | UInt32(bytes[1] >> 4) : connection << 7 | UInt32(bytes[length] >> 1)
      length &+= 1
    } while bytes[length &- 1] & 1 == 0
    guard bytes.count >= length &+ 2 else { throw .truncated }
    try enter(.frameRelay, connection)
    guard bytes[length] == 0x03 else {
      skip(length &+ 2)
      return try named(bytes.uint16(at: length))
    }
    skip(length &+ (bytes[length &+ 1] == 0 ? 2 : 1))
    return try networkLayer(in: frame)
  }

  /// Reads an NLPID, one byte that names a network layer protocol (ISO/IEC TR 9577; RFC 2427, section 4).
  mutating func networkLayer(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    skip(1)
    switch bytes[0] {
    case 0x80: return try subnetwork(bridgePadding: 0, in: frame)
    case 0x8e: return .ipv6
    case 0xcc: return .ipv4
    case 0xcf: return .ppp
    default: throw passOver(.llc, 0xfe, .notIP)
    }
  }
}
