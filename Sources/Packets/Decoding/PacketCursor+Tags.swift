/// Tags that networks put between the addresses and the type of an Ethernet frame, or around the whole frame.
///
/// Ids that differ between the two directions of a connection are not recorded as layers: they would separate its halves.
extension PacketCursor {
  /// Reads the I-TAG of IEEE 802.1ah (802.1Q, clause 9.7).
  ///
  ///     +-----+---+---+-----+---------------------------+
  ///     | PCP |DEI|UCA|     |   service identifier, 24  |  then the customer's whole frame
  ///     +-----+---+---+-----+---------------------------+
  mutating func providerBackbone(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    try enter(.pbb, bytes.uint32(at: 0) & 0x00ff_ffff)
    skip(4)
    return .ethernet
  }

  /// Reads a VN-Tag, which is Cisco's.
  ///
  ///     +-+-+---------------------+-+-+-----+---------------------+----------+
  ///     |d|p| destination vif, 14 |l| | ver |    source vif, 12   |   type   |
  ///     +-+-+---------------------+-+-+-----+---------------------+----------+
  ///
  /// Depending on the direction, one of the interfaces is 0. The other one is the layer.
  mutating func virtualInterfaceTag(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 6 else { throw .truncated }
    let tag = bytes.uint32(at: 0)
    let destination = tag >> 16 & 0x3fff
    try enter(.vntag, destination != 0 ? destination : tag & 0x0fff)
    let type = bytes.uint16(at: 4)
    skip(6)
    return .etherType(type)
  }

  /// Reads the E-TAG of IEEE 802.1BR, clause 7.5.
  ///
  ///     +-----+---+-------------------+---+---+------------+---------+---------+----------+
  ///     | PCP |DEI| ingress E-CID, 12 |   |GRP| E-CID, 12  |ingress, 8| E-CID, 8|   type   |
  ///     +-----+---+-------------------+---+---+------------+---------+---------+----------+
  ///
  /// The extensions of 8 bits are the high parts of the identifiers.
  mutating func portExtenderTag(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    try enter(.etag, UInt32(bytes[5]) << 14 | UInt32(bytes.uint16(at: 2) & 0x3fff))
    let type = bytes.uint16(at: 6)
    skip(8)
    return .etherType(type)
  }

  /// Reads Cisco TrustSec metadata: version (1), number of options, options of 4 bytes each (a security group), type.
  mutating func ciscoMetaData(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 2 else { throw .truncated }
    guard bytes[0] == 1 else { throw passOver(.etherType, 0x8909, .notIP) }
    return try tag(2 &+ Int(bytes[1]) << 2, in: frame)
  }

  /// Reads a Cisco FabricPath header: forwarding tag (10 bits) and time to live (6), then the whole frame.
  ///
  /// The outer addresses are those of switches.
  mutating func fabricPath(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    try nest()
    return try fixedHeader(2, then: .ethernet, in: frame)
  }

  /// Reads a TRILL header (RFC 6325, section 3.1).
  ///
  ///     +---+---+-+---------------+---------+------------+-------------+---------+
  ///     |ver|   |M| options, 5    | hops, 6 | egress, 16 | ingress, 16 | options |  then the whole frame
  ///     +---+---+-+---------------+---------+------------+-------------+---------+
  ///
  /// The length of the options is in words.
  mutating func trill(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 6 else { throw .truncated }
    let header = bytes.uint16(at: 0)
    guard header >> 14 == 0 else { throw passOver(.etherType, 0x22f3, .notIP) }
    try nest()
    return try fixedHeader(6 &+ Int(header >> 6 & 0x1f) << 2, then: .ethernet, in: frame)
  }

  /// Reads an HSR tag: path (4 bits), length from here on (12), sequence number, type (IEC 62439-3, clause 5).
  ///
  /// The length has no room for jumbo frames.
  mutating func seamlessRedundancy(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 6 else { throw .truncated }
    let length = Int(bytes.uint16(at: 0) & 0x0fff)
    if length > 6, wireLength <= 0x0fff { setWireLength(length) }
    return try tag(4, in: frame)
  }

