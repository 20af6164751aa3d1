import Paths

/// Rules for characters of several bytes in UTF-8 (RFC 3629), for bytes that come one by one.
enum UTF8Character {
  /// Whether a byte begins a character of several bytes.
  static func begins(with byte: UInt8) -> Bool { (0xc2...0xf4).contains(byte) }

  /// Whether a byte continues the beginning of a character, which is not complete.
  static func continues(_ beginning: [UInt8], with byte: UInt8) -> Bool {
    guard beginning.count == 1 else { return (0x80...0xbf).contains(byte) }
    // The second byte excludes overlong forms, surrogates and numbers above U+10FFFF.
    return switch beginning[0] {
    case 0xe0: (0xa0...0xbf).contains(byte)
    case 0xed: (0x80...0x9f).contains(byte)
    case 0xf0: (0x90...0xbf).contains(byte)
    case 0xf4: (0x80...0x8f).contains(byte)
    default: (0x80...0xbf).contains(byte)
    }
  }

  /// Whether all bytes of a character are there.
  static func isComplete(_ bytes: [UInt8]) -> Bool { bytes.count == (bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4) }

  /// Whether a character is displayed, and does nothing else.
  ///
  /// Controls, direction marks, characters without width, private ones and those that Unicode does not define are not.
  static func isPrintable(_ bytes: [UInt8]) -> Bool {
    guard let scalar = String(decoding: bytes, as: UTF8.self).unicodeScalars.first, scalar.isHarmlessOnTerminal,
      !scalar.properties.isDefaultIgnorableCodePoint
    else { return false }
    return switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
