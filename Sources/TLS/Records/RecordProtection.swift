/// Protection of the records of one direction under one set of keys.
///
/// It opens records with any sequence number, so that the right one can be searched for behind a loss.
final class RecordProtection {
  private enum Kind {
    /// TLS 1.3: a nonce of the sequence number, padding and type inside (RFC 8446, section 5.2).
    case aead13
    /// TLS 1.2 with eight bytes of the nonce in the record (RFC 5288, RFC 6655).
    case explicit
    /// TLS 1.2 with a nonce of the sequence number (RFC 7905).
    case implicit
    case cbc(HashFunction, macKey: [UInt8], isMACOutside: Bool, hasVector: Bool)
  }

  private let kind: Kind
  private let cipher: Cipher
  /// Initialization vector or salt; in TLS 1.0 the vector of the first record.
  let vector: [UInt8]
  private let tagLength: Int

  private init(_ kind: Kind, _ cipher: Cipher, vector: [UInt8], tagLength: Int) {
    self.kind = kind
    self.cipher = cipher
    self.vector = vector
    self.tagLength = tagLength
  }

  /// Protection of TLS 1.3 from a traffic secret (RFC 8446, section 7.3); nil for another suite.
  convenience init?(suite: CipherSuite, trafficSecret: [UInt8]) {
    guard suite.isTLS13, case .aead(let algorithm, let tagLength) = suite.protection, trafficSecret.count == suite.hash.length,
      let key = KeyDerivation.expandLabel(trafficSecret, "key", length: algorithm.keyLength, hash: suite.hash),
      let vector = KeyDerivation.expandLabel(trafficSecret, "iv", length: 12, hash: suite.hash),
      let cipher = Cipher(algorithm, key: key, tagLength: tagLength)
    else { return nil }
    self.init(.aead13, cipher, vector: vector, tagLength: tagLength)
  }

  /// Protections of TLS up to 1.2 from a master secret (RFC 5246, section 6.3); nil for a suite that is not decrypted.
  static func protections(
    suite: CipherSuite, version: Version, master: [UInt8], clientRandom: [UInt8], serverRandom: [UInt8], isMACOutside: Bool
  ) -> (client: RecordProtection, server: RecordProtection)? {
    guard !suite.isTLS13, let protection = suite.protection else { return nil }
    let macLength: Int
    let algorithm: Cipher.Algorithm
    let vectorLength: Int
    switch protection {
    case .aead(let cipher, _): (macLength, algorithm, vectorLength) = (0, cipher, cipher == .chaCha20Poly1305 ? 12 : 4)
    case .cbc(let cipher, let hash): (macLength, algorithm, vectorLength) = (hash.length, cipher, version == .tls10 ? 16 : 0)
    }
    let length = 2 * (macLength + algorithm.keyLength + vectorLength)
    let hash = version == .tls12 ? suite.hash : nil
    guard
      let block = KeyDerivation.pseudoRandom(master, "key expansion", seed: serverRandom + clientRandom, length: length, hash: hash)
    else { return nil }
    var reader = ByteReader(block)
    guard let clientMAC = reader.take(macLength), let serverMAC = reader.take(macLength),
      let clientKey = reader.take(algorithm.keyLength), let serverKey = reader.take(algorithm.keyLength),
      let clientVector = reader.take(vectorLength), let serverVector = reader.take(vectorLength)
    else { return nil }
    func made(_ key: [UInt8], _ mac: [UInt8], _ vector: [UInt8]) -> RecordProtection? {
      switch protection {
      case .aead(let algorithm, let tagLength):
        guard version == .tls12, let cipher = Cipher(algorithm, key: key, tagLength: tagLength) else { return nil }
        let kind = algorithm == .chaCha20Poly1305 ? Kind.implicit : .explicit
        return RecordProtection(kind, cipher, vector: vector, tagLength: tagLength)
      case .cbc(let algorithm, let hash):
        guard let cipher = Cipher(algorithm, key: key) else { return nil }
        let kind = Kind.cbc(hash, macKey: mac, isMACOutside: isMACOutside, hasVector: version != .tls10)
        return RecordProtection(kind, cipher, vector: vector, tagLength: hash.length)
      }
    }
    guard let client = made(clientKey, clientMAC, clientVector), let server = made(serverKey, serverMAC, serverVector) else { return nil }
    return (client, server)
  }

  /// Whether the vector of a record is the end of the one before it (RFC 2246, section 6.2.3.2).
  var isChained: Bool {
    if case .cbc(_, _, _, hasVector: false) = kind { return true }
    return false
  }

  /// Length of the MAC behind the last block; 0 if the MAC is encrypted.
  var outerMACLength: Int {
    if case .cbc(let hash, _, isMACOutside: true, _) = kind { return hash.length }
    return 0
  }

  /// Whether the length of a record determines its clear length.
  var tellsLength: Bool {
    switch kind {
    case .explicit, .implicit: true
    case .aead13, .cbc: false
    }
  }

  /// Least number of bytes of a record that are not clear bytes, the head included.
  var overhead: Int {
    switch kind {
    case .aead13: RecordHead.size + tagLength + 1
    case .explicit: RecordHead.size + 8 + tagLength
    case .implicit: RecordHead.size + tagLength
    case .cbc(_, _, _, let hasVector): RecordHead.size + (hasVector ? 16 : 0) + tagLength + 1
    }
  }

