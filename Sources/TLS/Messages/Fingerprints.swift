extension [UInt8] {
  /// The bytes in hexadecimal, in small letters.
  var hexadecimal: String {
    let digits = [UInt8]("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(count * 2)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension ClientHello {
  /// Whether a number is reserved to keep servers tolerant (GREASE, RFC 8701).
  private static func isGrease(_ number: UInt16) -> Bool { number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff }

  /// The JA3 fingerprint: MD5, in hexadecimal, of version, suites, extensions, groups and point formats, without those of RFC 8701.
  ///
  /// It is nil if MD5 is disabled on this system. Source: github.com/salesforce/ja3.
  var ja3: String? {
    func list(_ numbers: [UInt16]) -> String { numbers.filter { !Self.isGrease($0) }.map(String.init).joined(separator: "-") }
    let text = [
      String(version), list(suites), list(extensions), list(groups), list(pointFormats.map(UInt16.init)),
    ].joined(separator: ",")
    return HashFunction.md5.digest(Array(text.utf8))?.hexadecimal
  }

  /// The JA4 fingerprint of a client over TCP.
  ///
  /// It is nil if libcrypto fails. Source: github.com/FoxIO-LLC/ja4, technical details of JA4.
  var ja4: String? {
    let suites = suites.filter { !Self.isGrease($0) }
    let extensions = extensions.filter { !Self.isGrease($0) }
    func twoDigits(_ count: Int) -> String { count < 10 ? "0\(count)" : String(min(count, 99)) }
    func hashed(_ text: String) -> String? { HashFunction.sha256.digest(Array(text.utf8)).map { String($0.hexadecimal.prefix(12)) } }
    func list(_ numbers: [UInt16]) -> String {
      numbers.map { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)].hexadecimal }.joined(separator: ",")
    }
    let versionName =
      switch supportedVersions.filter({ !Self.isGrease($0) }).max() ?? version {
      case 0x0304: "13"
      case 0x0303: "12"
      case 0x0302: "11"
      case 0x0301: "10"
      case 0x0300: "s3"
      default: "00"
      }
    let head =
      "t\(versionName)\(self.extensions.contains(Extension.serverName) ? "d" : "i")\(twoDigits(suites.count))"
      + "\(twoDigits(extensions.count))\(Self.ends(of: applicationProtocols.first))"
    let none = "000000000000"
    let sorted = extensions.filter { $0 != Extension.serverName && $0 != Extension.applicationProtocols }.sorted()
    let algorithms = signatureAlgorithms.filter { !Self.isGrease($0) }
    let tail = list(sorted) + (algorithms.isEmpty ? "" : "_" + list(algorithms))
    guard let suitePart = suites.isEmpty ? none : hashed(list(suites.sorted())),
      let extensionPart = extensions.isEmpty ? none : hashed(tail)
    else { return nil }
    return "\(head)_\(suitePart)_\(extensionPart)"
  }

  /// Returns the first and last character of a protocol's name, or of its hexadecimal form if one of them is neither letter nor digit.
  private static func ends(of name: [UInt8]?) -> String {
    guard let name, let first = name.first, let last = name.last else { return "00" }
    func isPlain(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) }
    if isPlain(first), isPlain(last) { return String(decoding: [first, last], as: UTF8.self) }
    return String([first].hexadecimal.prefix(1)) + String([last].hexadecimal.suffix(1))
  }
}
