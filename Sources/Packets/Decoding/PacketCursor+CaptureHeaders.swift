/// Headers that systems and capture cards put before the packets of other links.
extension PacketCursor {
  /// Reads a PFLOG header: its length, address family, action, reason, name of the interface and more.
  ///
  /// It is padded to a multiple of four bytes (LINKTYPE_PFLOG).
  mutating func packetFilterLog(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    let length = (Int(bytes[0]) &+ 3) & ~3
    guard length >= 4 else { throw passOver(.linkType, 117, .notIP) }
    return try fixedHeader(length, then: .ip, in: frame)
  }

  /// Reads a PKTAP header, which is Apple's (LINKTYPE_PKTAP).
  ///
  ///     +-----------+----------------+--------------+------------------+------+
  ///     | length, 4 | next record, 4 | link type, 4 | interface, 24    | ...  |
  ///     +-----------+----------------+--------------+------------------+------+
  ///     | flags, 4  | family, 4      | length of link header, of trailer, 4 each ...
  ///     +-----------+----------------+--------------+-------------------------
  ///
  /// Numbers are in the byte order of the capturing host. The next record is 1 for a packet.
  mutating func packetTap(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 12 else { throw .truncated }
    let isBigEndian = bytes.uint16(at: 0) == 0
    func number(at offset: Int) -> UInt32 { isBigEndian ? bytes.uint32(at: offset) : bytes.uint32(at: offset).byteSwapped }
    let length = Int(number(at: 0))
    guard length >= 52, length <= 0xffff, number(at: 4) == 1 else { throw passOver(.linkType, 258, .notIP) }
    guard bytes.count >= length else { throw .truncated }
    let linkType = UInt16(clamping: number(at: 8))
    let trailer = Int(number(at: 48))
    skip(length)
    if trailer <= wireLength { removeTrailer(trailer) }
    return .link(linkType)
  }

  /// Reads a Juniper header: "MGC", then flags (LINKTYPE_JUNIPER_ETHER).
  ///
  /// Flag 0x80 says that extensions follow, behind their length. Flag 0x02 says that there is no link layer, but a protocol number of four
  /// bytes.
  mutating func juniper(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    guard bytes.uint32(at: 0) >> 8 == 0x4d4743 else { throw passOver(.linkType, 178, .notIP) }
    let flags = bytes[3]
    var length = 4
    if flags & 0x80 != 0 {
      guard bytes.count >= 6 else { throw .truncated }
      length = 6 &+ Int(bytes.uint16(at: 4))
    }
    if flags & 0x02 != 0 { return try fixedHeader(length &+ 4, then: .ip, in: frame) }
    return try fixedHeader(length, then: .ethernet, in: frame)
  }

  /// Reads an Ethernet frame that always ends with a check sequence, behind a header that is not evaluated.
  mutating func checkedFrame(behind length: Int, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let step = try fixedHeader(length, then: .ethernet, in: frame)
    removeTrailer(4)
    return step
  }

  /// Reads an mPacket of IEEE 802.3br (LINKTYPE_ETHERNET_MPACKET).
  ///
  ///     +----------------+------------+---------------------------+---------------+
  ///     | preamble, 7    | delimiter  |  frame, or a part of it   |  check, 4     |
  ///     +----------------+------------+---------------------------+---------------+
  ///
  /// Delimiter 0xd5 begins a whole frame. A frame that may be interrupted is whole if its check sequence is that of a frame. Parts are
  /// passed over.
  mutating func mPacket(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    let delimiter = bytes[7]
    _ = try checkedFrame(behind: 8, in: frame)
    switch delimiter {
    case 0xd5: return .ethernet
    case 0x4c, 0x7f, 0xb3, 0xe6:
      let sent = bytes.extracting(droppingFirst: 8 &+ available)
      guard available == wireLength, sent.count >= 4 else { throw .truncated }
      let isWhole = FrameCheck.sequence(of: rest(of: frame)) == sent.uint32(at: 0).byteSwapped
      if isWhole { return .ethernet }
    default: break
    }
    throw passOver(.linkType, 274, .notIP)
  }

  /// Reads the header of an ERF record (LINKTYPE_ERF).
  ///
  ///     +---------------+------+-------+-------------+------+-------------+
  ///     | time, 8       | type | flags | record length, 2   | ...         |
  ///     +---------------+------+-------+-------------+------+-------------+
  ///     | lost, 2       | wire length, 2              | extensions, 8 each, while their first bit is set
  ///     +---------------+-----------------------------+--------------------
  ///
  /// Numbers are big-endian, except the time. The first bit of the type says that extensions follow.
  mutating func extensibleRecord(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    var bytes = rest(of: frame)
    guard bytes.count >= 16 else { throw .truncated }
    let type = bytes[8] & 0x7f
    // The card saw an error on the line.
    guard bytes[9] & 0x10 == 0 else { throw passOver(.linkType, 197, .notIP) }
    let recordLength = Int(bytes.uint16(at: 10))
    let length = Int(bytes.uint16(at: 14))
    guard recordLength >= 16 else { throw passOver(.linkType, 197, .notIP) }
    end = min(end, offset &+ recordLength)
    var hasExtension = bytes[8] & 0x80 != 0
    skip(16)
    while hasExtension {
      bytes = rest(of: frame)
      guard bytes.count >= 8 else { throw .truncated }
      hasExtension = bytes[0] & 0x80 != 0
      skip(8)
    }
    let step: Step
    switch type {
    // High-level data links, with one channel or with several.
    case 1, 10, 15: step = .link(LinkTypes.serialLine)
    case 5, 17: step = try fixedHeader(4, then: .link(LinkTypes.serialLine), in: frame)
    case 2, 11, 16, 20: step = try fixedHeader(2, then: .ethernet, in: frame)
    // An ATM header precedes the packet, and a channel header precedes that one.
    case 4: step = try fixedHeader(4, then: .link(LinkTypes.multiprotocolATM), in: frame)
    case 9: step = try fixedHeader(8, then: .link(LinkTypes.multiprotocolATM), in: frame)
    case 22: step = .ipv4
    case 23: step = .ipv6
    default: throw passOver(.linkType, 197, .notIP)
    }
    if length > 0 { setWireLength(length) }
    // Some cards keep the check sequence and some do not, and no field says which. It matters only if IP states no length.
    if case .ethernet = step, ipStatesNoLength(in: frame) { removeTrailer(4) }
    return step
  }

  /// Whether the IP header in the Ethernet frame at the cursor leaves its length to the network card.
  private func ipStatesNoLength(in frame: Span<UInt8>) -> Bool {
    let bytes = rest(of: frame)
    var offset = 12
    while bytes.count >= offset &+ 8 {
      switch bytes.uint16(at: offset) {
      case 0x0800: return bytes.uint16(at: offset &+ 4) == 0
      case 0x86dd: return bytes.uint16(at: offset &+ 6) == 0
      case 0x8100, 0x88a8: offset &+= 4
      default: return false
      }
    }
    return false
  }
}

/// The check sequence of IEEE 802.3, clause 3.2.9.
enum FrameCheck {
  /// Returns the check sequence that belongs to a frame.
  ///
  /// O(n), some ten steps a byte.
  static func sequence(of bytes: Span<UInt8>) -> UInt32 {
    var register: UInt32 = .max
    for index in bytes.indices {
      register ^= UInt32(bytes[index])
      for _ in 0..<8 { register = register & 1 == 0 ? register >> 1 : register >> 1 ^ 0xedb8_8320 }
    }
    return ~register
  }
}
