/// The link-layer headers that a capture's link type puts in front of every packet.
extension PacketCursor {
  @inline(always)
  mutating func firstStep(_ linkType: LinkType, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    linkType == .ethernet ? .ethernet : try otherFirstStep(linkType, in: frame)
  }

  @inline(never)
  private mutating func otherFirstStep(_ linkType: LinkType, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    guard let number = UInt32(exactly: linkType.rawValue), let reader = LinkTypes.rows.reader(number) else {
      throw passOver(.linkType, UInt32(bitPattern: linkType.rawValue), .unknownLinkType)
    }
    return try reader(&self, frame)
  }

  /// Reads a packet of a link type inside a packet of another link type, which counts as a layer.
  @inline(never)
  mutating func nestedLink(_ number: UInt16, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    try nest()
    return try otherFirstStep(LinkType(rawValue: Int32(number)), in: frame)
  }

  /// Reads an Ethernet header: two addresses and a type.
  ///
  /// Below 0x600 the type is a length, and an LLC header follows (IEEE 802.3, clause 3.2.6).
  @inline(always)
  mutating func ethernet(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 14 else { throw .truncated }
    let type = bytes.uint16(at: 12)
    skip(14)
    return .etherType(type)
  }

  /// Reads the address family of LINKTYPE_NULL and LINKTYPE_LOOP, in the byte order of the capturing host or of the network.
  ///
  /// The numbers of AF_INET6 are those of Linux, NetBSD and OpenBSD, FreeBSD, and Darwin.
  mutating func addressFamily(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    let number = bytes.uint32(at: 0)
    skip(4)
    switch number > 0xffff ? number.byteSwapped : number {
    case 2: return .ipv4
    case 10, 24, 28, 30: return .ipv6
    default: throw passOver(.linkType, 0, .notIP)
    }
  }

  /// Reads a cooked header (LINKTYPE_LINUX_SLL), 16 bytes: packet type, device type, address length, address (8 bytes), protocol.
  mutating func linuxCooked(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 16 else { throw .truncated }
    let device = bytes.uint16(at: 2)
    let type = bytes.uint16(at: 14)
    skip(16)
    return try cooked(type, device: device)
  }

  /// Reads a cooked header of version 2 (LINKTYPE_LINUX_SLL2), 20 bytes.
  ///
  /// Protocol, two reserved bytes, interface (4), device type, packet type, address length, address (8).
  mutating func linuxCooked2(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 20 else { throw .truncated }
    let type = bytes.uint16(at: 0)
    let device = bytes.uint16(at: 8)
    skip(20)
    return try cooked(type, device: device)
  }

  /// Returns the step for the protocol field of a cooked header: an Ethernet type, or one of Linux's own numbers below 0x600.
  ///
  /// On some devices the number means something else (824, netlink), or nothing because the header of the device itself follows.
  mutating func cooked(_ type: UInt16, device: UInt16) throws(DecodeError) -> Step {
    switch device {
    case 770: return .link(LinkTypes.frameRelay)
    case 801: return .link(LinkTypes.wirelessLAN)
    case 802: return .link(LinkTypes.prism)
    case 803: return .link(LinkTypes.radiotap)
    case 824: throw passOver(.linkType, 113, .notIP)
    default: break
    }
    switch type {
    case 0x0004: return .llc
    // ETH_P_WAN_PPP, ETH_P_HDLC.
    case 0x0007, 0x0019: return .link(LinkTypes.serialLine)
    default: return try named(type)
    }
  }

  /// Reads an NFLOG header: family, version, resource id (4 bytes), then attributes, each padded to 4 bytes (LINKTYPE_NFLOG).
  ///
  /// Attribute 9 is the packet. Length and type of an attribute are in the byte order of the capturing host. Types are below 256 and never
  /// 0, so the byte that is 0 reveals the order.
  mutating func nflog(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    guard available >= 4 else { throw .truncated }
    skip(4)
    while available >= 4 {
      let bytes = rest(of: frame)
      let isBigEndian = bytes[2] == 0
      let length = Int(isBigEndian ? bytes.uint16(at: 0) : bytes.uint16(at: 0).byteSwapped)
      let type = isBigEndian ? bytes.uint16(at: 2) : bytes.uint16(at: 2).byteSwapped
      guard length >= 4 else { throw passOver(.linkType, 239, .notIP) }
      if type == 9 {
        setWireLength(length)
        skip(4)
        return .ip
      }
      let padded = (length &+ 3) & ~3
      guard padded <= bytes.count else { throw .truncated }
      skip(padded)
    }
    throw wireLength == 0 ? passOver(.linkType, 239, .notIP) : .truncated
  }

  /// Reads an FDDI header, 13 bytes: frame control and two addresses; frame control is 0x50 to 0x57 in LLC frames.
  mutating func fddi(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 13 else { throw .truncated }
    guard bytes[0] & 0xf8 == 0x50 else { throw passOver(.linkType, 10, .notIP) }
    skip(13)
    return .llc
  }

  /// Reads a Token Ring header (IEEE 802.5): access control, frame control and two addresses.
  ///
  /// The first two bits of frame control are 01 for LLC. The first bit of the source address says that a source route follows. Its length
  /// is in five bits of its first byte.
  mutating func tokenRing(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 14 else { throw .truncated }
    guard bytes[1] & 0xc0 == 0x40 else { throw passOver(.linkType, 6, .notIP) }
    var length = 14
    if bytes[8] & 0x80 != 0 {
      guard bytes.count >= 16 else { throw .truncated }
      let route = Int(bytes[14] & 0x1f)
      guard route >= 2, route & 1 == 0 else { throw passOver(.linkType, 6, .notIP) }
      length &+= route
    }
    guard bytes.count >= length else { throw .truncated }
    skip(length)
    return .llc
  }

  /// Reads an IP over InfiniBand header (LINKTYPE_IPOIB; RFC 4391, section 6).
  ///
  /// 20 reserved bytes, the address of the destination (20), an Ethernet type, 2 reserved bytes.
  mutating func infiniband(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 44 else { throw .truncated }
    let type = bytes.uint16(at: 40)
    skip(44)
    return try named(type)
  }
}
