// HTTP text is handled as bytes, because no rule says that a field is UTF-8.

extension UInt8 {
  /// Whether the byte is allowed in a token (RFC 9110, section 5.6.2).
  var isTokenByte: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e, 0x5f, 0x60, 0x7c, 0x7e: true
    default: false
    }
  }

  var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  var isUpperCase: Bool { self >= 0x41 && self <= 0x5a }
  /// Whether the byte is a space, a tab, or a byte that other programs treat as one: vertical tab, form feed, CR.
  var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0b || self == 0x0c || self == 0x0d }
  /// The byte in lower case if it is an ASCII letter; otherwise the byte itself.
  package var lowercased: UInt8 { isUpperCase ? self | 0x20 : self }

  /// Value of a hexadecimal digit; nil for any other byte.
  var hexadecimalValue: UInt8? {
    switch self {
    case 0x30...0x39: self &- 0x30
    case 0x41...0x46: self &- 0x37
    case 0x61...0x66: self &- 0x57
    default: nil
    }
  }
}

extension RandomAccessCollection<UInt8> where Index == Int {
  /// Whether the bytes equal `text`, which is in lower case, without regard to the case of ASCII letters.
  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { text in
      for position in 0..<count where self[startIndex + position].lowercased != text[position] { return false }
      return true
    }
  }

  /// Whether the bytes begin with `text`, which is in lower case, without regard to the case of ASCII letters.
  func beginsIgnoringCase(_ text: StaticString) -> Bool { prefix(text.utf8CodeUnitCount).equalsIgnoringCase(text) }

  /// The bytes without blanks at either end.
  var trimmed: SubSequence {
    var (start, end) = (startIndex, endIndex)
    while start < end, self[start].isBlank { start += 1 }
    while end > start, self[end - 1].isBlank { end -= 1 }
    return self[start..<end]
  }

  /// Whether the bytes contain `text`.
  func containsSequence(_ text: StaticString) -> Bool { firstIndex(of: text) != nil }

  /// Index of the first occurrence of `text`; nil if there is none.
  ///
  /// O(n) if the first byte of `text` is rare.
  func firstIndex(of text: StaticString) -> Int? {
    let length = text.utf8CodeUnitCount
    guard length > 0, count >= length else { return nil }
    return text.withUTF8Buffer { text in
      for start in startIndex...(endIndex - length) where self[start] == text[0] {
        var matches = 1
        while matches < length, self[start + matches] == text[matches] { matches += 1 }
        if matches == length { return start }
      }
      return nil
    }
  }

  /// Copy of the bytes with ASCII letters in lower case.
  package var lowercased: [UInt8] { map(\.lowercased) }

  /// Value of a decimal number; nil unless the bytes are digits only and the value fits.
  var decimal: Int64? {
    guard !isEmpty else { return nil }
    var value: Int64 = 0
    for byte in self {
      guard byte.isDigit else { return nil }
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, exceeds) = product.addingReportingOverflow(Int64(byte &- 0x30))
      guard !overflows, !exceeds else { return nil }
      value = sum
    }
    return value
  }

  /// Elements of a comma-separated list, without surrounding blanks and without empty elements.
  var listElements: [SubSequence] { split(separator: 0x2c).map(\.trimmed).filter { !$0.isEmpty } }
}

extension Span<UInt8> {
  /// Index of the first `byte` at or after `start`; nil if there is none.
  func firstPosition(of byte: UInt8, from start: Int) -> Int? {
    var index = start
    while index < count {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// Copy of the bytes in a range.
  func array(_ range: Range<Int>) -> [UInt8] {
    let part = extracting(range)
    return [UInt8](capacity: part.count) { output in
      for index in part.indices { output.append(part[index]) }
    }
  }
}

extension [UInt8] {
  mutating func append(_ bytes: Span<UInt8>) {
    append(addingCapacity: bytes.count) { output in
      for index in bytes.indices { output.append(bytes[index]) }
    }
  }
}
