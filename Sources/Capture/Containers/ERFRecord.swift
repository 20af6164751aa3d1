internal import Packets

/// Header of a record in an ERF file.
///
///     | time stamp (8), little-endian: seconds and 2^-32 seconds | type | flags | rlen (2) | lctr or color (2) | wlen (2) |
///
/// The highest bit of the type says that extension headers of 8 bytes follow, each with such a bit in front. Then come the pad of Ethernet
/// (2) or the header of a channel (4), and the packet. `rlen` is the length of all of that, `wlen` that of the packet on the wire.
struct ERFRecord {
  static let headerLength = 16

  /// Type without the bit of the extension headers.
  let type: UInt8
  /// Length in bytes of the whole record.
  let length: Int
  let wireLength: Int
  /// Number of packets that were lost between the record before and this one.
  let drops: UInt16
  /// Time stamp: seconds in the upper 32 bits, their fraction in the lower.
  let stamp: UInt64
  private let hasExtensions: Bool

  /// Type of the records that fill a block between packets.
  static let padding: UInt8 = 48
  /// Type of the records about the capture, whose time may be 0.
  static let metadata: UInt8 = 27
  /// Types with a color or a hash in the field in which others count losses.
  private static let colored: Set<UInt8> = [10, 11, 15, 16, 17, 19, 20]
  /// All assigned types except padding; 0 is reserved.
  private static let types: ClosedRange<UInt8> = 1...27

  /// Reads the header of a record.
  ///
  /// - Precondition: sixteen bytes follow.
  init(_ start: UnsafePointer<UInt8>) {
    let little = ByteOrder(.little)
    let big = ByteOrder(.big)
    stamp = little.uint64(start, 0)
    type = start[8] & 0x7f
    hasExtensions = start[8] & 0x80 != 0
    length = Int(big.uint16(start, 10))
    drops = Self.colored.contains(type) ? 0 : big.uint16(start, 12)
    wireLength = Int(big.uint16(start, 14))
  }

  /// Whether the header can be that of a record.
  var isPlausible: Bool { length >= Self.headerLength && (Self.types.contains(type) || type == Self.padding) }

  var time: Timestamp {
    // Seconds are below 2³², so neither product nor sum overflows 64 bits. The result is rounded, because the unit is a quarter of a
    // nanosecond.
    let fraction = (stamp & 0xffff_ffff) &* 1_000_000_000 &+ 1 << 31
    return Timestamp(nanoseconds: Int64(stamp >> 32) &* 1_000_000_000 &+ Int64(fraction >> 32))
  }

  /// Returns the number of bytes before the packet itself, which exceeds the record if its extension headers do not end in it.
  func packetOffset(_ start: UnsafePointer<UInt8>) -> Int {
    var offset = Self.headerLength
    var hasMore = hasExtensions
    while hasMore, offset + 8 <= length {
      hasMore = start[offset] & 0x80 != 0
      offset += 8
    }
    if hasMore { return length + 1 }
    return offset + Self.subheaderLength(type)
  }

  private static func subheaderLength(_ type: UInt8) -> Int {
    switch type {
    // Ethernet: plain, with a color, of a port, with a hash.
    case 2, 11, 16, 20: 2
    // Channels: HDLC, raw, ATM, raw channel, AAL5, AAL2, and HDLC with a color; AAL2 itself.
    case 5...9, 12, 17, 18: 4
    default: 0
    }
  }

  /// Link type of the bytes at `packetOffset`, for a filter; nil if libpcap has no filter for them.
  var filterLinkType: LinkType? {
    switch type {
    case 2, 11, 16, 20: .ethernet
    case 22: .ipv4
    case 23: .ipv6
    default: nil
    }
  }
}
