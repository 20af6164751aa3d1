/// The headers that a capture's link type puts in front of every packet.
extension PacketCursor {
  @inline(always)
  mutating func firstStep(_ linkType: LinkType, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    linkType == .ethernet ? .ethernet : try otherFirstStep(linkType, in: frame)
  }

  @inline(never)
  private mutating func otherFirstStep(_ linkType: LinkType, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    switch linkType {
    case .ethernet: return .ethernet
    case .raw, .dltRaw, .openBSDRaw: return .ip
    case .ipv4: return .ipv4
    case .ipv6: return .ipv6
    case .null, .loop: return try addressFamily(in: frame)
    case .linuxSLL: return try linuxCooked(in: frame)
    case .linuxSLL2: return try linuxCooked2(in: frame)
    case .ppp: return .ppp
    case .pppSerial, .ciscoHDLC: return try serialLine(in: frame)
    case .pppEthernet: return try pppoe(in: frame)
    case .nflog: return try nflog(in: frame)
    case .fddi: return try fddi(in: frame)
    default: throw .unknownLinkType
    }
  }

  /// Two addresses and a type; below 0x600 the type is a length and an LLC header follows (IEEE 802.3, clause 3.2.6).
  @inline(always)
  mutating func ethernet(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 14 else { throw .truncated }
    let type = bytes.uint16(at: 12)
    skip(14)
    return .etherType(type)
  }

  /// NULL and LOOP: the address family, in the byte order of the capturing host or of the network.
  ///
  /// The numbers of AF_INET6 are those of Linux, NetBSD and OpenBSD, FreeBSD, and Darwin.
  private mutating func addressFamily(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    let number = bytes.uint32(at: 0)
    skip(4)
    switch number > 0xffff ? number.byteSwapped : number {
    case 2: return .ipv4
    case 10, 24, 28, 30: return .ipv6
    default: throw .notIP
    }
  }

  /// LINKTYPE_LINUX_SLL: packet type, device type, address length, address (8 bytes), protocol: 16 bytes.
  private mutating func linuxCooked(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 16 else { throw .truncated }
    let device = bytes.uint16(at: 2)
    let type = bytes.uint16(at: 14)
    skip(16)
    return try cooked(type, device: device)
  }

  /// LINKTYPE_LINUX_SLL2: protocol, two reserved bytes, interface (4), device type, packet type, address length, address (8): 20 bytes.
  private mutating func linuxCooked2(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 20 else { throw .truncated }
    let type = bytes.uint16(at: 0)
    let device = bytes.uint16(at: 8)
    skip(20)
    return try cooked(type, device: device)
  }

  /// The protocol of a cooked header is an Ethernet type, but for netlink (device type 824), where the number means something else.
  private func cooked(_ type: UInt16, device: UInt16) throws(DecodeError) -> Step {
    guard device != 824 else { throw .notIP }
    return .etherType(type)
  }

  /// LINKTYPE_PPP_HDLC and LINKTYPE_C_HDLC: PPP in HDLC-like framing, or Cisco's HDLC (address 0x0f or 0x8f, control 0, an Ethernet type).
  private mutating func serialLine(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    guard bytes[0] & 0x7f == 0x0f else { return .ppp }
    guard bytes.count >= 4 else { throw .truncated }
    let type = bytes.uint16(at: 2)
    skip(4)
    return .etherType(type)
  }

  /// LINKTYPE_NFLOG: family, version, resource id (4 bytes), then attributes, each padded to 4 bytes; number 9 is the packet.
  ///
  /// Length and type of an attribute are in the byte order of the capturing host. Types are below 256 and never 0, so the byte
  /// that is 0 tells the order.
  private mutating func nflog(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    guard available >= 4 else { throw .truncated }
    skip(4)
    while available >= 4 {
      let bytes = rest(of: frame)
      let isBigEndian = bytes[2] == 0
      let length = Int(isBigEndian ? bytes.uint16(at: 0) : bytes.uint16(at: 0).byteSwapped)
      let type = isBigEndian ? bytes.uint16(at: 2) : bytes.uint16(at: 2).byteSwapped
      guard length >= 4 else { throw .notIP }
      if type == 9 {
        setWireLength(length)
        skip(4)
        return .ip
      }
      let padded = (length &+ 3) & ~3
      guard padded <= bytes.count else { throw .truncated }
      skip(padded)
    }
    throw wireLength == 0 ? .notIP : .truncated
  }

  /// Frame control and two addresses: 13 bytes; LLC frames have 0x50 to 0x57 as frame control.
  private mutating func fddi(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 13 else { throw .truncated }
    guard bytes[0] & 0xf8 == 0x50 else { throw .notIP }
    skip(13)
    return try llc(in: frame)
  }
}
