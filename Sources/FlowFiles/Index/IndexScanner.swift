/// Scanner for the file names in one line of an index, which is untrusted.
///
/// It parses only as much JSON as it needs: strings with their escapes, and the nesting of objects and arrays. Only `client_to_server.file`
/// and `server_to_client.file` of the outermost object count, its `pcap`, and the same with `_base64` beside them. Malformed JSON ends the
/// scan.
struct IndexScanner {
  private let line: [UInt8]
  private var position = 0
  private var names: [Name] = []

  /// A name of a file, with the ranges of its strings in the line, quotes included.
  struct Name {
    var path: [UInt8]
    /// Range of the text; nil if the line has the name only as a part of another one.
    var text: Range<Int>?
    /// Range of the base64 of the name, if it is not UTF-8.
    var base64: Range<Int>?
  }

  init(_ line: [UInt8]) { self.line = line }

  /// Returns the file names.
  ///
  /// O(n).
  func fileNames() -> [[UInt8]] { files().map(\.path) }

  /// Returns the file names with their places.
  ///
  /// O(n).
  func files() -> [Name] {
    var scanner = self
    scanner.scan()
    return scanner.names
  }

  /// Returns the text of a string with its quotes; nil if it is none, or has an escape that this program does not write.
  static func text(of quoted: [UInt8]) -> [UInt8]? {
    var scanner = IndexScanner(quoted)
    guard quoted.first == 0x22 else { return nil }
    scanner.position = 1
    guard let text = scanner.string(), scanner.position == quoted.count else { return nil }
    return text
  }

  /// Paths below `http/` under the names that body files have in lines of http.ndjson and websocket.ndjson.
  ///
  /// O(n).
  func bodyNames() -> [[UInt8]] { bodies().map(\.path) }

  /// The same with their places.
  ///
  /// O(n).
  func bodies() -> [Name] {
    var scanner = self
    var names: [Name] = []
    var key: [UInt8] = []
    while scanner.position < scanner.line.count {
      let byte = scanner.line[scanner.position]
      scanner.position += 1
      guard byte == 0x22 else {
        if byte == 0x2c || byte == 0x7b { key = [] }
        continue
      }
      let start = scanner.position - 1
      guard let text = scanner.string() else { return names }
      let range = start..<scanner.position
      if scanner.nextIsColon() {
        key = text
      } else if text.starts(with: "http/".utf8), Self.bodyKeys.contains(where: { key.elementsEqual($0.utf8) }) {
        names.append(Name(path: text, text: range))
      }
    }
    return names
  }

  private static let bodyKeys = ["file", "raw_file", "joined"]

  private mutating func scan() {
    var depth = 0
    var isObject = false
    var direction = false
    var clear = false
    // Certificates have files by their hashes.
    var tls = false
    var key: [UInt8] = []
    while position < line.count {
      let byte = line[position]
      position += 1
      switch byte {
      case 0x7b, 0x5b:
        if depth == 1 {
          isObject = byte == 0x7b
          direction = isObject && (key.elementsEqual("client_to_server".utf8) || key.elementsEqual("server_to_client".utf8))
          clear = false
          tls = isObject && key.elementsEqual("tls".utf8)
        } else if depth == 2 {
          clear = direction && byte == 0x7b && key.elementsEqual("clear".utf8)
        }
        depth += 1
        key = []
      case 0x7d, 0x5d:
        depth -= 1
        if depth <= 0 { return }
        key = []
      case 0x2c: key = []
      case 0x22:
        let start = position - 1
        guard let text = string() else { return }
        let range = start..<position
        if nextIsColon() {
          key = text
        } else if depth == 2 && direction || depth == 3 && clear, key.elementsEqual("file".utf8) {
          names.append(Name(path: text, text: range))
        } else if depth == 1, key.elementsEqual("pcap".utf8) {
          names.append(Name(path: text, text: range))
        } else if depth == 4, tls, key.elementsEqual("sha256".utf8) {
          names.append(Name(path: CertificateFiles.path(text)))
        } else if (depth == 2 && direction || depth == 3 && clear) && key.elementsEqual("file_base64".utf8)
          || depth == 1 && key.elementsEqual("pcap_base64".utf8)
        {
          // The name itself: what stood before it is the same for people.
          let last = names.popLast()
          if let name = [UInt8](base64: text) { names.append(Name(path: name, text: last?.text, base64: range)) }
        }
      default: break
      }
    }
  }

  private mutating func nextIsColon() -> Bool {
    while position < line.count, line[position] == 0x20 || line[position] == 0x09 { position += 1 }
    guard position < line.count, line[position] == 0x3a else { return false }
    position += 1
    return true
  }

  /// Returns the rest of a string behind its opening quote; nil if it does not end, or has an escape that this program does not write.
  private mutating func string() -> [UInt8]? {
    var text: [UInt8] = []
    while position < line.count {
      let byte = line[position]
      position += 1
      if byte == 0x22 { return text }
      guard byte == 0x5c else {
        text.append(byte)
        continue
      }
      guard position < line.count else { return nil }
      let escaped = line[position]
      position += 1
      switch escaped {
      case 0x22, 0x5c, 0x2f: text.append(escaped)
      case 0x75:
        guard let scalar = unicodeEscape() else { return nil }
        text.append(contentsOf: String(scalar).utf8)
      default: return nil
      }
    }
    return nil
  }

  private mutating func unicodeEscape() -> Unicode.Scalar? {
    guard position + 4 <= line.count else { return nil }
    let digits = line[position..<(position + 4)]
    position += 4
    guard digits.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) }) else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16).flatMap(Unicode.Scalar.init)
  }
}
