/// The IP headers.
extension PacketCursor {
  /// Where in its datagram a payload lies, as the IP headers say.
  struct FragmentFields: BitwiseCopyable {
    var protocolNumber: UInt8 = 0
    var identification: UInt32 = 0
    /// In bytes.
    var offset = 0
    var moreFragments = false
    /// Length of the headers that every fragment repeats.
    var headerLength = 0
    /// Where in these headers the protocol is named.
    var protocolIndex = 0
  }

  /// IP without a word of its version: the nibble tells.
  @inline(never)
  @_lifetime(self: copy self)
  mutating func ip() throws(DecodeError) -> Step {
    guard bytes.count >= 1 else { throw .truncated }
    switch bytes[0] >> 4 {
    case 4: return .ipv4
    case 6: return .ipv6
    default: throw .ipVersion
    }
  }

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
  /// RFC 791, section 3.1. A total length of 0 is what a host captures that leaves cutting to its card: the packet then goes as far
  /// as the frame.
  @inline(always)
  @_lifetime(self: copy self)
  mutating func ipv4() throws(DecodeError) -> Step {
    guard bytes.count >= 20 else { throw .truncated }
    guard bytes[0] >> 4 == 4 else { throw .ipVersion }
    let headerLength = Int(bytes[0] & 0x0f) << 2
    let totalLength = Int(bytes.uint16(at: 2))
    guard headerLength >= 20 else { throw .ipHeaderLength }
    let identification = UInt32(bytes.uint16(at: 4))
    let flagsAndOffset = bytes.uint16(at: 6)
    let number = bytes[9]
    if totalLength != 0 {
      guard totalLength >= 20 else { throw .ipTotalLength }
      guard headerLength <= totalLength else { throw .ipHeaderLength }
      setWireLength(totalLength)
    }
    guard bytes.count >= headerLength else { throw .truncated }
    datagram = bytes
    isInsideIP = true
    isGuess = false
    skip(headerLength)
    guard flagsAndOffset & 0x3fff == 0 else {
      fragmentFields = FragmentFields(
        protocolNumber: number, identification: identification, offset: Int(flagsAndOffset & 0x1fff) << 3,
        moreFragments: flagsAndOffset & 0x2000 != 0, headerLength: headerLength, protocolIndex: 9)
      return .fragment
    }
    return .ipPayload(number)
  }

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
  /// RFC 8200, section 3. A payload length of 0 is a jumbogram (RFC 2675) or left to the card: the packet then goes as far as the frame.
  @inline(never)
  @_lifetime(self: copy self)
  mutating func ipv6() throws(DecodeError) -> Step {
    guard bytes.count >= 40 else { throw .truncated }
    guard bytes[0] >> 4 == 6 else { throw .ipVersion }
    let payloadLength = Int(bytes.uint16(at: 4))
    let nextHeader = bytes[6]
    if payloadLength != 0 { setWireLength(40 &+ payloadLength) }
    datagram = bytes
    isInsideIP = true
    isGuess = false
    skip(40)
    return try extensionHeaders(from: nextHeader)
  }

  /// Passes the extension headers (RFC 8200, section 4) that stand before the payload.
  ///
  /// Each is at least 8 bytes long, so the packet's length bounds the loop. An atomic fragment, which is all of its datagram, goes on as
  /// if its header were not there (RFC 6946).
  @_lifetime(self: copy self)
  private mutating func extensionHeaders(from first: UInt8) throws(DecodeError) -> Step {
    var number = first
    var protocolIndex = 6
    while true {
      switch number {
      case 0, 43, 44, 51, 60: break
      default: return .ipPayload(number)
      }
      guard bytes.count >= 8 else { throw shortExtensionHeader(8) }
      if number == 44 && bytes.uint16(at: 2) & 0xfff9 != 0 {
        return fragmentHeader(protocolIndex: protocolIndex)
      }
      let length =
        switch number {
        case 44: 8
        case 51: (Int(bytes[1]) &+ 2) << 2
        default: (Int(bytes[1]) &+ 1) << 3
        }
      guard bytes.count >= length else { throw shortExtensionHeader(length) }
      number = bytes[0]
      protocolIndex = datagram.count &- bytes.count
      skip(length)
    }
  }

  /// Next header, a reserved byte, offset in 8 bytes (13 bits), reserved (2), more (1), identification. The caller guarded 8 bytes.
  @_lifetime(self: copy self)
  private mutating func fragmentHeader(protocolIndex: Int) -> Step {
    let offset = bytes.uint16(at: 2)
    fragmentFields = FragmentFields(
      protocolNumber: bytes[0], identification: bytes.uint32(at: 4), offset: Int(offset & 0xfff8), moreFragments: offset & 1 != 0,
      headerLength: datagram.count &- bytes.count, protocolIndex: protocolIndex)
    skip(8)
    return .fragment
  }

  /// Whose fault it is that `length` bytes of extension header are not there: the packet's or the capture's.
  private func shortExtensionHeader(_ length: Int) -> DecodeError {
    wireLength < length ? .ipv6ExtensionHeader : .truncated
  }
}
