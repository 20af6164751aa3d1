/// Cipher suite of TLS, by its number in the IANA registry.
struct CipherSuite: Hashable {
  let number: UInt16

  /// IANA name of the suite; its number, as in `0x1234`, if it has none.
  var name: String {
    if let name = Self.names[number] { return name }
    let digits = String(number, radix: 16)
    return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  /// Record protection of a suite.
  enum Protection {
    /// AEAD with a tag of so many bytes.
    case aead(Cipher.Algorithm, tagLength: Int)
    /// CBC with a MAC.
    case cbc(Cipher.Algorithm, HashFunction)
  }

  /// Record protection of this suite; nil if it is not supported.
  var protection: Protection? {
    guard let name = Self.names[number], !name.contains("_EXPORT_") else { return nil }
    if name.contains("_CHACHA20_POLY1305_SHA256") { return .aead(.chaCha20Poly1305, tagLength: 16) }
    if name.contains("AES_128_GCM") { return .aead(.aes128GCM, tagLength: 16) }
    if name.contains("AES_256_GCM") { return .aead(.aes256GCM, tagLength: 16) }
    if name.contains("AES_128_CCM") { return .aead(.aes128CCM, tagLength: name.contains("CCM_8") ? 8 : 16) }
    if name.contains("AES_256_CCM") { return .aead(.aes256CCM, tagLength: name.contains("CCM_8") ? 8 : 16) }
    let cipher: Cipher.Algorithm
    if name.contains("AES_128_CBC_SHA") {
      cipher = .aes128CBC
    } else if name.contains("AES_256_CBC_SHA") {
      cipher = .aes256CBC
    } else {
      return nil
    }
    if name.hasSuffix("_SHA384") { return .cbc(cipher, .sha384) }
    return .cbc(cipher, name.hasSuffix("_SHA256") ? .sha256 : .sha1)
  }

  /// Hash function of the key derivation in TLS 1.2 and 1.3 (RFC 5246, section 5; RFC 8446, appendix B.4).
  var hash: HashFunction { name.hasSuffix("_SHA384") ? .sha384 : .sha256 }

  /// Whether the suite belongs to TLS 1.3.
  var isTLS13: Bool { number >> 8 == 0x13 }

  /// Returns the suites of TLS 1.3 with secrets of a length, the most common first.
  static func candidates(forSecretOf length: Int) -> [CipherSuite] {
    switch length {
    case 32: [0x1301, 0x1303, 0x1304, 0x1305].map(CipherSuite.init(number:))
    case 48: [CipherSuite(number: 0x1302)]
    default: []
    }
  }
}

/// Version of TLS.
enum Version: UInt16, Comparable {
  case ssl3 = 0x0300
  case tls10 = 0x0301
  case tls11 = 0x0302
  case tls12 = 0x0303
  case tls13 = 0x0304

  static func < (first: Version, second: Version) -> Bool { first.rawValue < second.rawValue }

  /// Name of the version in the output.
  var name: String {
    switch self {
    case .ssl3: "SSL 3.0"
    case .tls10: "1.0"
    case .tls11: "1.1"
    case .tls12: "1.2"
    case .tls13: "1.3"
    }
  }
}
