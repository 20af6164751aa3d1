public import Stages

/// Field line of a head or of a trailer section, as sent.
public struct HeaderField: Hashable, Sendable {
  /// Field name, in the case in which it was sent.
  public var name: [UInt8]
  /// Field value without surrounding white space; the lines of a folded value are joined with one space.
  public var value: [UInt8]

  /// Creates a field line.
  public init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }
}

/// Deviation of a message from the grammar, or a decision of the reader about it.
public enum Note: String, Hashable, Sendable, CaseIterable {
  /// The values of Content-Length differ; the first one is used.
  case twoLengths = "two_lengths"
  /// Both Content-Length and the chunked transfer coding are declared; the chunked coding is used.
  case lengthAndChunked = "length_and_chunked"
  /// A value of Content-Length is not a number.
  case badLength = "bad_length"
  /// A chunk size is invalid.
  ///
  /// The body ends there. If no chunk was read, it is framed by Content-Length or the end of the connection instead.
  case badChunkSize = "bad_chunk_size"
  /// A line ends with LF alone.
  case bareLF = "bare_lf"
  /// A field value is continued in the next line (obs-fold, RFC 9112, section 5.2).
  case folded
  /// White space precedes the colon.
  case spaceBeforeColon = "space_before_colon"
  /// A CR occurs inside a line.
  case bareCR = "bare_cr"
  /// The head contains a NUL.
  case nul
  /// Bytes that precede the head belong to no message.
  case surplus
  /// The head is longer than the limit; the rest of it was skipped.
  case headLimit = "head_limit"
  /// A coding is unknown or exceeds a limit, so it is not decoded.
  case codingUnknown = "coding_unknown"
  /// The body is not valid data of its coding.
  case codingFailed = "coding_failed"
  /// Bytes follow the end of the coded data.
  case trailing
  /// The start line deviates from the grammar.
  case badStartLine = "bad_start_line"
  /// Field lines are missing or incomplete, because bytes that the header compression needs were not captured.
  case fieldsLost = "fields_lost"
}

/// Request or response: a head and a body.
public final class Message {
  /// Packet that brought the first byte of the head.
  public let stamp: ByteStamp
  /// Offset of the head in the sender's stream.
  public let offset: Int64
  /// Length of the head in bytes, as sent.
  public internal(set) var headLength: Int64 = 0
  /// Field lines of the head, up to ``HTTPOptions/maxHeaderLines``.
  public internal(set) var headers: [HeaderField] = []
  /// Field lines of the trailer section.
  public internal(set) var trailers: [HeaderField] = []
  /// Notes on the message, each once, in the order in which they were made.
  public internal(set) var notes: [Note] = []
  /// Body; nil until its framing is known.
  public internal(set) var body: Body?
  /// Capture time of the last byte, in nanoseconds since 1970-01-01 00:00 UTC.
  @exclusivity(unchecked) public internal(set) var endTime: Int64
  /// Whether the message ended.
  var isOver = false
  /// Reader of the body, until the exchange is reported.
  var reader: BodyReader?

  init(stamp: ByteStamp, offset: Int64) {
    self.stamp = stamp
    self.offset = offset
    endTime = stamp.nanoseconds
  }

  /// Creates a message that begins as a copy of another, which has ended and may be with its receiver, in another thread.
  init(copying other: Message) {
    stamp = other.stamp
    offset = other.offset
    headLength = other.headLength
    headers = other.headers
    trailers = other.trailers
    notes = other.notes
    body = other.body
    endTime = other.endTime
    isOver = other.isOver
  }

  func note(_ note: Note) { if !notes.contains(note) { notes.append(note) } }

  /// Value of the first field line with a name.
  ///
  /// O(field lines).
  ///
  /// - Parameter name: the name in lower case.
  /// - Returns: the value; nil if there is no such field line.
  public func value(of name: StaticString) -> [UInt8]? { headers.first { $0.name.equalsIgnoringCase(name) }?.value }
}
