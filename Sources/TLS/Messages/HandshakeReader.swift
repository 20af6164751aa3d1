/// Reader of handshake messages, which may span records and share them.
struct HandshakeReader {
  /// Types of messages that are read (RFC 8446, appendix B.3; RFC 5246, section 7.4).
  enum MessageType {
    static let clientHello: UInt8 = 1
    static let serverHello: UInt8 = 2
    static let endOfEarlyData: UInt8 = 5
    static let encryptedExtensions: UInt8 = 8
    static let certificate: UInt8 = 11
    static let serverHelloDone: UInt8 = 14
    static let finished: UInt8 = 20
    static let keyUpdate: UInt8 = 24
  }

  /// Greatest length of a message; longer ones are skipped.
  static let limit = 1 << 20

  private var partial: [UInt8] = []
  /// Number of bytes of a skipped message that are still to come.
  private var toPass = 0

  /// Whether no message is incomplete.
  var isEmpty: Bool { partial.isEmpty && toPass == 0 }

  /// Adds the content of a record, and calls `body` with each complete message.
  mutating func append(_ bytes: Span<UInt8>, _ body: (_ type: UInt8, _ message: [UInt8]) -> Void) {
    let passed = min(toPass, bytes.count)
    toPass -= passed
    partial.append(contentsOf: bytes.extracting(passed...))
    var position = 0
    while partial.count - position >= 4 {
      let length = Int(partial[position + 1]) << 16 | Int(partial[position + 2]) << 8 | Int(partial[position + 3])
      let available = partial.count - position - 4
      if length > Self.limit {
        let taken = min(length, available)
        toPass = length - taken
        position += 4 + taken
      } else if available >= length {
        body(partial[position], [UInt8](partial[(position + 4)..<(position + 4 + length)]))
        position += 4 + length
      } else {
        break
      }
    }
    if position > 0 { partial.removeFirst(position) }
  }

  /// Discards the incomplete message, because bytes of it are missing.
  mutating func reset() {
    partial = []
    toPass = 0
  }
}
