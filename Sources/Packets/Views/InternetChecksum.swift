/// The checksum of IP, TCP and UDP: the ones' complement of the ones' complement sum of 16-bit words (RFC 1071).
struct InternetChecksum {
  /// Sum so far, not folded.
  ///
  /// It grows by 32 bits at a time, so 16 GiB do not overflow it.
  private var sum: UInt64 = 0

  /// Adds `bytes`, which must begin at an even offset of the summed data; an odd last byte is padded with zero.
  ///
  /// O(n).
  mutating func add(_ bytes: Span<UInt8>) {
    var rest = bytes
    // Constant offsets behind one guard: each word is one load.
    while rest.count >= 32 {
      add(rest.uint64(at: 0))
      add(rest.uint64(at: 8))
      add(rest.uint64(at: 16))
      add(rest.uint64(at: 24))
      rest = rest.extracting(droppingFirst: 32)
    }
    while rest.count >= 4 {
      sum &+= UInt64(rest.uint32(at: 0))
      rest = rest.extracting(droppingFirst: 4)
    }
    if rest.count >= 2 {
      sum &+= UInt64(rest.uint16(at: 0))
      rest = rest.extracting(droppingFirst: 2)
    }
    if rest.count > 0 { sum &+= UInt64(rest[0]) << 8 }
  }

  /// Adds four 16-bit words.
  @inline(always)
  mutating func add(_ words: UInt64) {
    sum &+= words >> 32
    sum &+= words & 0xffff_ffff
  }

  /// Checksum: 0 if the summed data contain their own correct checksum.
  var value: UInt16 {
    var folded = sum
    while folded > 0xffff { folded = (folded & 0xffff) &+ (folded >> 16) }
    return ~UInt16(truncatingIfNeeded: folded)
  }
}