  /// Reads a MACsec tag (IEEE 802.1AE, clause 9).
  ///
  ///     +-+--+--+---+-+-+----+-----------+----------------+----------------+-------------+-----+
  ///     |V|ES|SC|SCB|E|C| AN | length, 6 | packet number  | SCI, 8 with SC |  type, data | ICV |
  ///     +-+--+--+---+-+-+----+-----------+----------------+----------------+-------------+-----+
  ///
  /// Without E and C the data are not encrypted, and the integrity check value has 16 bytes. The length counts type and data if they have
  /// less than 48 bytes; otherwise it is 0.
  mutating func macsec(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 6 else { throw .truncated }
    guard bytes[0] & 0x8c == 0 else { throw passOver(.etherType, 0x88e5, .notIP) }
    let header = bytes[0] & 0x20 == 0 ? 6 : 14
    guard bytes.count >= header else { throw .truncated }
    let length = Int(bytes[1] & 0x3f)
    skip(header)
    if length > 0 { setWireLength(length) } else { removeTrailer(16) }
    return try tag(0, in: frame)
  }

  /// Reads a network service header, NSH (RFC 8300, section 2).
  ///
  ///     +---+-+-+-----------+-----------+-------+---------+----------------+
  ///     |ver|O| | hops, 6   | length, 6 |       | MD type | next protocol  |
  ///     +---+-+-+-----------+-----------+-------+---------+----------------+
  ///     |   service path identifier, 24             |  service index, 8    |
  ///     +-------------------------------------------+----------------------+
  ///
  /// The length, in words, is that of the whole header. O marks packets of the network itself.
  mutating func serviceHeader(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    let length = Int(bytes[1] & 0x3f) << 2
    guard bytes[0] & 0xe0 == 0, length >= 8 else { throw passOver(.etherType, 0x894f, .notIP) }
    guard bytes.count >= length else { throw .truncated }
    try nest()
    skip(length)
    return try nextProtocol(bytes[3], in: .etherType, 0x894f)
  }

  /// Returns the step for a next-protocol number, which NSH, VXLAN-GPE and LISP share.
  mutating func nextProtocol(_ number: UInt8, in layer: PassedOver.Layer, _ own: UInt32) throws(DecodeError) -> Step {
    switch number {
    case 1: return .ipv4
    case 2: return .ipv6
    case 3: return .ethernet
    case 4: return .etherType(0x894f)
    case 5: return .mpls
    default: throw passOver(layer, own, .notIP)
    }
  }

  /// Reads an Arista EOS time stamp: subtype (1), version, time of 8 bytes (version 0x..10) or 6 bytes (0x..20), type.
  mutating func aristaTimestamp(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    guard bytes.uint16(at: 0) == 1 else { throw passOver(.etherType, 0xd28b, .notIP) }
    switch bytes[3] {
    case 0x10: return try tag(12, in: frame)
    case 0x20: return try tag(10, in: frame)
    default: throw passOver(.etherType, 0xd28b, .notIP)
    }
  }

  /// Skips a Broadcom switch tag: addresses, the tag of 4 bytes, type (LINKTYPE_DSA_TAG_BRCM).
  mutating func broadcomTag(in frame: Span<UInt8>) throws(DecodeError) -> Step { try tag(16, in: frame) }

  /// Reads the Marvell tag behind the type 0xdada, or behind another type that the driver chose: two reserved bytes, then the tag.
  mutating func marvellEthernetTag(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    _ = try fixedHeader(2, then: .ethernet, in: frame)
    return try marvellTag(in: frame)
  }

  /// Reads a Marvell DSA tag.
  ///
  ///     +----+-+--------+------+----+-----+-+----------+----------+
  ///     |mode|T| device | port |    | PCP | |  VLAN id |   type   |
  ///     +----+-+--------+------+----+-----+-+----------+----------+
  ///
  /// T says that the frame had a VLAN tag, which this tag replaced.
  mutating func marvellTag(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 6 else { throw .truncated }
    if bytes[0] & 0x20 != 0 { try enter(.vlan, UInt32(bytes.uint16(at: 2) & 0x0fff)) }
    return try tag(4, in: frame)
  }
}
