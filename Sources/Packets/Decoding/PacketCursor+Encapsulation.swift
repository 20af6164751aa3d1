/// Tags, labels and framing between the link layer and IP.
extension PacketCursor {
  @inline(always)
  mutating func etherType(_ type: UInt16, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    if type == 0x0800 { return .ipv4 }
    return type == 0x86dd ? .ipv6 : try otherEtherType(type, in: frame)
  }

  @inline(never)
  private mutating func otherEtherType(_ type: UInt16, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    switch type {
    case 0x8100, 0x88a8, 0x9100, 0x9200, 0x9300: return try vlan(in: frame)
    case 0x8847, 0x8848: return .mpls
    case 0x8864: return try pppoe(in: frame)
    case 0..<0x0600: return try llc(in: frame)
    default: throw .notIP
    }
  }

  /// The tag of IEEE 802.1Q, behind its type: priority (3 bits), drop eligible (1), VLAN id (12), and the type of what follows.
  private mutating func vlan(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    try enter(.vlan, UInt32(bytes.uint16(at: 0) & 0x0fff))
    let type = bytes.uint16(at: 2)
    skip(4)
    return .etherType(type)
  }

  /// IEEE 802.2: IP by its own service access point (6), or a SNAP header (RFC 1042).
  ///
  /// The SNAP organisation is 0, or 0x0000f8 for frames that were translated from Ethernet by a bridge (IEEE 802.1H).
  mutating func llc(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 3 else { throw .truncated }
    guard bytes[2] == 0x03 else { throw .notIP }
    switch bytes.uint16(at: 0) {
    case 0x0606:
      skip(3)
      return .ipv4
    case 0xaaaa:
      guard bytes.count >= 8 else { throw .truncated }
      let organisation = bytes.uint32(at: 2) & 0x00ff_ffff
      let type = bytes.uint16(at: 6)
      guard organisation == 0 || organisation == 0xf8, type >= 0x0600 else { throw .notIP }
      skip(8)
      return .etherType(type)
    default:
      throw .notIP
    }
  }

  /// One entry of the label stack: label (20 bits), traffic class (3), bottom of stack (1), time to live (8). RFC 3032, section 2.1.
  @inline(never)
  mutating func mpls(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    let entry = bytes.uint32(at: 0)
    try enter(.mpls, entry >> 12)
    skip(4)
    return entry & 0x100 == 0 ? .mpls : try mplsPayload(in: frame)
  }

  /// Nothing names what is behind the labels: the first nibble must tell (RFC 4928, section 3).
  ///
  /// 4 and 6 are IP, 1 is a channel of the network's own, 0 the control word of a pseudowire, anything else its Ethernet frame without
  /// one. A frame without control word can begin with 0 too, as many addresses do, so known types at either place decide first.
  private mutating func mplsPayload(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    switch bytes[0] >> 4 {
    case 4: return .ipv4
    case 6: return .ipv6
    case 1: throw .notIP
    case 0:
      guard bytes.count >= 4 else { throw .truncated }
      if !isKnownType(at: 16, in: frame) && isKnownType(at: 12, in: frame) { return .ethernet }
      skip(4)
      return .ethernet
    default: return .ethernet
    }
  }

  private func isKnownType(at offset: Int, in frame: Span<UInt8>) -> Bool {
    let bytes = rest(of: frame)
    guard bytes.count >= offset &+ 2 else { return false }
    switch bytes.uint16(at: offset) {
    case 0x0800, 0x86dd, 0x8100, 0x88a8, 0x8847, 0x8848, 0x8864: return true
    default: return false
    }
  }

  /// Version and type (0x11), code (0 in a session), session id, length. RFC 2516, section 4.
  mutating func pppoe(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 6 else { throw .truncated }
    guard bytes.uint16(at: 0) == 0x1100 else { throw .notIP }
    try enter(.pppoe, UInt32(bytes.uint16(at: 2)))
    let length = Int(bytes.uint16(at: 4))
    skip(6)
    if length != 0 { setWireLength(length) }
    return .ppp
  }

  /// Address and control (0xff03) where not left out, then the protocol: one byte where it is odd (RFC 1661, section 6.5), else two.
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
    default: throw .notIP
    }
  }
}
