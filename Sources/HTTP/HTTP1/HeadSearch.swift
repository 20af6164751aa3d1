/// Search for heads after a gap or after bytes that are not HTTP.
///
/// Text about HTTP may contain a start line, so a field line or the end of the head must follow it.
enum HeadSearch {
  /// Maximum length of a start line that is examined.
  static let longestLine = 16 << 10

  private static let methods: [[UInt8]] = [
    "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PROPFIND", "REPORT", "MKCOL", "COPY", "MOVE", "LOCK",
    "UNLOCK", "PROPPATCH", "SEARCH", "SUBSCRIBE", "NOTIFY",
  ].map { Array($0.utf8) }

  /// Searches for the first head.
  ///
  /// - Parameters:
  ///   - bytes: the bytes to search.
  ///   - start: the index at which the search begins.
  ///   - isRequest: whether the head is that of a request.
  ///   - isAtEnd: whether no bytes follow.
  ///   - undecided: set to the index at which a further search must begin, if there is no head yet.
  /// - Returns: the index of the head; nil if there is none, or if more bytes are needed.
  static func firstHead(
    in bytes: [UInt8], from start: Int = 0, isRequest: Bool, isAtEnd: Bool, undecided: inout Int
  ) -> Int? {
    var index = start
    while index < bytes.count {
      // Both start lines contain an H, which is rare elsewhere.
      guard bytes[index] == 0x48 else {
        index += 1
        continue
      }
      let rest = bytes[index...].prefix(7)
      if !rest.elementsEqual("HTTP/1.".utf8.prefix(rest.count)) {
        index += 1
        continue
      }
      guard rest.count == 7 else { break }
      let head = isRequest ? request(bytes, versionAt: index) : response(bytes, at: index)
      if let head {
        switch proof(bytes, head, isRequest: isRequest, isAtEnd: isAtEnd) {
        case .some(true): return head
        case .none:
          undecided = head
          return nil
        case .some(false): break
        }
      }
      index += 7
    }
    undecided = isRequest ? requestMargin(bytes, start) : min(index, bytes.count)
    return nil
  }

  /// Searches all bytes for the first head.
  ///
  /// - Parameters:
  ///   - bytes: the bytes to search.
  ///   - isRequest: whether the head is that of a request.
  ///   - isAtEnd: whether no bytes follow.
  /// - Returns: the index of the head; nil if there is none, or if more bytes are needed.
  static func firstHead(in bytes: [UInt8], isRequest: Bool, isAtEnd: Bool) -> Int? {
    var undecided = 0
    return firstHead(in: bytes, isRequest: isRequest, isAtEnd: isAtEnd, undecided: &undecided)
  }

  /// Index of the last line, which may be a request line whose version is still missing.
  private static func requestMargin(_ bytes: [UInt8], _ start: Int) -> Int {
    let least = max(start, bytes.count - longestLine)
    return bytes[least...].lastIndex(of: 0x0a).map { $0 + 1 } ?? least
  }

  private static func response(_ bytes: [UInt8], at index: Int) -> Int? {
    let line = bytes[index...].prefix(13)
    guard line.count == 13 else { return line.allSatisfy { $0 >= 0x20 } ? index : nil }
    let rest = Array(line.dropFirst(7))
    let isStatus = rest[0].isDigit && rest[1] == 0x20 && (0x31...0x35).contains(rest[2]) && rest[3].isDigit && rest[4].isDigit
    return isStatus && !rest[5].isTokenByte ? index : nil
  }

  /// Index of the method of a request line, found backwards from its version; nil if there is none.
  private static func request(_ bytes: [UInt8], versionAt index: Int) -> Int? {
    guard index >= 2, bytes[index - 1] == 0x20 else { return nil }
    var targetStart = index - 1
    let least = max(0, index - longestLine)
    while targetStart > least, bytes[targetStart - 1] > 0x20 { targetStart -= 1 }
    guard targetStart > 0, targetStart < index - 1, bytes[targetStart - 1] == 0x20 else { return nil }
    let before = bytes[..<(targetStart - 1)]
    let known = methods.filter { before.suffix($0.count).elementsEqual($0) }.max { $0.count < $1.count }
    return known.map { targetStart - 1 - $0.count }
  }

  /// Whether a start line begins at `start` and a field line or an empty line follows it; nil if more bytes are needed.
  private static func proof(_ bytes: [UInt8], _ start: Int, isRequest: Bool, isAtEnd: Bool) -> Bool? {
    guard let end = bytes[start...].prefix(2 * longestLine).firstIndex(of: 0x0a) else {
      return bytes.count - start >= 2 * longestLine || isAtEnd ? false : nil
    }
    let line = Array(bytes[start..<end])
    guard isRequest ? RequestLine(line).map({ $0.version != "0.9" }) ?? false : StatusLine(line) != nil else { return false }
    var position = end + 1
    let start = position
    while position < bytes.count, bytes[position].isTokenByte { position += 1 }
    if position == bytes.count { return isAtEnd ? false : position - start > 256 ? false : nil }
    if position == start { return bytes[position] == 0x0a || bytes[position] == 0x0d }
    return bytes[position] == 0x3a || bytes[position] == 0x20
  }
}
