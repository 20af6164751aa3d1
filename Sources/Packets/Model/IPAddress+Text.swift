extension IPAddress: CustomStringConvertible {
  /// Text such as `192.0.2.1`, or the canonical text of an IPv6 address (RFC 5952): `2001:db8::1`, `::ffff:192.0.2.1`.
  public var description: String {
    switch family {
    case .v4: return Self.dotted(UInt32(truncatingIfNeeded: low))
    case .v6 where high == 0 && low >> 32 == 0xffff: return "::ffff:" + Self.dotted(UInt32(truncatingIfNeeded: low))
    case .v6: return colonText
    }
  }

  private static func dotted(_ address: UInt32) -> String {
    "\(address >> 24).\(address >> 16 & 0xff).\(address >> 8 & 0xff).\(address & 0xff)"
  }

  /// Returns group `index` of the eight groups.
  private func group(_ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64((3 - index & 3) * 16))
  }

  /// Groups in lower-case hexadecimal without leading zeros.
  ///
  /// `::` stands for the longest run of two or more zero groups, and for the first of equally long runs.
  private var colonText: String {
    let zeros = longestZeroRun
    var text = ""
    var index = 0
    while index < 8 {
      if index == zeros.lowerBound, !zeros.isEmpty {
        text += "::"
        index = zeros.upperBound
        continue
      }
      if index > 0, index != zeros.upperBound { text += ":" }
      text += String(group(index), radix: 16)
      index += 1
    }
    return text
  }

  /// Range of the groups that `::` stands for; empty if there is no run of two.
  private var longestZeroRun: Range<Int> {
    var longest = 0..<0
    var start = 0
    for index in 0..<8 {
      guard group(index) == 0 else {
        start = index + 1
        continue
      }
      let length = index + 1 - start
      if length >= 2, length > longest.count { longest = start..<(index + 1) }
    }
    return longest
  }
}
