/// Secret of a connection that a key log has, by its label.
public enum SecretLabel: UInt8, Hashable, Sendable, CaseIterable {
  /// Master secret up to TLS 1.2.
  case master
  /// Secret of early data of TLS 1.3.
  case clientEarly
  /// Secret of the client's handshake messages of TLS 1.3.
  case clientHandshake
  /// Secret of the server's handshake messages of TLS 1.3.
  case serverHandshake
  /// First secret of the client's application data of TLS 1.3.
  case clientTraffic
  /// First secret of the server's application data of TLS 1.3.
  case serverTraffic

  /// Label of the SSLKEYLOGFILE format (RFC 9850).
  var text: StaticString {
    switch self {
    case .master: "CLIENT_RANDOM"
    case .clientEarly: "CLIENT_EARLY_TRAFFIC_SECRET"
    case .clientHandshake: "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
    case .serverHandshake: "SERVER_HANDSHAKE_TRAFFIC_SECRET"
    case .clientTraffic: "CLIENT_TRAFFIC_SECRET_0"
    case .serverTraffic: "SERVER_TRAFFIC_SECRET_0"
    }
  }

  /// Whether a secret can have this length: 48 bytes up to TLS 1.2, else the length of a digest.
  func allows(_ length: Int) -> Bool { self == .master ? length == 48 : length == 32 || length == 48 }
}

/// Line of a key log that holds a secret.
///
/// A line is a label, the random of the ClientHello and a secret, in hexadecimal; or, as older programs write it,
/// `RSA Session-ID:... Master-Key:...`. Letters may be large or small. What is no such line is passed over.
public struct KeyLogEntry: Sendable {
  /// What the line names a connection by.
  public enum Name: Hashable, Sendable {
    /// The random of the ClientHello.
    case random(ClientRandom)
    /// The session ID of the ServerHello, up to TLS 1.2.
    case session([UInt8])
  }

  /// What the connection is named by.
  public let name: Name
  /// The kind of secret.
  public let label: SecretLabel
  /// The secret, 32 or 48 bytes.
  public let secret: [UInt8]

  /// Creates an entry from a line.
  ///
  /// - Parameter line: the line, without its end or with it.
  public init?(line: some Collection<UInt8>) {
    let words = line.split(omittingEmptySubsequences: true) { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d || $0 == 0x0a }
    guard words.count == 3, words[0].first != 0x23 else { return nil }
    if Self.isEqual(words[0], "RSA") {
      guard let session = Self.value(words[1], behind: "SESSION-ID:"), let master = Self.value(words[2], behind: "MASTER-KEY:"),
        (1...32).contains(session.count), master.count == 48
      else { return nil }
      (name, label, secret) = (.session(session), .master, master)
      return
    }
    guard let label = SecretLabel.allCases.first(where: { Self.isEqual(words[0], $0.text) }),
      let random = Self.bytes(words[1]).flatMap(ClientRandom.init), let secret = Self.bytes(words[2]), label.allows(secret.count)
    else { return nil }
    (name, self.label, self.secret) = (.random(random), label, secret)
  }

  private static func upper(_ byte: UInt8) -> UInt8 { (0x61...0x7a).contains(byte) ? byte - 0x20 : byte }

  private static func isEqual(_ word: some Collection<UInt8>, _ text: StaticString) -> Bool {
    word.lazy.map(upper).elementsEqual("\(text)".utf8)
  }

  private static func value(_ word: some Collection<UInt8>, behind prefix: String) -> [UInt8]? {
    guard word.prefix(prefix.utf8.count).lazy.map(upper).elementsEqual(prefix.utf8) else { return nil }
    return bytes(word.dropFirst(prefix.utf8.count))
  }

  private static func bytes(_ digits: some Collection<UInt8>) -> [UInt8]? {
    guard !digits.isEmpty, digits.count % 2 == 0, digits.count <= 128 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      let value: UInt8
      switch upper(digit) {
      case let digit where (0x30...0x39).contains(digit): value = digit - 0x30
      case let digit where (0x41...0x46).contains(digit): value = digit - 0x41 + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}

/// Cuts the bytes of a key log into lines, whatever pieces they come in.
///
/// It holds at most one line of 1 024 bytes; a longer one is none and is passed over.
public struct KeyLogReader: Sendable {
  /// Longest line in bytes.
  public static let longestLine = 1_024
  private var line: [UInt8] = []
  private var isTooLong = false
  /// Offset of the first byte of `line`.
  private var lineStart: Int64 = 0
  private var position: Int64 = 0

  /// Creates a reader of a log.
  public init() {}

  /// Takes the next bytes of the log.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - body: called with each secret and the offset at which its line begins.
  public mutating func read(_ bytes: Span<UInt8>, _ body: (_ entry: KeyLogEntry, _ offset: Int64) -> Void) {
    for index in 0..<bytes.count {
      let byte = bytes[index]
      position &+= 1
      if byte == 0x0a {
        endLine(body)
      } else if line.count < Self.longestLine {
        line.append(byte)
      } else {
        isTooLong = true
      }
    }
  }

  /// Takes what stands behind the last line end for a line: the log has nothing more.
  public mutating func finish(_ body: (_ entry: KeyLogEntry, _ offset: Int64) -> Void) { endLine(body) }

  private mutating func endLine(_ body: (_ entry: KeyLogEntry, _ offset: Int64) -> Void) {
    if !isTooLong, let entry = KeyLogEntry(line: line) { body(entry, lineStart) }
    line.removeAll(keepingCapacity: true)
    isTooLong = false
    lineStart = position
  }
}
