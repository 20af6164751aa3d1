/// Request line (RFC 9112, section 3).
struct RequestLine {
  let method: [UInt8]
  let target: [UInt8]
  /// HTTP version, such as `1.1`; `0.9` if the line has none.
  let version: String

  /// Parses a line; nil if it is not a request line.
  init?(_ line: [UInt8]) {
    let text = line.trimmed
    guard let first = text.firstIndex(where: { $0 == 0x20 || $0 == 0x09 }), first > text.startIndex,
      text[..<first].allSatisfy({ $0.isTokenByte || $0 == 0 })
    else { return nil }
    method = Array(text[..<first])
    let rest = text[first...].trimmed
    if let version = HTTPVersion(rest) {
      target = []
      self.version = version.text
      return
    }
    guard let last = rest.lastIndex(where: { $0 == 0x20 || $0 == 0x09 }), let version = HTTPVersion(rest[(last + 1)...]) else {
      target = Array(rest)
      self.version = "0.9"
      return
    }
    target = Array(rest[..<last].trimmed)
    self.version = version.text
  }
}

/// Status line (RFC 9112, section 4).
struct StatusLine {
  let version: String
  let status: Int
  let reason: [UInt8]
  /// Whether the line conforms to the grammar.
  let isStrict: Bool

  /// Parses a line leniently; nil if it is not a status line.
  ///
  /// An invalid status code becomes 0.
  init?(_ line: [UInt8]) {
    let text = line.trimmed
    guard text.beginsIgnoringCase("http/"), text.dropFirst(5).first?.isDigit == true else { return nil }
    let head = text.prefix { !$0.isBlank }
    let exact = HTTPVersion(head)
    version = exact?.text ?? String(decoding: head.dropFirst(5).prefix { $0.isDigit || $0 == 0x2e }.prefix(8), as: UTF8.self)
    let rest = text[head.endIndex...].trimmed
    let digits = rest.prefix { $0.isDigit }
    status = digits.count <= 5 ? digits.decimal.map { Int($0) } ?? 0 : 0
    reason = Array(rest[digits.endIndex...].trimmed)
    isStrict =
      exact?.isStrict == true && digits.count == 3 && text.startIndex == line.startIndex && rest.startIndex == head.endIndex + 1
      && text[head.endIndex] == 0x20
  }
}

/// HTTP version in a start line (RFC 9112, section 2.3).
struct HTTPVersion {
  /// Digits and dots, such as `1.1`.
  let text: String
  /// Whether the version conforms to the grammar.
  let isStrict: Bool

  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.beginsIgnoringCase("http/") else { return nil }
    let number = bytes.dropFirst(5)
    guard let first = number.first, first.isDigit, number.count <= 8, number.allSatisfy({ $0.isDigit || $0 == 0x2e }) else { return nil }
    text = String(decoding: number, as: UTF8.self)
    isStrict = bytes.prefix(4).elementsEqual("HTTP".utf8) && number.count == 3 && number[number.startIndex + 1] == 0x2e
  }
}
