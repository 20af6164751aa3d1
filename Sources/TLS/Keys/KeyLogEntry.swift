/// Kind of a secret in a key log.
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
  package var text: StaticString {
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
/// A line is a label, the random of the ClientHello and a secret, in hexadecimal, or `RSA Session-ID:... Master-Key:...`, as older programs
/// write it. Case does not matter.
public struct KeyLogEntry: Sendable {
  /// Identification of a connection.
  public enum Name: Hashable, Sendable {
    /// The random of the ClientHello.
    case random(ClientRandom)
    /// The session ID of the ServerHello, up to TLS 1.2.
    case session([UInt8])
  }

  /// The identification of the connection.
  public let name: Name
  /// The kind of secret.
  public let label: SecretLabel
  /// The secret, 32 or 48 bytes.
  public let secret: [UInt8]

  /// Creates an entry from a line; nil if the line holds no secret.
  ///
  /// It is called for each line of logs of any size: O(length of the line), with one allocation for a secret.
  ///
  /// - Parameter line: the line, with or without its end.
  public init?(line: Span<UInt8>) {
    var words = KeyLogWords(line)
    guard let first = words.next(), line[first.lowerBound] != 0x23, let second = words.next(), let third = words.next(),
      words.next() == nil
    else { return nil }
    if words.isEqual(first, "RSA") {
      guard let session = words.bytes(second, behind: "SESSION-ID:"), let master = words.bytes(third, behind: "MASTER-KEY:"),
        (1...32).contains(session.count), master.count == 48
      else { return nil }
      (name, label, secret) = (.session(session), .master, master)
      return
    }
    guard let label = SecretLabel.allCases.first(where: { words.isEqual(first, $0.text) }), let random = words.random(second),
      let secret = words.bytes(third), label.allows(secret.count)
    else { return nil }
    (name, self.label, self.secret) = (.random(random), label, secret)
  }
}

/// Words of a line of a key log, separated by blanks, tabs and line ends.
private struct KeyLogWords: ~Copyable, ~Escapable {
  private let line: Span<UInt8>
  private var position = 0

  @_lifetime(copy line)
  init(_ line: Span<UInt8>) { self.line = line }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a }

  mutating func next() -> Range<Int>? {
    while position < line.count, Self.isSpace(line[position]) { position += 1 }
    guard position < line.count else { return nil }
    let start = position
    while position < line.count, !Self.isSpace(line[position]) { position += 1 }
    return start..<position
  }

  private static func upper(_ byte: UInt8) -> UInt8 { (0x61...0x7a).contains(byte) ? byte - 0x20 : byte }

  /// Whether a word is `text`, which is in capital letters, in any case.
  func isEqual(_ word: Range<Int>, _ text: StaticString) -> Bool {
    guard word.count == text.utf8CodeUnitCount else { return false }
    return hasPrefix(word, text)
  }

  private func hasPrefix(_ word: Range<Int>, _ text: StaticString) -> Bool {
    guard word.count >= text.utf8CodeUnitCount else { return false }
    // The buffer has as many bytes as the word is long at least.
    return text.withUTF8Buffer { text in text.indices.allSatisfy { Self.upper(line[word.lowerBound + $0]) == text[$0] } }
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x41 + 10
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
  }

  /// Bytes of a word of up to 128 hexadecimal digits; nil if it is no such word.
  func bytes(_ word: Range<Int>) -> [UInt8]? {
    guard !word.isEmpty, word.count % 2 == 0, word.count <= 128 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(word.count / 2)
    for index in stride(from: word.lowerBound, to: word.upperBound, by: 2) {
      guard let high = Self.value(line[index]), let low = Self.value(line[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  /// Bytes of what stands behind a prefix, which is in capital letters.
  func bytes(_ word: Range<Int>, behind prefix: StaticString) -> [UInt8]? {
    hasPrefix(word, prefix) ? bytes((word.lowerBound + prefix.utf8CodeUnitCount)..<word.upperBound) : nil
  }

  /// The random in a word of 64 hexadecimal digits; nil if it is no such word.
  func random(_ word: Range<Int>) -> ClientRandom? {
    guard word.count == 64 else { return nil }
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    for index in word {
      guard let value = Self.value(line[index]) else { return nil }
      // Each word takes sixteen digits, so what is shifted out is what the words before took.
      words.0 = words.0 << 4 | words.1 >> 60
      words.1 = words.1 << 4 | words.2 >> 60
      words.2 = words.2 << 4 | words.3 >> 60
      words.3 = words.3 << 4 | UInt64(value)
    }
    return ClientRandom(words: words)
  }
}

/// Reader of a key log that comes in pieces.
///
/// It keeps at most one line of 1 024 bytes; longer lines are ignored.
public struct KeyLogReader: Sendable {
  /// Greatest length of a line in bytes.
  public static let longestLine = 1_024
  private var line: [UInt8] = []
  private var isTooLong = false
  /// Offset of the first byte of `line`.
  private var lineStart: Int64 = 0
  private var position: Int64 = 0

  /// Creates a reader of a log.
  public init() {}

  /// Reads the next bytes of the log.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - body: called with each secret and the offset of its line.
  public mutating func read(_ bytes: Span<UInt8>, _ body: (_ entry: KeyLogEntry, _ offset: Int64) -> Void) {
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 0x0a { end += 1 }
      let piece = bytes.extracting(start..<end)
      let isLast = end == bytes.count
      start = end + 1
      position &+= Int64(piece.count) &+ (isLast ? 0 : 1)
      if isLast || !line.isEmpty || isTooLong {
        append(piece)
        if !isLast { endLine(body) }
      } else {
        // The line is complete and need not be copied.
        if piece.count <= Self.longestLine, let entry = KeyLogEntry(line: piece) { body(entry, lineStart) }
        lineStart = position
      }
    }
  }

  private mutating func append(_ piece: Span<UInt8>) {
    guard !isTooLong, line.count + piece.count <= Self.longestLine else {
      isTooLong = true
      line.removeAll(keepingCapacity: true)
      return
    }
    line.append(contentsOf: piece)
  }

  /// Reads the text behind the last line end as a line, because the log is complete.
  ///
  /// - Parameter body: called with the secret of the line and its offset.
  public mutating func finish(_ body: (_ entry: KeyLogEntry, _ offset: Int64) -> Void) { endLine(body) }

  private mutating func endLine(_ body: (_ entry: KeyLogEntry, _ offset: Int64) -> Void) {
    if !isTooLong, let entry = KeyLogEntry(line: line.span) { body(entry, lineStart) }
    line.removeAll(keepingCapacity: true)
    isTooLong = false
    lineStart = position
  }
}
