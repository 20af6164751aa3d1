/// Numbers of the extensions that are read (IANA, "TLS ExtensionType Values").
enum Extension {
  static let serverName: UInt16 = 0
  static let truncatedHMAC: UInt16 = 4
  static let supportedGroups: UInt16 = 10
  static let pointFormats: UInt16 = 11
  static let signatureAlgorithms: UInt16 = 13
  static let applicationProtocols: UInt16 = 16
  static let encryptThenMAC: UInt16 = 22
  static let preSharedKey: UInt16 = 41
  static let earlyData: UInt16 = 42
  static let supportedVersions: UInt16 = 43

  /// Returns the extensions of a message in order; if the list is cut off, those before the cut.
  static func list(_ reader: inout ByteReader) -> [(type: UInt16, body: ByteReader)] {
    guard var extensions = reader.vector(2) else { return [] }
    var list: [(type: UInt16, body: ByteReader)] = []
    while let type = extensions.uint16(), let body = extensions.vector(2) { list.append((type, body)) }
    return list
  }
}

/// ClientHello (RFC 8446, section 4.1.2; RFC 5246, section 7.4.1.2).
struct ClientHello {
  let version: UInt16
  let random: ClientRandom
  let sessionID: [UInt8]
  let suites: [UInt16]
  /// Types of the extensions, in order.
  let extensions: [UInt16]
  private(set) var serverName: String?
  private(set) var applicationProtocols: [[UInt8]] = []
  private(set) var groups: [UInt16] = []
  private(set) var pointFormats: [UInt8] = []
  private(set) var signatureAlgorithms: [UInt16] = []
  private(set) var supportedVersions: [UInt16] = []

  /// Parses the body of a message; nil if it is malformed.
  init?(_ body: [UInt8]) {
    var reader = ByteReader(body)
    guard let version = reader.uint16(), version >> 8 == 3, let random = reader.take(32).flatMap(ClientRandom.init),
      let sessionID = reader.vector(1), sessionID.count <= 32, let suites = reader.vector(2), suites.count >= 2, reader.vector(1) != nil
    else { return nil }
    self.version = version
    self.random = random
    self.sessionID = sessionID.rest
    self.suites = suites.numbers
    let list = Extension.list(&reader)
    extensions = list.map(\.type)
    for (type, body) in list { read(type, body) }
  }

  private mutating func read(_ type: UInt16, _ body: ByteReader) {
    var body = body
    switch type {
    case Extension.serverName:
      guard var names = body.vector(2) else { return }
      // The only defined kind of name is 0, a host name (RFC 6066, section 3).
      if serverName == nil, names.number(1) == 0, let name = names.vector(2) { serverName = String(decoding: name.rest, as: UTF8.self) }
    case Extension.supportedGroups: groups = body.vector(2)?.numbers ?? []
    case Extension.pointFormats: pointFormats = body.vector(1)?.rest ?? []
    case Extension.signatureAlgorithms: signatureAlgorithms = body.vector(2)?.numbers ?? []
    case Extension.supportedVersions: supportedVersions = body.vector(1)?.numbers ?? []
    case Extension.applicationProtocols:
      guard var names = body.vector(2) else { return }
      while let name = names.vector(1) { applicationProtocols.append(name.rest) }
    default: break
    }
  }

  var offersEarlyData: Bool { extensions.contains(Extension.earlyData) }
  var offersTLS13: Bool { supportedVersions.contains(Version.tls13.rawValue) }
}

/// ServerHello (RFC 8446, section 4.1.3; RFC 5246, section 7.4.1.3).
struct ServerHello {
  /// Number of the chosen version.
  let versionNumber: UInt16
  let random: [UInt8]
  let sessionID: [UInt8]
  let suite: CipherSuite
  let compression: UInt8
  private(set) var applicationProtocol: [UInt8]?
  private(set) var hasPreSharedKey = false
  private(set) var encryptsThenMACs = false
  private(set) var truncatesMAC = false

  /// Parses the body of a message; nil if it is malformed.
  init?(_ body: [UInt8]) {
    var reader = ByteReader(body)
    guard let legacy = reader.uint16(), legacy >> 8 == 3, let random = reader.take(32), let sessionID = reader.vector(1),
      sessionID.count <= 32, let suite = reader.uint16(), let compression = reader.number(1)
    else { return nil }
    self.random = random
    self.sessionID = sessionID.rest
    self.suite = CipherSuite(number: suite)
    self.compression = UInt8(truncatingIfNeeded: compression)
    var version = legacy
    for (type, var body) in Extension.list(&reader) {
      switch type {
      case Extension.supportedVersions: version = body.uint16() ?? legacy
      case Extension.applicationProtocols: applicationProtocol = Self.chosenProtocol(body)
      case Extension.preSharedKey: hasPreSharedKey = true
      case Extension.encryptThenMAC: encryptsThenMACs = true
      case Extension.truncatedHMAC: truncatesMAC = true
      default: break
      }
    }
    versionNumber = version
  }

  var version: Version? { Version(rawValue: versionNumber) }

  /// Name of the version in the output.
  var versionName: String {
    if let version { return version.name }
    let digits = String(versionNumber, radix: 16)
    return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  /// Whether the message is a HelloRetryRequest, which has a fixed random (RFC 8446, section 4.1.3).
  var isRetryRequest: Bool { random == Self.retryRandom }

  private static let retryRandom: [UInt8] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
  ]

  /// Returns the protocol that a server chose (RFC 7301, section 3.1).
  static func chosenProtocol(_ body: ByteReader) -> [UInt8]? {
    var body = body
    guard var names = body.vector(2) else { return nil }
    return names.vector(1)?.rest
  }
}

/// EncryptedExtensions (RFC 8446, section 4.3.1).
struct EncryptedExtensions {
  private(set) var applicationProtocol: [UInt8]?
  private(set) var acceptsEarlyData = false

  init(_ body: [UInt8]) {
    var reader = ByteReader(body)
    for (type, body) in Extension.list(&reader) {
      if type == Extension.applicationProtocols { applicationProtocol = ServerHello.chosenProtocol(body) }
      if type == Extension.earlyData { acceptsEarlyData = true }
    }
  }
}

/// Random of a ClientHello, which identifies a connection in key logs.
public struct ClientRandom: Hashable, Sendable {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// Creates a random from its bytes; nil if their number is not 32.
  ///
  /// - Parameter bytes: the bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    func word(_ start: Int) -> UInt64 { bytes[start..<(start + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
    words = (word(0), word(8), word(16), word(24))
  }

  init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  /// Whether two randoms have the same bytes.
  public static func == (first: ClientRandom, second: ClientRandom) -> Bool { first.words == second.words }

  /// Feeds the random to a hasher.
  ///
  /// - Parameter hasher: the hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}
