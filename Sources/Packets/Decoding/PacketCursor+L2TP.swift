/// L2TP over UDP, and the payload of version 3 over UDP or IP.
extension PacketCursor {
  /// Reads an L2TP header over UDP (RFC 2661, section 3.1).
  ///
  ///     +-+-+---+-+-+-+-+-------+-----+---------------+
  ///     |T|L|   |S| |O|P|       | ver |  L: length    |
  ///     +-+-+---+-+-+-+-+-------+-----+---------------+
  ///     |  tunnel, 16                 |  session, 16  |
  ///     |  S: two sequence numbers    |  O: offset    |
  ///     +-----------------------------+---------------+
  ///
  /// T marks control messages. Version 3 has reserved bits and a session id of 32 bits (RFC 3931, section 4.1.2).
  mutating func layer2Tunnel(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 2 else { throw .truncated }
    let flags = bytes.uint16(at: 0)
    guard flags & 0x8000 == 0 else { throw passOver(.udpPort, 1701, .notTCP) }
    if flags & 0x000f == 3 {
      guard bytes.count >= 8 else { throw .truncated }
      try enter(.l2tp, bytes.uint32(at: 4))
      skip(8)
      return try unannouncedFrame(in: frame)
    }
    guard flags & 0x000f == 2 else { throw passOver(.udpPort, 1701, .notTCP) }
    let tunnel = flags & 0x4000 != 0 ? 4 : 2
    var length = tunnel &+ 4 &+ (flags & 0x0800 != 0 ? 4 : 0)
    guard bytes.count >= length else { throw .truncated }
    if flags & 0x0200 != 0 {
      guard bytes.count >= length &+ 2 else { throw .truncated }
      length &+= 2 &+ Int(bytes.uint16(at: length))
    }
    let id = bytes.uint32(at: tunnel)
    if flags & 0x4000 != 0, bytes.uint16(at: 2) != 0 { setWireLength(Int(bytes.uint16(at: 2))) }
    guard available >= length else { throw wireLength >= length ? .truncated : passOver(.udpPort, 1701, .notTCP) }
    try enter(.l2tp, id)
    skip(length)
    return .ppp
  }

  /// Reads a frame of L2TPv3, whose cookie (0, 4 or 8 bytes) and sublayer (0 or 4 bytes) only the control connection states.
  ///
  /// The frame is accepted if it is plausible at exactly one place, either as Ethernet with a matching type and IP header, or as PPP.
  mutating func unannouncedFrame(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    var found: (length: Int, step: Step)?
    for length in [0, 4, 8, 12] {
      guard available >= length else { break }
      var inner = self
      inner.skip(length)
      let isEthernet = inner.isPlausibleEthernet(in: frame)
      guard isEthernet || inner.isPlausiblePPP(in: frame) else { continue }
      guard found == nil else { throw passOver(.ipProtocol, 115, .notTCP) }
      found = (length, isEthernet ? .ethernet : .ppp)
    }
    guard let found else { throw available < wireLength ? .truncated : passOver(.ipProtocol, 115, .notTCP) }
    skip(found.length)
    return found.step
  }

  /// Whether the cursor is at an Ethernet frame with an IP packet that fits, or ARP, behind up to two VLAN tags.
  func isPlausibleEthernet(in frame: Span<UInt8>) -> Bool {
    let bytes = rest(of: frame)
    var offset = 12
    for _ in 0..<3 {
      guard bytes.count >= offset &+ 2 else { return false }
      let type = bytes.uint16(at: offset)
      offset &+= 2
      switch type {
      case 0x0800: return isPlausibleIP(4, at: offset, in: frame)
      case 0x86dd: return isPlausibleIP(6, at: offset, in: frame)
      case 0x0806: return bytes.count >= offset &+ 2 && bytes.uint16(at: offset) == 1
      case 0x8100, 0x88a8: offset &+= 2
      default: return false
      }
    }
    return false
  }

  /// Whether the cursor is at a PPP frame with an IP packet that fits.
  private func isPlausiblePPP(in frame: Span<UInt8>) -> Bool {
    let bytes = rest(of: frame)
    guard bytes.count >= 4, bytes.uint16(at: 0) == 0xff03 else { return false }
    switch bytes.uint16(at: 2) {
    case 0x0021: return isPlausibleIP(4, at: 4, in: frame)
    case 0x0057: return isPlausibleIP(6, at: 4, in: frame)
    default: return false
    }
  }

  /// Whether an IP header of a version is at an offset, with lengths that fit into the remaining bytes.
  ///
  /// `isExact` requires that nothing follows the packet.
  func isPlausibleIP(_ version: UInt8, at offset: Int, isExact: Bool = false, in frame: Span<UInt8>) -> Bool {
    let bytes = rest(of: frame)
    guard bytes.count >= offset &+ (version == 4 ? 20 : 40), bytes[offset] >> 4 == version else { return false }
    let room = wireLength &- offset
    let header = version == 4 ? Int(bytes[offset] & 0x0f) << 2 : 40
    let total = version == 4 ? Int(bytes.uint16(at: offset &+ 2)) : 40 &+ Int(bytes.uint16(at: offset &+ 4))
    return header >= 20 && total >= header && (isExact ? total == room : total <= room)
  }
}
