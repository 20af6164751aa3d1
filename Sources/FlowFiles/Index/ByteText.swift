internal import Packets

/// Text as bytes, appended without making a `String`: file names and index lines are built a million times.
extension [UInt8] {
  mutating func append(text: String) { append(contentsOf: text.utf8) }

  /// Decimal digits, with zeros in front up to `width`.
  mutating func append(decimal value: UInt64, width: Int = 1) {
    if value < 1_000, width <= 3 {
      // Nearly all numbers of names and addresses.
      let small = UInt16(truncatingIfNeeded: value)
      if small >= 100 || width == 3 { append(0x30 &+ UInt8(truncatingIfNeeded: small / 100)) }
      if small >= 10 || width >= 2 { append(0x30 &+ UInt8(truncatingIfNeeded: small / 10 % 10)) }
      append(0x30 &+ UInt8(truncatingIfNeeded: small % 10))
      return
    }
    var digits = 1
    var rest = value / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    let start = count
    append(contentsOf: repeatElement(0x30, count: Swift.max(digits, width)))
    // One look at the array's storage for all digits.
    var text = mutableSpan
    var position = text.count
    rest = value
    while position > start, rest > 0 {
      position -= 1
      text[position] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  mutating func append(decimal value: Int64) {
    if value < 0 { append(0x2d) }
    append(decimal: value.magnitude)
  }

  /// Lower-case hexadecimal without leading zeros.
  mutating func append(hexadecimal value: UInt16) {
    var shift: UInt16 = 12
    while shift > 0, value >> shift == 0 { shift -= 4 }
    while true {
      append(Self.hexadecimalDigit(UInt8(truncatingIfNeeded: value >> shift)))
      if shift == 0 { return }
      shift -= 4
    }
  }

  /// Two lower-case hexadecimal digits a byte.
  mutating func append(hexadecimal bytes: [UInt8]) {
    for byte in bytes {
      append(Self.hexadecimalDigit(byte >> 4))
      append(Self.hexadecimalDigit(byte))
    }
  }

  static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    let nibble = value & 15
    return nibble < 10 ? 0x30 &+ nibble : 0x57 &+ nibble
  }

  /// Base64 with padding (RFC 4648, section 4).
  mutating func append(base64 bytes: [UInt8]) {
    var index = 0
    while index < bytes.count {
      let left = bytes.count - index
      let word =
        UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0) | (left > 2 ? UInt32(bytes[index + 2]) : 0)
      append(Self.base64Digit(word >> 18))
      append(Self.base64Digit(word >> 12))
      append(left > 1 ? Self.base64Digit(word >> 6) : 0x3d)
      append(left > 2 ? Self.base64Digit(word) : 0x3d)
      index += 3
    }
  }

  private static func base64Digit(_ value: UInt32) -> UInt8 {
    let digit = UInt8(truncatingIfNeeded: value & 63)
    return switch digit {
    case 0..<26: 0x41 &+ digit
    case 26..<52: 0x61 &+ (digit &- 26)
    case 52..<62: 0x30 &+ (digit &- 52)
    case 62: 0x2b
    default: 0x2f
    }
  }
}

extension [UInt8] {
  /// An address as people write it: dotted decimal, or RFC 5952 for IPv6 (IPv4-mapped addresses in mixed notation, section 5).
  mutating func append(address: IPAddress) {
    if address.family == .v4 {
      append(dotted: UInt32(truncatingIfNeeded: address.low), width: 1)
      return
    }
    if address.high == 0, address.low >> 32 == 0xffff {
      append(text: "::ffff:")
      append(dotted: UInt32(truncatingIfNeeded: address.low), width: 1)
      return
    }
    let zeros = Self.longestZeroRun(of: address)
    var index = 0
    while index < 8 {
      if index == zeros.lowerBound, zeros.count > 1 {
        append(text: "::")
        index = zeros.upperBound
        continue
      }
      if index > 0, index != zeros.upperBound || zeros.count < 2 { append(0x3a) }
      append(hexadecimal: Self.group(index, of: address))
      index += 1
    }
  }

  /// Four decimal numbers with dots between, each with zeros in front up to `width`.
  mutating func append(dotted value: UInt32, width: Int) {
    for shift in stride(from: UInt32(24), through: 0, by: -8) {
      append(decimal: UInt64(value >> shift & 255), width: width)
      if shift > 0 { append(0x2e) }
    }
  }

  /// The first of the longest runs of zero groups (RFC 5952, section 4.2.3); empty where there is none.
  private static func longestZeroRun(of address: IPAddress) -> Range<Int> {
    var best = 0..<0
    var start = 0
    for index in 0..<8 {
      if group(index, of: address) != 0 {
        start = index + 1
      } else if index + 1 - start > best.count {
        best = start..<(index + 1)
      }
    }
    return best
  }

  private static func group(_ index: Int, of address: IPAddress) -> UInt16 {
    let half = index < 4 ? address.high : address.low
    return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index & 3)))
  }
}
