internal import Paths

/// Writer of HTML and SVG into a byte array.
///
/// Markup is static text of the program. Everything else is a number, or text that is escaped for the place where it stands. No text from
/// the network is ever part of a script or of a style.
struct HTMLWriter {
  /// The page so far.
  private(set) var bytes: [UInt8] = []

  /// Appends markup.
  mutating func markup(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Appends text between tags.
  mutating func text(_ text: String) { append(text) }

  /// Appends an address with its port, where a narrow cell breaks the line before the port and not in it.
  mutating func endpoint(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return append(text) }
    append(String(text[..<colon]))
    markup("<wbr>")
    append(String(text[colon...]))
  }

  /// Appends text from the network between tags, isolated from the writing direction of what stands around it.
  mutating func wire(_ text: String) {
    // ASCII has one direction, and most pages have nothing else.
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return append(text) }
    markup("<bdi>")
    append(text)
    markup("</bdi>")
  }

  /// Appends an attribute with a text as value, and a space before it.
  mutating func attribute(_ name: StaticString, _ value: String) {
    beginAttribute(name)
    append(value)
    markup("\"")
  }

  /// Appends an attribute with a number as value, and a space before it.
  mutating func attribute(_ name: StaticString, _ value: Int64) {
    beginAttribute(name)
    integer(value)
    markup("\"")
  }

  private mutating func beginAttribute(_ name: StaticString) {
    markup(" ")
    markup(name)
    markup("=\"")
  }

  /// Appends a path of SVG with a class; nothing if it is empty.
  mutating func path(_ path: SVGPath, _ name: String) {
    guard !path.isEmpty else { return }
    markup("<path")
    attribute("class", name)
    attribute("d", path.data)
    markup("/>")
  }

  /// Appends decimal digits.
  mutating func integer(_ value: Int64) { bytes.append(contentsOf: String(value).utf8) }

  /// Appends the digits of a number in groups of three.
  mutating func grouped(_ value: UInt64) { bytes.append(contentsOf: Figures.grouped(value).utf8) }

  /// Appends the digits of a number in groups of three; 0 for a negative one.
  mutating func grouped(_ value: Int64) { grouped(UInt64(clamping: value)) }

  /// Appends an attribute with the relative reference of a file, and a space before it.
  ///
  /// The path is encoded byte for byte, so that a name is never taken for a scheme, a host or a query (RFC 3986).
  mutating func reference(_ name: StaticString, to path: [UInt8]) {
    beginAttribute(name)
    markup("./")
    for byte in path {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x2f, 0x5f, 0x7e: bytes.append(byte)
      default: bytes += [0x25, Self.digit(byte >> 4), Self.digit(byte & 15)]
      }
    }
    markup("\"")
  }

  /// Appends a picture as a URI of its bytes.
  mutating func picture(_ type: StaticString, _ content: [UInt8], title: String) {
    markup("<img loading=\"lazy\" src=\"data:")
    markup(type)
    markup(";base64,")
    Base64.append(content, to: &bytes)
    markup("\"")
    attribute("alt", title)
    markup(">")
  }

  /// Appends what another writer wrote.
  mutating func append(_ other: HTMLWriter) { bytes += other.bytes }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 &+ value : 0x37 &+ value }

  /// Appends text so that it means itself in the content of an element and in a quoted attribute.
  private mutating func append(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x26: markup("&amp;")
      case 0x3c: markup("&lt;")
      case 0x3e: markup("&gt;")
      case 0x22: markup("&quot;")
      case 0x27: markup("&#39;")
      case 0x60: markup("&#96;")
      default:
        if scalar.isShown {
          bytes.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        } else {
          bytes.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
        }
      }
    }
  }
}

extension Unicode.Scalar {
  /// Whether the character is shown as it is; others are shown as their number, since they are invisible or move what stands around them.
  fileprivate var isShown: Bool {
    if value < 0x7f { return value >= 0x20 }
    guard isHarmlessOnTerminal else { return false }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: return false
    case .spaceSeparator: return value == 0x202f || value == 0xa0
    default: return true
    }
  }
}

/// Base64 (RFC 4648, section 4).
enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Appends the text of bytes, with padding.
  static func append(_ content: [UInt8], to text: inout [UInt8]) {
    var index = 0
    while index < content.count {
      let left = content.count - index
      let word =
        UInt32(content[index]) << 16 | (left > 1 ? UInt32(content[index + 1]) << 8 : 0) | (left > 2 ? UInt32(content[index + 2]) : 0)
      for place in 0..<4 {
        text.append(place > left ? 0x3d : digits[Int(word >> UInt32(18 - 6 * place)) & 63])
      }
      index += 3
    }
  }

  /// Returns the text of bytes, with padding.
  static func text(_ content: [UInt8]) -> String {
    var text: [UInt8] = []
    append(content, to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}
