/// JSON text as a tree: numbers and strings stay as they were written, and members keep their order.
indirect enum JSONValue: Equatable {
  case object([Member])
  case array([JSONValue])
  /// A string with its quotes, a number, or a word.
  case scalar([UInt8])

  struct Member: Equatable {
    /// Name as it was written, without quotes.
    var name: [UInt8]
    var value: JSONValue
  }

  /// Greatest depth of nesting that is read.
  private static let mostLevels = 32

  /// Parses a text; nil if it is malformed or nested too deeply.
  ///
  /// O(n).
  init?(_ text: [UInt8]) {
    var parser = JSONParser(text)
    guard let value = parser.value(levels: Self.mostLevels), parser.isAtEnd() else { return nil }
    self = value
  }

  /// Member of an object; nil if there is none.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name.elementsEqual(name.utf8) }?.value
  }

  /// Value of a number that is a count; nil for anything else.
  var count: UInt64? {
    guard case .scalar(let text) = self, !text.isEmpty, text.count <= 20, text.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return UInt64(String(decoding: text, as: UTF8.self))
  }

  /// Bytes of a string without escapes other than those that this program writes; nil for anything else.
  var string: [UInt8]? {
    guard case .scalar(let text) = self, text.first == 0x22 else { return nil }
    return IndexScanner.text(of: text)
  }

  /// Creates a number.
  init(count: UInt64) {
    var text: [UInt8] = []
    text.append(decimal: count)
    self = .scalar(text)
  }

  /// Text of the value in one line, for messages.
  var words: String {
    switch self {
    case .scalar(let text): String(decoding: text, as: UTF8.self)
    case .array(let values): "[" + values.map(\.words).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { "\(String(decoding: $0.name, as: UTF8.self)):\($0.value.words)" }.joined(separator: ",") + "}"
    }
  }

  /// Writes the value.
  func write(to json: inout JSONWriter) {
    switch self {
    case .scalar(let text): json.number { $0 += text }
    case .array(let values):
      json.beginArray()
      for value in values { value.write(to: &json) }
      json.endArray()
    case .object(let members):
      json.beginObject()
      for member in members {
        json.key(named: String(decoding: member.name, as: UTF8.self))
        member.value.write(to: &json)
      }
      json.endObject()
    }
  }
}

/// Parser of JSON text.
private struct JSONParser {
  private let text: [UInt8]
  private var position = 0

  init(_ text: [UInt8]) { self.text = text }

  private mutating func next() -> UInt8? {
    while position < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[position]) { position += 1 }
    return position < text.count ? text[position] : nil
  }

  mutating func isAtEnd() -> Bool { next() == nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next() == byte else { return false }
    position += 1
    return true
  }

  mutating func value(levels: Int) -> JSONValue? {
    guard levels > 0, let first = next() else { return nil }
    switch first {
    case 0x7b: return object(levels)
    case 0x5b: return array(levels)
    case 0x22: return string().map { .scalar($0) }
    default:
      let start = position
      while position < text.count, ![0x2c, 0x5d, 0x7d, 0x20, 0x09, 0x0a, 0x0d, 0x22, 0x3a, 0x5b, 0x7b].contains(text[position]) {
        position += 1
      }
      return start == position ? nil : .scalar(Array(text[start..<position]))
    }
  }

  private mutating func object(_ levels: Int) -> JSONValue? {
    position += 1
    var members: [JSONValue.Member] = []
    if take(0x7d) { return .object(members) }
    repeat {
      guard next() == 0x22, let name = string(), take(0x3a), let value = value(levels: levels - 1) else { return nil }
      members.append(JSONValue.Member(name: Array(name.dropFirst().dropLast()), value: value))
    } while take(0x2c)
    return take(0x7d) ? .object(members) : nil
  }

  private mutating func array(_ levels: Int) -> JSONValue? {
    position += 1
    var values: [JSONValue] = []
    if take(0x5d) { return .array(values) }
    repeat {
      guard let value = value(levels: levels - 1) else { return nil }
      values.append(value)
    } while take(0x2c)
    return take(0x5d) ? .array(values) : nil
  }

  /// Takes a string with its quotes.
  private mutating func string() -> [UInt8]? {
    let start = position
    position += 1
    while position < text.count, text[position] != 0x22 { position += text[position] == 0x5c ? 2 : 1 }
    guard position < text.count else { return nil }
    position += 1
    return Array(text[start..<position])
  }
}
