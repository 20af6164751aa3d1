/// Tunnels over UDP.
extension PacketCursor {
  /// Reads a UDP header (RFC 768).
  ///
  ///     +---------------+---------------+---------------+---------------+
  ///     |  source port  |  destination  |    length     |   checksum    |
  ///     +---------------+---------------+---------------+---------------+
  ///
  /// The bytes behind the length are no part of the datagram. A length of 0 means a jumbogram (RFC 2675, section 4), or a length that is
  /// left to the network card. The datagram then extends to the end of the IP packet.
  @inline(never)
  mutating func udp(in frame: Span<UInt8>, _ decodeAs: DecodeAs) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw passOver(.ipProtocol, 17, .notTCP) }
    let source = bytes.uint16(at: 0)
    let destination = bytes.uint16(at: 2)
    let length = Int(bytes.uint16(at: 4))
    guard length == 0 || length >= 8 else { throw passOver(.ipProtocol, 17, .notTCP) }
    if length != 0 { setWireLength(length) }
    skip(8)
    if !decodeAs.isEmpty {
      if let step = try decodeAs.step(.udpPort, destination, &self, in: frame) { return step }
      if let step = try decodeAs.step(.udpPort, source, &self, in: frame) { return step }
    }
    let toward = UDPPorts.rows.place(of: UInt32(destination))
    if let toward, UDPPorts.rows[toward].isRead { return try tunnel(toward, in: frame) }
    guard let place = UDPPorts.rows.place(of: UInt32(source)) ?? toward else { throw passOver(.ipProtocol, 17, .notTCP) }
    return try tunnel(place, in: frame)
  }

  /// Reads a datagram as the tunnel that a row of the table names.
  @inline(never)
  private mutating func tunnel(_ place: Int, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let row = UDPPorts.rows[place]
    guard case .read(let reader) = row.content else { throw passOver(.udpPort, row.number, .notTCP) }
    // The reason to report, unless a number inside the tunnel has a better one.
    stop = PassedOver(layer: .udpPort, number: row.number)
    isGuess = true
    return try reader(&self, frame)
  }

  /// Reads a VXLAN header (RFC 7348, section 5).
  ///
  /// Flags (0x08: the network identifier is valid), 3 reserved bytes, identifier (24 bits), a reserved byte.
  mutating func vxlan(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    guard bytes[0] & 0x08 != 0 else { throw passOver(.udpPort, 4789, .notTCP) }
    try enter(.vxlan, bytes.uint32(at: 4) >> 8)
    skip(8)
    return .ethernet
  }

  /// Reads a VXLAN-GPE header, which is VXLAN with a next protocol, similar to RFC 9305.
  ///
  /// Flag 0x04 says that the fourth byte names the payload. Flag 0x01 marks packets of the network itself.
  mutating func vxlanGeneric(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    guard bytes[0] & 0x09 == 0x08 else { throw passOver(.udpPort, 4790, .notTCP) }
    try enter(.vxlan, bytes.uint32(at: 4) >> 8)
    skip(8)
    return bytes[0] & 0x04 == 0 ? .ethernet : try nextProtocol(bytes[3], in: .udpPort, 4790)
  }

  /// Reads a LISP header (RFC 9300, section 5.1).
  ///
  ///     +-+-+-+-+-+-+---+---------------------------+---------------+
  ///     |N|L|E|V|I|P|K K|        nonce, 24          |  P: its last byte is the next protocol
  ///     +-+-+-+-+-+-+---+---------------------------+---------------+
  ///     |  I: instance, 24                          |  locator status
  ///     +-------------------------------------------+---------------+
  ///
  /// P is that of RFC 9305. K means that the payload is encrypted (RFC 8061).
  mutating func lisp(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    guard bytes[0] & 0x03 == 0 else { throw passOver(.udpPort, 4341, .notTCP) }
    try enter(.lisp, bytes[0] & 0x08 == 0 ? 0 : bytes.uint32(at: 4) >> 8)
    skip(8)
    return bytes[0] & 0x04 == 0 ? .ip : try nextProtocol(bytes[3], in: .udpPort, 4341)
  }

  /// Reads a Geneve header (RFC 8926, section 3.4).
  ///
  /// Version (2 bits, 0), length of the options in words (6), flags (8), protocol type, identifier (24), reserved.
  mutating func geneve(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    guard bytes[0] >> 6 == 0 else { throw passOver(.udpPort, 6081, .notTCP) }
    let length = 8 &+ Int(bytes[0] & 0x3f) << 2
    let type = bytes.uint16(at: 2)
    guard bytes.count >= length else { throw .truncated }
    try enter(.geneve, bytes.uint32(at: 4) >> 8)
    skip(length)
    return try named(type)
  }

  /// Reads a GUE header (draft-ietf-intarea-gue, section 3).
  ///
  /// Variant (2 bits), control (1), length of the options in words (5), IP protocol, flags (16). Variant 1 has no header: its bits are
  /// those of an IP version.
  mutating func genericUDP(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    if bytes[0] >> 6 == 1 {
      try nest()
      return .ip
    }
    guard bytes.count >= 4 else { throw .truncated }
    guard bytes[0] >> 5 == 0 else { throw passOver(.udpPort, 6080, .notTCP) }
    let number = bytes[1]
    let length = 4 &+ Int(bytes[0] & 0x1f) << 2
    guard bytes.count >= length else { throw .truncated }
    try nest()
    skip(length)
    return .ipPayload(number)
  }

  /// Reads a Teredo packet: IPv6, optionally behind an authentication (0x0001) and an origin (0x0000) (RFC 4380, section 5.1.1).
  mutating func teredo(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    try nest()
    while true {
      let bytes = rest(of: frame)
      guard bytes.count >= 2 else { throw .truncated }
      switch bytes.uint16(at: 0) {
      case 0x0000:
        guard bytes.count >= 8 else { throw .truncated }
        skip(8)
      case 0x0001:
        // The lengths of client id and authentication value, the two themselves, a nonce of 8 bytes and a confirmation byte.
        guard bytes.count >= 4 else { throw .truncated }
        let length = 13 &+ Int(bytes[2]) &+ Int(bytes[3])
        guard bytes.count >= length else { throw .truncated }
        skip(length)
      default: return .ipv6
      }
    }
  }

  /// Reads a CAPWAP data header (RFC 5415, section 4.3).
  ///
  ///     +----+----+---------+-------+-------+-+-+-+-+-+-+-----+
  ///     |ver |type| length,5| radio | WBID,5|T|F|L|W|M|K|     |
  ///     +----+----+---------+-------+-------+-+-+-+-+-+-+-----+
  ///     |   fragment, 16            | fragment's offset |     |
  ///     +---------------------------+-------------------+-----+
  ///
  /// The length, in words, is that of the whole header. Type 1 is encrypted. T says that the payload is a frame of the kind that WBID names
  /// (1: 802.11), else it is Ethernet. F marks a fragment. K marks packets without data.
  mutating func capwap(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    let header = bytes.uint32(at: 0)
    let length = Int(header >> 19 & 0x1f) << 2
    guard header >> 24 == 0, length >= 8, header & 0x88 == 0 else { throw passOver(.udpPort, 5247, .notTCP) }
    guard bytes.count >= length else { throw .truncated }
    try nest()
    skip(length)
    guard header & 0x100 != 0 else { return .ethernet }
    guard header >> 9 & 0x1f == 1 else { throw passOver(.udpPort, 5247, .notTCP) }
    return try wirelessLAN(in: frame, controlMayBeSwapped: true)
  }

  /// Reads a TZSP header: version (1), type (0 and 1 carry frames), kind of payload (16 bits), then tags.
  ///
  /// Tag 1 ends them, tag 0 is padding, and all others have a length.
  mutating func sniffed(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    var bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    let linkType: UInt16
    switch bytes.uint16(at: 2) {
    case 1: linkType = 1
    case 18: linkType = LinkTypes.wirelessLAN
    case 119: linkType = LinkTypes.prism
    case 127: linkType = LinkTypes.avs
    default: throw passOver(.udpPort, 37008, .notTCP)
    }
    guard bytes[0] == 1, bytes[1] <= 1 else { throw passOver(.udpPort, 37008, .notTCP) }
    skip(4)
    while true {
      bytes = rest(of: frame)
      guard bytes.count >= 1 else { throw .truncated }
      if bytes[0] <= 1 {
        skip(1)
        if bytes[0] == 1 { return .link(linkType) }
      } else {
        guard bytes.count >= 2, bytes.count >= 2 &+ Int(bytes[1]) else { throw .truncated }
        skip(2 &+ Int(bytes[1]))
      }
    }
  }

  /// Reads a radio frame that Aruba equipment mirrors: a classic pcap packet header, then radiotap or 802.11; or PPI.
  ///
  /// The packet header is big-endian: seconds, microseconds, both lengths. Neither form has a magic number, so the captured length must be
  /// that of the datagram.
  mutating func arubaMirror(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    var bytes = rest(of: frame)
    guard bytes.count >= 16 else { throw .truncated }
    if bytes.uint16(at: 0) == 0, bytes.uint32(at: 4).byteSwapped == 105 { return .link(LinkTypes.perPacketInformation) }
    let captured = Int(bytes.uint32(at: 8))
    guard captured == wireLength &- 16, Int(bytes.uint32(at: 12)) >= captured else { throw passOver(.udpPort, 5555, .notTCP) }
    skip(16)
    bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    // No 802.11 frame that carries data begins with 0, and radiotap has version 0.
    return .link(bytes.uint16(at: 0) == 0 ? LinkTypes.radiotap : LinkTypes.wirelessLAN)
  }

  /// Reads a GTP-U header (3GPP TS 29.281, section 5.1).
  ///
  /// Version (3 bits, 1), GTP and not GTP' (1), reserved, flags E S PN; message type (255 carries a packet), length, tunnel endpoint id.
  /// The length counts from behind the endpoint id. If any of the three flags is set, 4 bytes follow. If E is set, the last of these is the
  /// type of an extension header.
  mutating func gtpUser(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    let flags = bytes[0]
    guard flags & 0xf0 == 0x30, bytes[1] == 0xff else { throw passOver(.udpPort, 2152, .notTCP) }
    try enter(.gtpu, bytes.uint32(at: 4))
    let length = Int(bytes.uint16(at: 2))
    skip(8)
    if length != 0 { setWireLength(length) }
    guard flags & 0x07 != 0 else { return try sessionPayload(in: frame) }
    guard available >= 4 else { throw .truncated }
    var type = flags & 0x04 == 0 ? 0 : bytes[11]
    skip(4)
    while type != 0 {
      let bytes = rest(of: frame)
      guard bytes.count >= 1 else { throw .truncated }
      let length = Int(bytes[0]) << 2
      guard length > 0 else { throw passOver(.udpPort, 2152, .notTCP) }
      guard bytes.count >= length else { throw .truncated }
      type = bytes[length &- 1]
      skip(length)
    }
    return try sessionPayload(in: frame)
  }

  /// Recognizes the payload of a session, which only the control plane states: IP, or Ethernet, whose first address can look like IP.
  ///
  /// An IP packet fills the length of the tunnel.
  private mutating func sessionPayload(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    let version = bytes[0] >> 4
    let beginsLikeIP = version == 4 || version == 6
    if beginsLikeIP, isPlausibleIP(version, at: 0, isExact: true, in: frame) { return .ip }
    if isPlausibleEthernet(in: frame) { return .ethernet }
    if beginsLikeIP, isPlausibleIP(version, at: 0, in: frame) || !isKnownType(at: 12, in: frame) { return .ip }
    guard bytes.count >= 14 else { throw .truncated }
    return .ethernet
  }
}
