/// The IP headers.
extension PacketCursor {
  /// Reads an IP header whose version only its first nibble states.
  @inline(never)
  mutating func ip(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    switch bytes[0] >> 4 {
    case 4: return .ipv4
    case 6: return .ipv6
    default: throw .ipVersion
    }
  }

  @inline(always)
  mutating func ipPayload(_ number: UInt8, in frame: Span<UInt8>, _ decodeAs: DecodeAs) throws(DecodeError) -> Step {
    number == 6 ? .segment : try otherPayload(number, in: frame, decodeAs)
  }

  @inline(never)
  private mutating func otherPayload(_ number: UInt8, in frame: Span<UInt8>, _ decodeAs: DecodeAs) throws(DecodeError) -> Step {
    if !decodeAs.isEmpty, let step = try decodeAs.step(.ipProtocol, UInt16(number), &self, in: frame) { return step }
    if number == 17 { return try udp(in: frame, decodeAs) }
    guard let reader = IPProtocols.rows.reader(UInt32(number)) else { throw passOver(.ipProtocol, UInt32(number), .notTCP) }
    return try reader(&self, frame)
  }

  /// Reads an IPv4 header (RFC 791, section 3.1).
  ///
  ///      0                   1                   2                   3
  ///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
  ///     +-------+-------+---------------+-------------------------------+
  ///     |version|  IHL  |               |         total length          |
  ///     +-------+-------+---------------+-----+-------------------------+
  ///     |        identification         | DF MF|    fragment offset     |
  ///     +---------------+---------------+-----+-------------------------+
  ///     |               |   protocol    |           checksum            |
  ///     +---------------+---------------+-------------------------------+
  ///     |                        source address                         |
  ///     |                      destination address                      |
  ///     +---------------------------------------------------------------+
  ///
  /// A total length of 0 is captured on a host that leaves segmentation to its network card. The packet then extends to the end of the
  /// frame.
  @inline(always)
  mutating func ipv4(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 20 else { throw .truncated }
    guard bytes[0] >> 4 == 4 else { throw .ipVersion }
    let headerLength = Int(bytes[0] & 0x0f) << 2
    let totalLength = Int(bytes.uint16(at: 2))
    guard headerLength >= 20 else { throw .ipHeaderLength }
    let flagsAndOffset = bytes.uint16(at: 6)
    let number = bytes[9]
    if totalLength != 0 {
      guard totalLength >= 20 else { throw .ipTotalLength }
      guard headerLength <= totalLength else { throw .ipHeaderLength }
      setWireLength(totalLength)
    }
    guard available >= headerLength else { throw .truncated }
    datagramStart = offset
    isInsideIP = true
    isGuess = false
    skip(headerLength)
    guard flagsAndOffset & 0x3fff == 0 else { return .fragment }
    return .ipPayload(number)
  }

  /// Reads an IPv6 header (RFC 8200, section 3).
  ///
  ///      0                   1                   2                   3
  ///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
  ///     +-------+-------------------------------------------------------+
  ///     |version|                                                       |
  ///     +-------+-----------------------+---------------+---------------+
  ///     |        payload length         |  next header  |               |
  ///     +-------------------------------+---------------+---------------+
  ///     |                   source address, 16 bytes                    |
  ///     |                 destination address, 16 bytes                 |
  ///     +---------------------------------------------------------------+
  ///
  /// A payload length of 0 means a jumbogram, which states its length in an option, or a length that is left to the network card. In the
  /// latter case the packet extends to the end of the frame.
  @inline(never)
  mutating func ipv6(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 40 else { throw .truncated }
    guard bytes[0] >> 4 == 6 else { throw .ipVersion }
    let payloadLength = Int(bytes.uint16(at: 4))
    let nextHeader = bytes[6]
    if payloadLength != 0 { setWireLength(40 &+ payloadLength) }
    datagramStart = offset
    isInsideIP = true
    isGuess = false
    skip(40)
    // Nearly every packet: there is no extension header.
    if nextHeader == 6 { return .segment }
    if payloadLength == 0, nextHeader == 0, let length = jumboPayloadLength(in: frame) { setWireLength(length) }
    return try extensionHeaders(from: nextHeader, in: frame)
  }

  /// Returns the payload length that the hop-by-hop options at the cursor state (RFC 2675, section 2).
  ///
  /// The result is nil if they state none, a length that needs no option, or more than the frame had on the wire: the field has 32 bits,
  /// and it is not trusted without bytes.
  private func jumboPayloadLength(in frame: Span<UInt8>) -> Int? {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { return nil }
    let end = min(bytes.count, (Int(bytes[1]) &+ 1) << 3)
    var index = 2
    while index &+ 6 <= end {
      switch bytes[index] {
      case 0: index &+= 1
      case 0xc2:
        guard bytes[index &+ 1] == 4 else { return nil }
        let length = Int(bytes.uint32(at: index &+ 2))
        return length > 0xffff && length <= wireLength ? length : nil
      default: index &+= 2 &+ Int(bytes[index &+ 1])
      }
    }
    return nil
  }

  /// Passes the extension headers that precede the payload (RFC 8200, section 4).
  ///
  /// Each is at least 8 bytes long, so the length of the packet bounds the loop. An atomic fragment is a whole datagram: it is read as if
  /// it had no fragment header (RFC 6946).
  private mutating func extensionHeaders(from first: UInt8, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    var number = first
    protocolIndex = 6
    while true {
      switch number {
      case 0, 43, 44, 51, 60: break
      default: return .ipPayload(number)
      }
      let bytes = rest(of: frame)
      guard bytes.count >= 8 else { throw shortExtensionHeader(8) }
      if number == 44 && bytes.uint16(at: 2) & 0xfff9 != 0 {
        skip(8)
        return .fragment
      }
      let length =
        switch number {
        case 44: 8
        case 51: (Int(bytes[1]) &+ 2) << 2
        default: (Int(bytes[1]) &+ 1) << 3
        }
      guard bytes.count >= length else { throw shortExtensionHeader(length) }
      number = bytes[0]
      protocolIndex = Int32(truncatingIfNeeded: offset &- datagramStart)
      skip(length)
    }
  }

  /// Returns the error for `length` missing bytes of an extension header: either the packet is malformed or the capture is cut.
  private func shortExtensionHeader(_ length: Int) -> DecodeError {
    wireLength < length ? .ipv6ExtensionHeader : .truncated
  }
}
