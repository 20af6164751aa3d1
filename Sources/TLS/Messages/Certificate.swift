/// Fields of a certificate (RFC 5280), as far as they can be parsed.
public struct Certificate: Sendable {
  /// Name of the subject in the form of RFC 4514; empty if it cannot be parsed.
  public let subject: String
  /// Name of the issuer in the form of RFC 4514; empty if it cannot be parsed.
  public let issuer: String
  /// Beginning of the validity in the form of RFC 3339; nil if it cannot be parsed.
  public let notBefore: String?
  /// End of the validity in the form of RFC 3339; nil if it cannot be parsed.
  public let notAfter: String?
  /// SHA-256 of the DER bytes, in hexadecimal; nil if libcrypto fails.
  public let sha256: String?

  /// Reads a certificate in DER.
  init(_ der: [UInt8]) {
    sha256 = HashFunction.sha256.digest(der)?.hexadecimal
    var reader = DERReader(der)
    var certificate = reader.next(.sequence)
    var body = certificate?.next(.sequence)
    _ = body?.next(.version)
    // Serial number, then the algorithm of the signature.
    _ = body?.next()
    _ = body?.next()
    issuer = body?.next(.sequence).map(Self.name) ?? ""
    var validity = body?.next(.sequence)
    notBefore = validity?.next().flatMap(Self.time)
    notAfter = validity?.next().flatMap(Self.time)
    subject = body?.next(.sequence).map(Self.name) ?? ""
  }

  /// Certificates of a Certificate message, each in DER (RFC 8446, section 4.4.2; RFC 5246, section 7.4.2).
  static func list(_ message: [UInt8], isTLS13: Bool) -> [[UInt8]] {
    var reader = ByteReader(message)
    if isTLS13, reader.vector(1) == nil { return [] }
    guard var entries = reader.vector(3) else { return [] }
    var list: [[UInt8]] = []
    while list.count < limit, let certificate = entries.vector(3) {
      list.append(certificate.rest)
      if isTLS13, entries.vector(2) == nil { break }
    }
    return list
  }

  /// Greatest number of certificates of a message that are read.
  private static let limit = 100

  /// Types of attributes with a short name (RFC 4514, section 3), by their object identifiers in DER.
  private static let attributes: [[UInt8]: String] = [
    [0x55, 4, 3]: "CN", [0x55, 4, 6]: "C", [0x55, 4, 7]: "L", [0x55, 4, 8]: "ST", [0x55, 4, 9]: "STREET", [0x55, 4, 10]: "O",
    [0x55, 4, 11]: "OU", [0x55, 4, 5]: "serialNumber", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1]: "emailAddress",
    [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25]: "DC", [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1]: "UID",
  ]

  private static func name(_ sequence: DERReader) -> String {
    var sequence = sequence
    var parts: [String] = []
    while var set = sequence.next(.set) {
      var attributes: [String] = []
      while var attribute = set.next(.sequence) {
        guard let type = attribute.next(.objectIdentifier), let value = attribute.next() else { break }
        attributes.append("\(Self.attributes[type.rest] ?? identifier(type.rest))=\(escaped(value))")
      }
      parts.append(attributes.joined(separator: "+"))
    }
    return parts.reversed().joined(separator: ",")
  }

  /// An object identifier with dots.
  private static func identifier(_ bytes: [UInt8]) -> String {
    var numbers: [UInt64] = []
    var value: UInt64 = 0
    for byte in bytes {
      value = value &<< 7 | UInt64(byte & 0x7f)
      if byte & 0x80 == 0 {
        if numbers.isEmpty {
          let first = min(value / 40, 2)
          numbers = [first, value - first * 40]
        } else {
          numbers.append(value)
        }
        value = 0
      }
    }
    return numbers.map(String.init).joined(separator: ".")
  }

  private static func escaped(_ value: DERReader) -> String {
    let text: String
    switch value.tag {
    case 0x1e:
      var units: [UInt16] = []
      let bytes = value.rest
      for index in stride(from: 0, to: bytes.count - 1, by: 2) { units.append(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])) }
      text = String(decoding: units, as: UTF16.self)
    default: text = String(decoding: value.rest, as: UTF8.self)
    }
    var result = ""
    for (index, character) in text.unicodeScalars.enumerated() {
      if ",+\"\\<>;".unicodeScalars.contains(character) || index == 0 && (character == "#" || character == " ") { result.append("\\") }
      result.unicodeScalars.append(character)
    }
    return result
  }

  private static func time(_ value: DERReader) -> String? {
    let digits = value.rest.prefix { (0x30...0x39).contains($0) }.map { String($0 - 0x30) }.joined()
    let text: String
    switch (value.tag, digits.count) {
    // UTCTime has two digits for the year, from 1950 to 2049 (RFC 5280, section 4.1.2.5.1).
    case (0x17, 12): text = (digits < "50" ? "20" : "19") + digits
    case (0x18, 14): text = digits
    default: return nil
    }
    let parts = Array(text)
    func part(_ range: Range<Int>) -> String { String(parts[range]) }
    return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))Z"
  }
}

/// Cursor over values in DER (X.690): tag, length, content.
struct DERReader {
  /// Tags of the values that are read.
  enum Tag: UInt8 {
    case objectIdentifier = 0x06
    case sequence = 0x30
    case set = 0x31
    /// The version of a certificate.
    case version = 0xa0
  }

  let tag: UInt8
  private var reader: ByteReader

  init(_ bytes: [UInt8]) { self.init(tag: 0, reader: ByteReader(bytes)) }

  private init(tag: UInt8, reader: ByteReader) {
    self.tag = tag
    self.reader = reader
  }

  /// Bytes of the content that are left.
  var rest: [UInt8] { reader.rest }

  /// Returns the next value; nil at the end, and if it is longer than the rest.
  ///
  /// If `tag` is given and the value has another one, the result is nil and the cursor does not move.
  mutating func next(_ wanted: Tag? = nil) -> DERReader? {
    var copy = reader
    guard let tag = copy.number(1), wanted == nil || tag == Int(wanted?.rawValue ?? 0) else { return nil }
    var ahead = copy
    guard let first = ahead.number(1) else { return nil }
    // Lengths from 128 on state first in how many bytes they stand.
    let content: ByteReader?
    if first < 0x80 {
      content = copy.vector(1)
    } else {
      copy = ahead
      content = (1...3).contains(first - 0x80) ? copy.vector(first - 0x80) : nil
    }
    guard let content else { return nil }
    reader = copy
    return DERReader(tag: UInt8(truncatingIfNeeded: tag), reader: content)
  }
}
