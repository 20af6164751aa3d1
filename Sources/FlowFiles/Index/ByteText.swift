internal import Packets

/// Text as bytes, appended without creating a `String`: file names and index lines are built a million times.
extension [UInt8] {
  mutating func append(text: String) { append(contentsOf: text.utf8) }

  /// Appends decimal digits, padded with zeros to `width`.
  mutating func append(decimal value: UInt64, width: Int = 1) {
    append(addingCapacity: Swift.max(OutputSpan<UInt8>.decimalRoom, width)) { $0.append(decimal: value, width: width) }
  }

  mutating func append(decimal value: Int64) {
    if value < 0 { append(0x2d) }
    append(decimal: value.magnitude)
  }

  /// Appends two lower-case hexadecimal digits a byte.
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

  /// Appends base64 with padding (RFC 4648, section 4).
  mutating func append(base64 bytes: [UInt8]) {
    append(addingCapacity: (bytes.count + 2) / 3 * 4) { text in
      let bytes = bytes.span
      var index = 0
      while index < bytes.count {
        let left = bytes.count - index
        let word =
          UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0) | (left > 2 ? UInt32(bytes[index + 2]) : 0)
        text.append(Self.base64Digit(word >> 18))
        text.append(Self.base64Digit(word >> 12))
        text.append(left > 1 ? Self.base64Digit(word >> 6) : 0x3d)
        text.append(left > 2 ? Self.base64Digit(word) : 0x3d)
        index += 3
      }
    }
  }

  /// Decodes base64 with padding; nil if the text is malformed.
  init?(base64 text: [UInt8]) {
    guard text.count % 4 == 0 else { return nil }
    let padding = text.suffix(2).count { $0 == 0x3d }
    var (word, bits) = (UInt32(0), 0)
    self = []
    for byte in text.dropLast(padding) {
      let digit: UInt8
      switch byte {
      case 0x41...0x5a: digit = byte &- 0x41
      case 0x61...0x7a: digit = byte &- 0x47
      case 0x30...0x39: digit = byte &+ 4
      case 0x2b: digit = 62
      case 0x2f: digit = 63
      default: return nil
      }
      word = word << 6 | UInt32(digit)
      bits += 6
      guard bits >= 8 else { continue }
      bits -= 8
      append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
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
  /// Appends an address in its usual notation.
  mutating func append(address: IPAddress) {
    append(addingCapacity: OutputSpan<UInt8>.addressRoom) { $0.append(address: address) }
  }
}
