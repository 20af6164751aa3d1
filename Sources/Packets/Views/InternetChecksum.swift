/// The checksum of IP, TCP and UDP: the ones' complement of the ones' complement sum of 16-bit words (RFC 1071).
struct InternetChecksum {
  /// The sum, not folded. It is fed with 32 bits at a time, so 16 GiB do not overflow it.
  private var sum: UInt64 = 0

  /// Adds `bytes`, which lie at an even offset of what is summed; an odd last byte is padded with zero. O(n).
  mutating func add(_ bytes: Span<UInt8>) {
    var index = 0
    while bytes.count &- index >= 4 {
      sum &+= UInt64(bytes.uint32(at: index))
      index &+= 4
    }
    if bytes.count &- index >= 2 {
      sum &+= UInt64(bytes.uint16(at: index))
      index &+= 2
    }
    if bytes.count > index { sum &+= UInt64(bytes[index]) << 8 }
  }

  /// Adds four 16-bit words.
  mutating func add(_ words: UInt64) {
    sum &+= words >> 32
    sum &+= words & 0xffff_ffff
  }

  /// The checksum: 0 when what was summed holds its own right checksum.
  var value: UInt16 {
    var folded = sum
    while folded > 0xffff { folded = (folded & 0xffff) &+ (folded >> 16) }
    return ~UInt16(truncatingIfNeeded: folded)
  }
}
