/// IEEE 802.2, and other headers that name a protocol in the same way.
extension PacketCursor {
  /// Reads an LLC header.
  ///
  ///     +--------+--------+---------+----------------+--------------------+
  ///     |  DSAP  |  SSAP  | control | 0xaaaa03: organisation, 3 | type, 2 |
  ///     +--------+--------+---------+----------------+--------------------+
  ///
  /// IP has a service access point of its own (6). Other protocols follow a SNAP header (RFC 1042), or an NLPID behind ISO's service access
  /// point (RFC 2684, section 5.1).
  @inline(never)
  mutating func llc(in frame: Span<UInt8>) throws(DecodeError) -> Step { try llc(bridgePadding: 0, in: frame) }

  private mutating func llc(bridgePadding: Int, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 3 else { throw .truncated }
    guard bytes[2] == 0x03 else { throw passOver(.llc, UInt32(bytes[0]), .notIP) }
    let points = bytes.uint16(at: 0)
    switch points {
    case 0x0606:
      skip(3)
      return .ipv4
    case 0xaaaa:
      skip(3)
      return try subnetwork(bridgePadding: bridgePadding, in: frame)
    case 0xfefe:
      skip(3)
      return try networkLayer(in: frame)
    default: throw passOver(.llc, UInt32(bytes[0]), .notIP)
    }
  }

  /// Reads the organisation code and the type of a SNAP header.
  ///
  /// The organisation is 0, or 0x0000f8 for frames that a bridge translated from Ethernet (IEEE 802.1H). 0x0080c2 stands for whole bridged
  /// frames: type 7 is Ethernet, and type 1 is Ethernet followed by its check sequence (RFC 2427, section 4.2; RFC 2684, section 5.2).
  mutating func subnetwork(bridgePadding: Int, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 5 else { throw .truncated }
    let organisation = bytes.uint32(at: 0) >> 8
    let type = bytes.uint16(at: 3)
    switch organisation {
    case 0x000000, 0x0000f8:
      guard type >= 0x0600 else { throw passOver(.llc, 0xaa, .notIP) }
      skip(5)
      return .etherType(type)
    case 0x0080c2 where type == 0x0001 || type == 0x0007:
      guard bytes.count >= 5 &+ bridgePadding else { throw .truncated }
      try nest()
      skip(5 &+ bridgePadding)
      if type == 0x0001 { removeTrailer(4) }
      return .ethernet
    default: throw passOver(.llc, 0xaa, .notIP)
    }
  }

  /// Reads multiprotocol data over ATM: LLC, or IP alone if the circuit carries only IP (LINKTYPE_ATM_RFC1483).
  ///
  /// Bridged frames have two bytes of padding behind the LLC header. RFC 2684, sections 5 and 6.
  mutating func multiprotocolATM(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    if bytes[0] >> 4 == 4 || bytes[0] >> 4 == 6 { return .ip }
    return try llc(bridgePadding: 2, in: frame)
  }
}
