internal import CCrypto

/// An incremental SHA-1 or SHA-256, computed by the system's libcrypto.
final class Digest {
  enum Kind {
    case sha1, sha256

    var length: Int { self == .sha1 ? 20 : 32 }
  }

  private let kind: Kind
  private let context: OpaquePointer

  /// Creates a digest of no bytes; nil if libcrypto refuses (no memory, or the algorithm is disabled on this system).
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

  /// Writes the digest to the start of `result`, which must be large enough, and restarts.
  func finish(into result: inout [UInt8]) {
    precondition(result.count >= kind.length, "no room for the digest")
    EVP_DigestFinal_ex(context, &result, nil)
    EVP_DigestInit_ex(context, nil, nil)
  }

  /// Returns the digest of the bytes so far, and restarts.
  func finish() -> [UInt8] {
    var result = [UInt8](repeating: 0, count: kind.length)
    finish(into: &result)
    return result
  }
}
