internal import CCrypto

/// Key derivation of TLS by libcrypto's EVP_KDF.
enum KeyDerivation {
  /// HKDF-Expand-Label with an empty context (RFC 8446, section 7.1).
  ///
  /// - Parameters:
  ///   - secret: the secret to expand.
  ///   - label: the label without its prefix "tls13 ", at most 249 bytes.
  ///   - length: number of bytes to make, at most 255.
  ///   - hash: the hash function of the cipher suite.
  /// - Returns: the bytes; nil if libcrypto fails.
  static func expandLabel(_ secret: [UInt8], _ label: String, length: Int, hash: HashFunction) -> [UInt8]? {
    let full = Array("tls13 \(label)".utf8)
    guard full.count <= 255, length <= 255, !secret.isEmpty else { return nil }
    let info = [0, UInt8(length), UInt8(full.count)] + full + [0]
    return derive(
      "HKDF", length: length,
      [
        .word(OSSL_KDF_PARAM_DIGEST, hash.name), .word(OSSL_KDF_PARAM_MODE, "EXPAND_ONLY"), .bytes(OSSL_KDF_PARAM_KEY, secret),
        .bytes(OSSL_KDF_PARAM_INFO, info),
      ])
  }

  /// The PRF of TLS up to 1.2 (RFC 5246, section 5; RFC 2246, section 5).
  ///
  /// - Parameters:
  ///   - secret: the master secret.
  ///   - label: the label.
  ///   - seed: the seed.
  ///   - length: number of bytes to make.
  ///   - hash: the hash function of TLS 1.2; nil is MD5 and SHA-1 of TLS 1.0 and 1.1.
  /// - Returns: the bytes; nil if libcrypto fails.
  static func pseudoRandom(_ secret: [UInt8], _ label: String, seed: [UInt8], length: Int, hash: HashFunction?) -> [UInt8]? {
    guard !secret.isEmpty else { return nil }
    return derive(
      "TLS1-PRF", length: length,
      [
        .word(OSSL_KDF_PARAM_DIGEST, hash?.name ?? "MD5-SHA1"), .bytes(OSSL_KDF_PARAM_SECRET, secret),
        .bytes(OSSL_KDF_PARAM_SEED, Array(label.utf8) + seed),
      ])
  }

  private enum Parameter {
    case word(String, String)
    case bytes(String, [UInt8])
  }

  private static func derive(_ function: String, length: Int, _ parameters: [Parameter]) -> [UInt8]? {
    guard let kdf = EVP_KDF_fetch(nil, function, nil) else { return nil }
    defer { EVP_KDF_free(kdf) }
    guard let context = EVP_KDF_CTX_new(kdf) else { return nil }
    defer { EVP_KDF_CTX_free(context) }
    var result = [UInt8](repeating: 0, count: length)
    var list: [OSSL_PARAM] = []
    return with(parameters[...], &list) { list in
      // libcrypto writes exactly `length` bytes, which `result` has; the list ends with libcrypto's own end mark.
      EVP_KDF_derive(context, &result, length, list) == 1 ? result : nil
    }
  }

  /// Keeps the memory of all parameters in place while `body` runs; each level of the recursion keeps the pointers of one.
  private static func with(
    _ parameters: ArraySlice<Parameter>, _ list: inout [OSSL_PARAM], _ body: ([OSSL_PARAM]) -> [UInt8]?
  ) -> [UInt8]? {
    guard let first = parameters.first else {
      list.append(OSSL_PARAM_construct_end())
      return body(list)
    }
    switch first {
    case .word(let name, let word):
      var characters = Array(word.utf8CString)
      return name.withCString { name in
        characters.withUnsafeMutableBufferPointer { buffer in
          list.append(OSSL_PARAM_construct_utf8_string(name, buffer.baseAddress, 0))
          return with(parameters.dropFirst(), &list, body)
        }
      }
    case .bytes(let name, var bytes):
      return name.withCString { name in
        bytes.withUnsafeMutableBytes { buffer in
          list.append(OSSL_PARAM_construct_octet_string(name, buffer.baseAddress, buffer.count))
          return with(parameters.dropFirst(), &list, body)
        }
      }
    }
  }
}
