import CCrypto

/// Conversation of TLS 1.3 with AES-128-GCM: hellos, encrypted handshake, a request, and a response in records of 16 KiB.
///
/// The keys are derived here by RFC 8446, section 7.3, and not by the library that is measured. The same number gives the same bytes.
struct TLSRecords {
  /// Bytes that one end sends before the other one answers.
  struct Flight {
    var fromServer: Bool
    var bytes: Range<Int>
  }

  private(set) var bytes: [UInt8] = []
  private(set) var flights: [Flight] = []
  /// Lines of a key log with the secrets of the conversation.
  let keyLog: String

  private static let recordLength = 1 << 14

  /// Makes a conversation.
  ///
  /// - Parameters:
  ///   - number: number of the conversation.
  ///   - response: clear bytes of the response.
  /// - Throws: if libcrypto fails.
  init(number: Int, response: some RandomAccessCollection<UInt8>) throws {
    var state = UInt64(truncatingIfNeeded: number) &* 2 &+ 12_345
    func random() -> [UInt8] {
      (0..<32).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
      }
    }
    let clientRandom = random()
    let labels = [
      "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
    ]
    let secrets = labels.map { _ in random() }
    keyLog = zip(labels, secrets).map { "\($0) \(Self.hexadecimal(clientRandom)) \(Self.hexadecimal($1))\n" }.joined()
    let sealers = try secrets.map { try Sealer(secret: $0) }
    let session = random()
    let request = Array("GET /page HTTP/1.1\r\nHost: example.com\r\nUser-Agent: bench\r\n\r\n".utf8)
    let finished = Self.message(20, random())

    add(fromServer: false, Self.record(22, Self.clientHello(clientRandom, session, keyShare: random())))
    var answer = Self.record(22, Self.serverHello(random(), session, keyShare: random())) + Self.record(20, [1])
    // EncryptedExtensions without extensions, and Finished.
    answer += try sealers[1].seal(22, Self.message(8, [0, 0]) + finished)
    add(fromServer: true, answer)
    add(fromServer: false, Self.record(20, [1]) + (try sealers[0].seal(22, finished)) + (try sealers[2].seal(23, request)))
    var data: [UInt8] = []
    data.reserveCapacity(response.count + response.count / 100 + 64)
    var rest = response[...]
    while !rest.isEmpty {
      data += try sealers[3].seal(23, rest.prefix(Self.recordLength))
      rest = rest.dropFirst(Self.recordLength)
    }
    add(fromServer: true, data)
  }

  private mutating func add(fromServer: Bool, _ sent: [UInt8]) {
    flights.append(Flight(fromServer: fromServer, bytes: bytes.count..<(bytes.count + sent.count)))
    bytes += sent
  }

  // MARK: Messages

  private static func number(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }

  private static func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type, 3, 3] + number(body.count) + body }

  private static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type, 0] + number(body.count) + body }

  private static func extensions(_ list: [(type: Int, body: [UInt8])]) -> [UInt8] {
    let bytes = list.flatMap { number($0.type) + number($0.body.count) + $0.body }
    return number(bytes.count) + bytes
  }

  private static func clientHello(_ random: [UInt8], _ session: [UInt8], keyShare: [UInt8]) -> [UInt8] {
    let name = Array("example.com".utf8)
    let list: [(type: Int, body: [UInt8])] = [
      (0, number(name.count + 3) + [0] + number(name.count) + name), (10, [0, 2, 0, 29]), (13, [0, 2, 4, 3]), (43, [2, 3, 4]),
      (51, number(36) + [0, 29] + number(32) + keyShare),
    ]
    return message(1, [3, 3] + random + [32] + session + [0, 2, 0x13, 0x01, 1, 0] + extensions(list))
  }

  private static func serverHello(_ random: [UInt8], _ session: [UInt8], keyShare: [UInt8]) -> [UInt8] {
    message(2, [3, 3] + random + [32] + session + [0x13, 0x01, 0] + extensions([(43, [3, 4]), (51, [0, 29] + number(32) + keyShare)]))
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// Seals the records of one direction with AES-128-GCM under one traffic secret.
private final class Sealer {
  private let context: OpaquePointer
  private let vector: [UInt8]
  private var sequence: UInt64 = 0

  init(secret: [UInt8]) throws {
    guard let context = EVP_CIPHER_CTX_new() else { throw BenchError("libcrypto: no context") }
    self.context = context
    vector = try Self.expand(secret, "iv", length: 12)
    guard EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nil, try Self.expand(secret, "key", length: 16), nil) == 1 else {
      throw BenchError("libcrypto: no AES-128-GCM")
    }
  }

  deinit { EVP_CIPHER_CTX_free(context) }

  /// HKDF-Expand-Label (RFC 8446, section 7.1) for at most 32 bytes, which one HMAC gives.
  private static func expand(_ secret: [UInt8], _ label: String, length: Int) throws -> [UInt8] {
    let full = Array("tls13 \(label)".utf8)
    let info = [0, UInt8(length), UInt8(full.count)] + full + [0, 1]
    var code = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    guard HMAC(EVP_sha256(), secret, Int32(secret.count), info, info.count, &code, &count) != nil, count == 32 else {
      throw BenchError("libcrypto: no HMAC")
    }
    return Array(code[..<length])
  }

  /// The next record, head and tag included (RFC 8446, section 5.2).
  func seal(_ type: UInt8, _ content: some Collection<UInt8>) throws -> [UInt8] {
    var nonce = vector
    for index in 0..<8 { nonce[11 - index] ^= UInt8(truncatingIfNeeded: sequence >> (8 * UInt64(index))) }
    sequence += 1
    let inner = Array(content) + [type]
    let length = inner.count + 16
    let head: [UInt8] = [23, 3, 3, UInt8(length >> 8), UInt8(length & 255)]
    var (sealed, tag) = ([UInt8](repeating: 0, count: inner.count), [UInt8](repeating: 0, count: 16))
    var count: Int32 = 0
    // GCM writes as many bytes as it reads, which `sealed` has; the tag has 16.
    guard EVP_EncryptInit_ex(context, nil, nil, nil, nonce) == 1, EVP_EncryptUpdate(context, nil, &count, head, 5) == 1,
      EVP_EncryptUpdate(context, &sealed, &count, inner, Int32(inner.count)) == 1, Int(count) == inner.count,
      EVP_EncryptFinal_ex(context, nil, &count) == 1, EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag) == 1
    else { throw BenchError("libcrypto: a record could not be sealed") }
    return head + sealed + tag
  }
}
