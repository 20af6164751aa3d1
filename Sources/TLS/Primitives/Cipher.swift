internal import CCrypto

/// Cipher of libcrypto with its key, set up once and used for many records.
final class Cipher {
  /// Ciphers of the suites that are decrypted.
  enum Algorithm {
    case aes128GCM, aes256GCM, aes128CCM, aes256CCM, chaCha20Poly1305, aes128CBC, aes256CBC

    /// Length of the key in bytes.
    var keyLength: Int {
      switch self {
      case .aes128GCM, .aes128CCM, .aes128CBC: 16
      case .aes256GCM, .aes256CCM, .chaCha20Poly1305, .aes256CBC: 32
      }
    }

    fileprivate var isCCM: Bool { self == .aes128CCM || self == .aes256CCM }

    fileprivate var isCBC: Bool { self == .aes128CBC || self == .aes256CBC }

    fileprivate var method: OpaquePointer? {
      switch self {
      case .aes128GCM: EVP_aes_128_gcm()
      case .aes256GCM: EVP_aes_256_gcm()
      case .aes128CCM: EVP_aes_128_ccm()
      case .aes256CCM: EVP_aes_256_ccm()
      case .chaCha20Poly1305: EVP_chacha20_poly1305()
      case .aes128CBC: EVP_aes_128_cbc()
      case .aes256CBC: EVP_aes_256_cbc()
      }
    }
  }

  private let context: OpaquePointer
  private let algorithm: Algorithm
  private let key: [UInt8]
  private let tagLength: Int

  /// Creates a cipher for decryption; nil if the key has another length or libcrypto fails.
  ///
  /// - Parameters:
  ///   - algorithm: the cipher.
  ///   - key: the key, of the cipher's length.
  ///   - tagLength: length of an AEAD tag in bytes: 8 or 16.
  init?(_ algorithm: Algorithm, key: [UInt8], tagLength: Int = 16) {
    guard key.count == algorithm.keyLength, tagLength == 8 || tagLength == 16, let context = EVP_CIPHER_CTX_new() else { return nil }
    var isReady = EVP_DecryptInit_ex(context, algorithm.method, nil, nil, nil) == 1
    if algorithm.isCBC {
      EVP_CIPHER_CTX_set_padding(context, 0)
    } else {
      isReady = isReady && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 12, nil) == 1
    }
    // CCM needs the length of the tag before the key.
    if algorithm.isCCM { isReady = isReady && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), nil) == 1 }
    guard isReady, EVP_DecryptInit_ex(context, nil, nil, key, nil) == 1 else {
      EVP_CIPHER_CTX_free(context)
      return nil
    }
    self.context = context
    self.algorithm = algorithm
    self.key = key
    self.tagLength = tagLength
  }

  deinit { EVP_CIPHER_CTX_free(context) }

  /// Opens AEAD ciphertext.
  ///
  /// - Parameters:
  ///   - sealed: ciphertext and tag.
  ///   - nonce: the nonce, 12 bytes.
  ///   - additional: the additional data.
  ///   - clear: receives the clear bytes at its beginning, and grows if necessary; undefined if the tag is wrong.
  /// - Returns: the number of clear bytes; nil if the tag is wrong.
  func open(_ sealed: Span<UInt8>, nonce: [UInt8], additional: [UInt8], into clear: inout [UInt8]) -> Int? {
    // Guards of all calls below: a whole tag behind the ciphertext, twelve bytes of nonce, room for as many bytes as go in.
    guard nonce.count == 12, sealed.count >= tagLength, sealed.count <= 1 << 20 else { return nil }
    let length = sealed.count - tagLength
    if clear.count < length { clear = [UInt8](repeating: 0, count: length) }
    let context = context
    let isCCM = algorithm.isCCM
    let tagLength = tagLength
    return sealed.withUnsafeBufferPointer { input in
      clear.withUnsafeMutableBufferPointer { output -> Int? in
        guard let start = input.baseAddress else { return nil }
        let tag = UnsafeMutableRawPointer(mutating: start + length)
        var written: Int32 = 0
        guard isCCM || EVP_DecryptInit_ex(context, nil, nil, nil, nonce) == 1,
          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), tag) == 1,
          !isCCM || EVP_DecryptInit_ex(context, nil, nil, key, nonce) == 1,
          !isCCM || EVP_DecryptUpdate(context, nil, &written, nil, Int32(length)) == 1,
          EVP_DecryptUpdate(context, nil, &written, additional, Int32(additional.count)) == 1
        else { return nil }
        // An empty output has no address, which libcrypto would take for additional data.
        var none: UInt8 = 0
        guard let room = output.baseAddress, length > 0 else {
          if isCCM { return EVP_DecryptUpdate(context, &none, &written, start, 0) == 1 ? 0 : nil }
          return EVP_DecryptFinal_ex(context, &none, &written) == 1 ? 0 : nil
        }
        guard EVP_DecryptUpdate(context, room, &written, start, Int32(length)) == 1, Int(written) == length else { return nil }
        if isCCM { return length }
        return EVP_DecryptFinal_ex(context, &none, &written) == 1 ? length : nil
      }
    }
  }

  /// Decrypts whole blocks in CBC mode, without a look at padding or MAC.
  ///
  /// - Parameters:
  ///   - blocks: the ciphertext, a multiple of 16 bytes.
  ///   - vector: the initialization vector, 16 bytes.
  ///   - clear: receives the clear bytes at its beginning, and grows if necessary.
  /// - Returns: whether libcrypto took it.
  func decrypt(_ blocks: Span<UInt8>, vector: [UInt8], into clear: inout [UInt8]) -> Bool {
    // Guards of the calls below: whole blocks, one block of vector, room for as many bytes as go in.
    guard vector.count == 16, blocks.count % 16 == 0, blocks.count > 0, blocks.count <= 1 << 20 else { return false }
    if clear.count < blocks.count { clear = [UInt8](repeating: 0, count: blocks.count) }
    let context = context
    return blocks.withUnsafeBufferPointer { input in
      clear.withUnsafeMutableBufferPointer { output in
        var written: Int32 = 0
        return EVP_DecryptInit_ex(context, nil, nil, nil, vector) == 1
          && EVP_DecryptUpdate(context, output.baseAddress, &written, input.baseAddress, Int32(input.count)) == 1
          && Int(written) == input.count
      }
    }
  }
}
