/// Headers that captures put before 802.11 frames.
extension PacketCursor {
  /// Reads a radiotap header, in which all numbers are little-endian.
  ///
  ///     +---------+-----+----------------+----------------------+-------------------
  ///     | version |     | length, little |  fields present, 32  |  more of them, fields
  ///     +---------+-----+----------------+----------------------+-------------------
  ///
  /// Only the flags are evaluated: 0x10 says that a check sequence is there, 0x20 that the frame's header is padded, 0x40 that the frame is
  /// damaged. They are the second field, behind a time of 8 bytes at a multiple of 8.
  mutating func radiotap(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    let length = Int(bytes.uint16(at: 2).byteSwapped)
    guard bytes[0] == 0, length >= 8 else { throw passOver(.linkType, 127, .notIP) }
    guard bytes.count >= length else { throw .truncated }
    var fields = 8
    // The last bit of each word says whether another one follows.
    while fields <= length, bytes[fields &- 1] & 0x80 != 0 { fields &+= 4 }
    var flags: UInt8 = 0
    if bytes[4] & 0x02 != 0 {
      let place = bytes[4] & 0x01 == 0 ? fields : ((fields &+ 7) & ~7) &+ 8
      if place < length { flags = bytes[place] }
    }
    skip(length)
    if flags & 0x40 != 0 { throw passOver(.wirelessLAN, WirelessFrame.damaged.rawValue, .notIP) }
    if flags & 0x10 != 0 { removeTrailer(4) }
    return try wirelessLAN(in: frame, isPadded: flags & 0x20 != 0)
  }

  /// Skips a Prism header of 144 bytes, which is not evaluated (LINKTYPE_IEEE802_11_PRISM).
  ///
  /// Some drivers wrote AVS under this link type, which begins with a magic number.
  mutating func prism(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    if bytes.uint32(at: 0) & 0xffff_f000 == 0x8021_1000 { return try avs(in: frame) }
    guard bytes.count >= 144 else { throw .truncated }
    skip(144)
    return try wirelessLAN(in: frame)
  }

  /// Reads an AVS header: a magic number (0x80211 and a version), then the length of the header (LINKTYPE_IEEE802_11_AVS).
  mutating func avs(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    let length = Int(bytes.uint32(at: 4))
    guard bytes.uint32(at: 0) & 0xffff_f000 == 0x8021_1000, length >= 8 else { throw passOver(.linkType, 163, .notIP) }
    guard bytes.count >= length else { throw .truncated }
    skip(length)
    return try wirelessLAN(in: frame)
  }

  /// Reads a PPI header: version (0), flags, length, link type, then fields of type, length and data (LINKTYPE_PPI).
  ///
  /// All numbers are little-endian. Field 2 is about 802.11. Its flags follow a time of 8 bytes: 1 says that a check sequence is there, 4
  /// that it is wrong.
  mutating func perPacketInformation(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 8 else { throw .truncated }
    let length = Int(bytes.uint16(at: 2).byteSwapped)
    let linkType = UInt16(clamping: bytes.uint32(at: 4).byteSwapped)
    guard bytes[0] == 0, length >= 8 else { throw passOver(.linkType, 192, .notIP) }
    guard bytes.count >= length else { throw .truncated }
    // Fields begin at multiples of four if the first flag says so.
    let mask = bytes[1] & 1 == 0 ? 0 : 3
    var flags: UInt8 = 0
    var field = 8
    while field &+ 4 <= length {
      let end = field &+ 4 &+ Int(bytes.uint16(at: field &+ 2).byteSwapped)
      if bytes.uint16(at: field).byteSwapped == 2, end <= length, end &- field >= 14 { flags = bytes[field &+ 12] }
      field = (end &+ mask) & ~mask
    }
    skip(length)
    if flags & 0x04 != 0 { throw passOver(.wirelessLAN, WirelessFrame.damaged.rawValue, .notIP) }
    if flags & 0x01 != 0 { removeTrailer(4) }
    return .link(linkType)
  }
}
