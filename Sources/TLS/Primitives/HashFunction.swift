internal import CCrypto

/// Hash function of libcrypto, as digests, MACs and key derivation use it.
enum HashFunction {
  case md5, sha1, sha256, sha384

  /// Length of a digest in bytes.
  var length: Int {
    switch self {
    case .md5: 16
    case .sha1: 20
    case .sha256: 32
    case .sha384: 48
    }
  }

  /// Name of the function in libcrypto.
  var name: String {
    switch self {
    case .md5: "MD5"
    case .sha1: "SHA1"
    case .sha256: "SHA256"
    case .sha384: "SHA384"
    }
  }

  private var method: OpaquePointer? {
    switch self {
    case .md5: EVP_md5()
    case .sha1: EVP_sha1()
    case .sha256: EVP_sha256()
    case .sha384: EVP_sha384()
    }
  }

  /// Returns the digest of bytes; nil if libcrypto fails (no memory, or the function is disabled on this system).
  func digest(_ bytes: [UInt8]) -> [UInt8]? {
    var result = [UInt8](repeating: 0, count: length)
    // libcrypto writes exactly `length` bytes, which `result` has.
    guard EVP_Digest(bytes, bytes.count, &result, nil, method, nil) == 1 else { return nil }
    return result
  }

  /// Returns the HMAC of bytes (RFC 2104); nil if libcrypto fails.
  func authenticationCode(of bytes: [UInt8], key: [UInt8]) -> [UInt8]? {
    var result = [UInt8](repeating: 0, count: length)
    var written: UInt32 = 0
    // libcrypto writes exactly `length` bytes, which `result` has.
    guard HMAC(method, key, Int32(clamping: key.count), bytes, bytes.count, &result, &written) != nil, written == length else { return nil }
    return result
  }

  /// Whether two byte arrays are equal, compared in constant time.
  static func areEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    // The guard holds both buffers to the length that is read.
    guard first.count == second.count else { return false }
    return CRYPTO_memcmp(first, second, first.count) == 0
  }
}
