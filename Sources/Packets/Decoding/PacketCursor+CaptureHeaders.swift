/// Headers that systems and capture cards put before the packets of other links.
extension PacketCursor {
  /// LINKTYPE_PFLOG: length of the header, address family, action and reason, an interface's name and more; filled up to a multiple of four.
  mutating func packetFilterLog(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    let length = (Int(bytes[0]) &+ 3) & ~3
    guard length >= 4 else { throw passOver(.linkType, 117, .notIP) }
    return try fixedHeader(length, then: .ip, in: frame)
  }

  ///     +-----------+----------------+--------------+------------------+------+
  ///     | length, 4 | next record, 4 | link type, 4 | interface, 24    | ...  |
  ///     +-----------+----------------+--------------+------------------+------+
  ///     | flags, 4  | family, 4      | length of link header, of trailer, 4 each ...
  ///     +-----------+----------------+--------------+-------------------------
  ///
  /// LINKTYPE_PKTAP, in the byte order of the capturing host: Apple's. The next record is 1 for a packet.
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

  /// LINKTYPE_JUNIPER_ETHER: "MGC", flags (0x80: extensions of so many bytes follow; 0x02: there is no link layer, but a protocol of four
  /// bytes).
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

  /// A frame whose check sequence is always there, behind a header that says nothing of use.
  mutating func checkedFrame(behind length: Int, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let step = try fixedHeader(length, then: .ethernet, in: frame)
    removeTrailer(4)
    return step
  }

  ///     +----------------+------------+---------------------------+---------------+
  ///     | preamble, 7    | delimiter  |  frame, or a part of it   |  check, 4     |
  ///     +----------------+------------+---------------------------+---------------+
  ///
  /// LINKTYPE_ETHERNET_MPACKET, IEEE 802.3br: delimiter 0xd5 is a whole frame. One that may be interrupted is whole where its check sequence
  /// is that of a frame; parts are passed over.
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

  ///     +---------------+------+-------+-------------+------+-------------+
  ///     | time, 8       | type | flags | record length, 2   | ...         |
  ///     +---------------+------+-------+-------------+------+-------------+
  ///     | lost, 2       | wire length, 2              | extensions, 8 each, while their first bit is set
  ///     +---------------+-----------------------------+--------------------
  ///
  /// LINKTYPE_ERF, big-endian but for the time; the first bit of the type says that extensions follow.
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
    // High-level data links, in one channel or in one of several.
    case 1, 10, 15: step = .link(LinkTypes.serialLine)
    case 5, 17: step = try fixedHeader(4, then: .link(LinkTypes.serialLine), in: frame)
    case 2, 11, 16, 20: step = try fixedHeader(2, then: .ethernet, in: frame)
    // ATM's header stands before the packet, and that of the channel before it.
    case 4: step = try fixedHeader(4, then: .link(LinkTypes.multiprotocolATM), in: frame)
    case 9: step = try fixedHeader(8, then: .link(LinkTypes.multiprotocolATM), in: frame)
    case 22: step = .ipv4
    case 23: step = .ipv6
    default: throw passOver(.linkType, 197, .notIP)
    }
    if length > 0 { setWireLength(length) }
    // Cards leave the check sequence there or not, and nothing says which: it matters where IP states no length.
    if case .ethernet = step, ipStatesNoLength(in: frame) { removeTrailer(4) }
    return step
  }

  /// Whether the IP header in the Ethernet frame at the cursor leaves its length to the card.
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
