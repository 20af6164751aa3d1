public import Stages

/// Field line of a head or a trailer section: a name and a value, as they were sent.
public struct HeaderField: Hashable, Sendable {
  /// Name, in the case in which it was sent.
  public var name: [UInt8]
  /// Value, without the white space around it; folded lines are joined with one space.
  public var value: [UInt8]

  /// Creates a field line.
  public init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }
}

/// Departure of a message from the grammar, or a decision that the reader had to take.
public enum Note: String, Hashable, Sendable, CaseIterable {
  /// Several Content-Length fields differ; the first counts.
  case twoLengths = "two_lengths"
  /// Both Content-Length and chunked were declared; chunked counts.
  case lengthAndChunked = "length_and_chunked"
  /// A Content-Length is no length.
  case badLength = "bad_length"
  /// A chunk size is none; the body ends.
  case badChunkSize = "bad_chunk_size"
  /// A line ends with LF alone.
  case bareLF = "bare_lf"
  /// A field value goes on in the next line.
  case folded
  /// White space stands before the colon.
  case spaceBeforeColon = "space_before_colon"
  /// A CR stands within a line.
  case bareCR = "bare_cr"
  /// A NUL stands in the head.
  case nul
  /// Bytes before the head belong to no message.
  case surplus
  /// The head is larger than the limit; what lies beyond was skipped.
  case headLimit = "head_limit"
  /// A coding is not known, so the body stays as it was sent.
  case codingUnknown = "coding_unknown"
  /// The bytes are not what the coding says.
  case codingFailed = "coding_failed"
  /// Bytes follow the end of the coded data.
  case trailing
  /// The start line is not of the grammar.
  case badStartLine = "bad_start_line"
  /// Names or values of fields could not be known, because bytes were lost that the header compression needs.
  case fieldsLost = "fields_lost"
}

/// Request or response: its head and its body.
public final class Message {
  /// Packet of the first byte of the head.
  public let stamp: ByteStamp
  /// Offset of the head in its stream.
  public let offset: Int64
  /// Length of the head in bytes.
  public internal(set) var headLength: Int64 = 0
  /// Field lines of the head, at most as many as the limit.
  public internal(set) var headers: [HeaderField] = []
  /// Field lines behind a chunked body.
  public internal(set) var trailers: [HeaderField] = []
  /// Notes, each once, in the order in which they were taken.
  public internal(set) var notes: [Note] = []
  /// Body; nil while it is not known whether there is one.
  public internal(set) var body: Body?
  /// Time of the last byte, in nanoseconds since 1970-01-01 00:00 UTC.
  public internal(set) var endTime: Int64
  /// Whether everything of the message came that will come.
  var isOver = false
  /// Reads the body, as long as the message was not reported.
  var reader: BodyReader?

  init(stamp: ByteStamp, offset: Int64) {
    self.stamp = stamp
    self.offset = offset
    endTime = stamp.nanoseconds
  }

  func note(_ note: Note) { if !notes.contains(note) { notes.append(note) } }

  /// Value of the first field of a name.
  ///
  /// - Parameter name: the name in lower case.
  /// - Returns: nil if there is no such field. O(fields).
  public func value(of name: StaticString) -> [UInt8]? { headers.first { $0.name.equalsIgnoringCase(name) }?.value }
}
