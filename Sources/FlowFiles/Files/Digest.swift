internal import CCrypto

/// A running SHA-1 or SHA-256, by the system's libcrypto.
final class Digest {
  enum Kind {
    case sha1, sha256

    var length: Int { self == .sha1 ? 20 : 32 }
  }

  private let kind: Kind
  private let context: OpaquePointer

  /// - Returns: nil where libcrypto refuses (no memory, or the algorithm is switched off on this system).
  init?(_ kind: Kind) {
    guard let context = EVP_MD_CTX_new() else { return nil }
    guard EVP_DigestInit_ex(context, kind == .sha1 ? EVP_sha1() : EVP_sha256(), nil) == 1 else {
      EVP_MD_CTX_free(context)
      return nil
    }
    self.kind = kind
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

  func update(_ bytes: [UInt8]) { EVP_DigestUpdate(context, bytes, bytes.count) }

  func updateZeros(_ count: Int64) {
    let zeros = [UInt8](repeating: 0, count: Int(min(count, 64 << 10)))
    var left = count
    while left > 0 {
      let piece = Int(min(left, Int64(zeros.count)))
      EVP_DigestUpdate(context, zeros, piece)
      left -= Int64(piece)
    }
  }

  /// Puts the digest in front of `result`, which must have room for it, and begins anew.
  func finish(into result: inout [UInt8]) {
    precondition(result.count >= kind.length, "no room for the digest")
    EVP_DigestFinal_ex(context, &result, nil)
    EVP_DigestInit_ex(context, nil, nil)
  }

  /// The digest of what was given; begins anew.
  func finish() -> [UInt8] {
    var result = [UInt8](repeating: 0, count: kind.length)
    finish(into: &result)
    return result
  }
}
