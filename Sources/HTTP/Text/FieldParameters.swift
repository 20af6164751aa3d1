/// Field value with parameters, such as `form-data; name="a"; filename*=UTF-8''b`.
struct FieldParameters {
  /// Part before the first semicolon, in lower case.
  let value: [UInt8]
  /// Parameters: names in lower case, and values without quotes; at most `most`.
  private(set) var parameters: [(name: [UInt8], value: [UInt8])] = []
  private static let most = 64

  init(_ text: [UInt8]) {
    var position = 0
    while position < text.count, text[position] != 0x3b { position += 1 }
    value = text[..<position].trimmed.lowercased
    while position < text.count, parameters.count < Self.most {
      position += 1
      let start = position
      while position < text.count, text[position] != 0x3d, text[position] != 0x3b { position += 1 }
      let name = text[start..<position].trimmed.lowercased
      guard position < text.count, text[position] == 0x3d else { continue }
      position += 1
      while position < text.count, text[position].isBlank { position += 1 }
      var content: [UInt8] = []
      if position < text.count, text[position] == 0x22 {
        position += 1
        while position < text.count, text[position] != 0x22 {
          // A backslash escapes a quote or a backslash. Any other one is kept, because some programs send unescaped paths.
          if text[position] == 0x5c, position + 1 < text.count, text[position + 1] == 0x22 || text[position + 1] == 0x5c { position += 1 }
          content.append(text[position])
          position += 1
        }
        while position < text.count, text[position] != 0x3b { position += 1 }
      } else {
        let start = position
        while position < text.count, text[position] != 0x3b { position += 1 }
        content = Array(text[start..<position].trimmed)
      }
      parameters.append((name, content))
    }
  }

  subscript(name: StaticString) -> [UInt8]? { parameters.first { $0.name.equalsIgnoringCase(name) }?.value }

  /// Decoded value of a parameter; nil if there is none.
  ///
  /// The extended form (RFC 8187) is preferred, then continuations (RFC 2231), then the plain value with its encoded words (RFC 2047).
  func decoded(_ name: StaticString, extended: StaticString) -> [UInt8]? {
    if let value = self[extended], let decoded = Self.extended(value) { return decoded }
    if let whole = continued(name) { return whole }
    return self[name].map(EncodedWords.decode)
  }

  /// Decodes an extended value such as `UTF-8'en'%e2%82%ac`; nil if it does not have that form.
  private static func extended(_ value: [UInt8]) -> [UInt8]? {
    guard let first = value.firstIndex(of: 0x27), let second = value[(first + 1)...].firstIndex(of: 0x27) else { return nil }
    let bytes = Percent.decode(value[(second + 1)...])
    return value[..<first].equalsIgnoringCase("iso-8859-1") ? Latin1.utf8(bytes) : bytes
  }

  /// Joins the continuations of a parameter, such as `name*0="a"; name*1*=%20b`; nil if there are none.
  private func continued(_ name: StaticString) -> [UInt8]? {
    var whole: [UInt8]?
    for index in 0..<Self.most {
      let plain = Array(name.description.utf8) + Array("*\(index)".utf8)
      if let part = parameters.first(where: { $0.name.elementsEqual(plain) })?.value {
        whole = (whole ?? []) + part
      } else if let part = parameters.first(where: { $0.name.elementsEqual(plain + [0x2a]) })?.value {
        whole = (whole ?? []) + (index == 0 ? Self.extended(part) ?? part : Percent.decode(part[...]))
      } else {
        break
      }
    }
    return whole
  }
}

/// Percent-encoding (RFC 3986, section 2.1).
package enum Percent {
  /// Decodes percent-encoded bytes; anything else stays as it is.
  package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8] {
    guard text.contains(0x25) else { return Array(text) }
    var bytes: [UInt8] = []
    var index = text.startIndex
    while index < text.endIndex {
      if text[index] == 0x25, index + 2 < text.endIndex, let high = text[index + 1].hexadecimalValue,
        let low = text[index + 2].hexadecimalValue
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(text[index])
        index += 1
      }
    }
    return bytes
  }
}

/// ISO 8859-1, in which every byte is a code point.
enum Latin1 {
  static func utf8(_ bytes: [UInt8]) -> [UInt8] { bytes.flatMap { Array(String(Unicode.Scalar($0)).utf8) } }
}

/// Encoded words of mail (RFC 2047), which servers put into file names, such as `=?UTF-8?B?4oKs?=`.
enum EncodedWords {
  static func decode(_ text: [UInt8]) -> [UInt8] {
    guard text.containsSequence("=?") else { return text }
    var result: [UInt8] = []
    var rest = text[...]
    while let start = rest.firstIndex(of: "=?") {
      let fields = rest[(start + 2)...].split(separator: 0x3f, maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3, let end = fields[2].firstIndex(of: "?="), let word = word(fields[0], fields[1], fields[2][..<end]) else {
        break
      }
      let before = rest[..<start]
      // White space between two encoded words is dropped (RFC 2047, section 6.2).
      if result.isEmpty || !before.allSatisfy(\.isBlank) { result += before }
      result += word
      rest = rest[(end + 2)...]
    }
    return result + rest
  }

  private static func word(_ charset: ArraySlice<UInt8>, _ encoding: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> [UInt8]? {
    let bytes: [UInt8]
    if encoding.equalsIgnoringCase("b") {
      bytes = base64(text)
    } else if encoding.equalsIgnoringCase("q") {
      bytes = Percent.decode(text.map { $0 == 0x3d ? 0x25 : $0 == 0x5f ? 0x20 : $0 }[...])
    } else {
      return nil
    }
    return charset.equalsIgnoringCase("iso-8859-1") ? Latin1.utf8(bytes) : bytes
  }

  private static func base64(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var (word, bits) = (UInt32(0), UInt32(0))
    var bytes: [UInt8] = []
    for byte in text {
      let digit: UInt8
      switch byte {
      case 0x41...0x5a: digit = byte &- 0x41
      case 0x61...0x7a: digit = byte &- 0x47
      case 0x30...0x39: digit = byte &+ 4
      case 0x2b, 0x2d: digit = 62
      case 0x2f, 0x5f: digit = 63
      default: continue
      }
      word = word << 6 | UInt32(digit)
      bits += 6
      guard bits >= 8 else { continue }
      bits -= 8
      bytes.append(UInt8(truncatingIfNeeded: word >> bits))
    }
    return bytes
  }
}
