/// Head of a record: type, version and length of the body (RFC 8446, section 5.1).
///
///     +------+-------+-------+----------------+
///     | type | major | minor |     length     |
///     +------+-------+-------+----------------+
struct RecordHead {
  /// Length of a head in bytes.
  static let size = 5

  /// Types of records.
  enum ContentType {
    static let changeCipherSpec: UInt8 = 20
    static let alert: UInt8 = 21
    static let handshake: UInt8 = 22
    static let applicationData: UInt8 = 23
    static let heartbeat: UInt8 = 24
  }

  /// Types of records that TLS is recognized by: a heartbeat alone does not tell it.
  static let recognizedTypes = ContentType.changeCipherSpec...ContentType.applicationData

  /// First byte of the version, in every version of TLS.
  static let majorVersion: UInt8 = 3

  let type: UInt8
  let version: UInt16
  /// Length of the body in bytes.
  let length: Int

  /// Length of the record in bytes.
  var total: Int { Self.size + length }

  /// Greatest length of a body: 2^14 clear bytes and the expansion that TLS 1.2 allows (RFC 5246, section 6.2.3).
  static let maximum = (1 << 14) + 2_048
  /// Greatest length of a body in TLS 1.3 (RFC 8446, section 5.2).
  static let maximum13 = (1 << 14) + 256

  /// Whether this can be a head.
  var isPlausible: Bool {
    guard (20...24).contains(type), version >> 8 == Self.majorVersion, version & 0xff <= 4, length <= Self.maximum else { return false }
    switch type {
    case ContentType.changeCipherSpec: return length >= 1
    case ContentType.alert: return length >= 2
    case ContentType.handshake: return length > 0
    default: return true
    }
  }

  /// Whether this can be a head of TLS 1.3 behind the ServerHello, where the real type is encrypted.
  var isPlausible13: Bool {
    version == 0x0303 && (type == ContentType.applicationData ? (17...Self.maximum13).contains(length) : type == 20 && length == 1)
  }
}