  /// Returns the clear length of a record; an upper bound unless ``tellsLength``.
  func clearLength(ofTotal total: Int) -> Int { max(0, total - overhead) }

  /// Result of opening a record.
  struct Opened {
    let type: UInt8
    /// Range of the content in the clear bytes.
    let content: Range<Int>
  }

  /// Opens a record.
  ///
  /// - Parameters:
  ///   - head: the head of the record.
  ///   - body: its body.
  ///   - sequence: its sequence number.
  ///   - previous: the last 16 bytes of the record before it, for a chained vector.
  ///   - clear: receives the clear bytes; its contents are undefined if the record does not open.
  /// - Returns: type and content; nil if the tag or MAC is wrong.
  func open(
    _ head: RecordHead, _ body: Span<UInt8>, sequence: UInt64, previous: [UInt8], into clear: inout [UInt8]
  ) -> Opened? {
    switch kind {
    case .aead13:
      guard head.type == RecordHead.ContentType.applicationData else { return nil }
      guard let length = cipher.open(body, nonce: nonce(sequence), additional: bytes(of: head, length: head.length), into: &clear) else {
        return nil
      }
      // Zeros behind the type are padding (RFC 8446, section 5.4).
      var end = length
      while end > 0, clear[end - 1] == 0 { end -= 1 }
      guard end > 0 else { return nil }
      return Opened(type: clear[end - 1], content: 0..<(end - 1))
    case .explicit:
      guard body.count >= 8 + tagLength else { return nil }
      let nonce = vector + [UInt8](copying: body.extracting(first: 8))
      return openAEAD12(head, body.extracting(8...), nonce: nonce, sequence, &clear)
    case .implicit: return openAEAD12(head, body, nonce: nonce(sequence), sequence, &clear)
    case .cbc(let hash, let macKey, let isMACOutside, let hasVector):
      return openCBC(head, body, sequence, hash, macKey, isMACOutside, hasVector ? nil : previous, &clear)
    }
  }

  private func openAEAD12(
    _ head: RecordHead, _ sealed: Span<UInt8>, nonce: [UInt8], _ sequence: UInt64, _ clear: inout [UInt8]
  ) -> Opened? {
    guard sealed.count >= tagLength else { return nil }
    let additional = bytes(of: sequence) + bytes(of: head, length: sealed.count - tagLength)
    return cipher.open(sealed, nonce: nonce, additional: additional, into: &clear).map { Opened(type: head.type, content: 0..<$0) }
  }

  private func openCBC(
    _ head: RecordHead, _ body: Span<UInt8>, _ sequence: UInt64, _ hash: HashFunction, _ macKey: [UInt8], _ isMACOutside: Bool,
    _ previous: [UInt8]?, _ clear: inout [UInt8]
  ) -> Opened? {
    let macOutside = isMACOutside ? hash.length : 0
    let vectorLength = previous == nil ? 16 : 0
    let blocks = body.count - macOutside - vectorLength
    guard blocks >= 16, blocks % 16 == 0 else { return nil }
    let start = bytes(of: sequence)
    if isMACOutside {
      // RFC 7366, section 3: the MAC is of vector and ciphertext.
      let sealed = [UInt8](copying: body.extracting(first: body.count - macOutside))
      let mac = hash.authenticationCode(of: start + bytes(of: head, length: sealed.count) + sealed, key: macKey)
      guard let mac, HashFunction.areEqual(mac, [UInt8](copying: body.extracting(last: macOutside))) else { return nil }
    }
    // An outer MAC does not detect a wrong vector, so without the right one the record must not open.
    let vector = previous ?? [UInt8](copying: body.extracting(first: 16))
    guard vector.count == 16 else { return nil }
    guard cipher.decrypt(body.extracting(vectorLength..<(vectorLength + blocks)), vector: vector, into: &clear) else { return nil }
    // Every byte of the padding states its length without that byte (RFC 5246, section 6.2.3.2).
    let padding = Int(clear[blocks - 1]) + 1
    let macInside = isMACOutside ? 0 : hash.length
    guard padding + macInside <= blocks, clear[(blocks - padding)..<blocks].allSatisfy({ Int($0) == padding - 1 }) else { return nil }
    let length = blocks - padding - macInside
    if !isMACOutside {
      let mac = hash.authenticationCode(of: start + bytes(of: head, length: length) + clear[..<length], key: macKey)
      guard let mac, HashFunction.areEqual(mac, [UInt8](clear[length..<(length + macInside)])) else { return nil }
    }
    return Opened(type: head.type, content: 0..<length)
  }

  /// Returns the nonce: the vector XOR the sequence number (RFC 8446, section 5.3).
  private func nonce(_ sequence: UInt64) -> [UInt8] {
    var nonce = vector
    guard nonce.count == 12 else { return nonce }
    for index in 0..<8 { nonce[11 - index] ^= UInt8(truncatingIfNeeded: sequence >> (8 * index)) }
    return nonce
  }

  private func bytes(of sequence: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: sequence >> (56 - 8 * $0)) } }

  private func bytes(of head: RecordHead, length: Int) -> [UInt8] {
    [
      head.type, UInt8(truncatingIfNeeded: head.version >> 8), UInt8(truncatingIfNeeded: head.version),
      UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length),
    ]
  }
}
