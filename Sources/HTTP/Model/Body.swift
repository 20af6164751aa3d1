public import Stages

/// Range of bytes.
public struct ByteRange: Hashable, Sendable {
  /// Offset of the first byte.
  public var offset: Int64
  /// Number of bytes.
  public var length: Int64

  /// Creates a range.
  public init(offset: Int64, length: Int64) {
    self.offset = offset
    self.length = length
  }
}

/// Rule that ends a body.
public enum Framing: String, Hashable, Sendable {
  /// Content-Length.
  case length
  /// Chunked transfer coding (RFC 9112, section 7.1).
  case chunked
  /// The end of the connection.
  case close
  /// No body.
  case none
  /// DATA frames of HTTP/2 (RFC 9113, section 6.1).
  case h2
}

/// Reason why a body is not complete.
public enum Incompleteness: String, Hashable, Sendable {
  /// The capture lacks bytes.
  case gap
  /// The direction or the capture ended before the body.
  case end
  /// The connection or the stream was reset.
  case reset
  /// A limit was reached.
  case limit
  /// The framing is invalid.
  case framing
}

/// Extent to which the codings of a body were decoded.
public enum Decoding: Hashable, Sendable {
  /// The whole body.
  case whole
  /// The beginning of the body.
  case partial
  /// Nothing: the content is the body as sent.
  case none
}

/// Part of a multipart body (RFC 2046, section 5.1).
public struct Part {
  /// Name of the form field, from Content-Disposition; empty if there is none.
  public var name: [UInt8]
  /// Name of the file, from Content-Disposition; empty if there is none.
  public var filename: [UInt8]
  /// Content-Type of the part, as sent; empty if there is none.
  public var type: [UInt8]
  /// Range of the part's content in the content of the body.
  public var range: ByteRange
  /// Content-Range of the part, as in multipart/byteranges.
  public var contentRange: ContentRange?
  /// Receiver of the part's content; nil if the content is not wanted.
  public var receiver: (any ContentReceiver)?
}

/// Body of a message: its declared properties, its lengths, and its missing ranges.
public final class Body {
  /// Rule that ends the body.
  public internal(set) var framing: Framing
  /// Value of Content-Length; nil if there is none.
  public internal(set) var declaredLength: Int64?
  /// Content codings and transfer codings in the order in which they were applied, in lower case, without `chunked` and `identity`.
  public internal(set) var encodings: [[UInt8]] = []
  /// Extent to which the codings were decoded; nil without codings.
  public internal(set) var decoding: Decoding?
  /// Length as sent, without framing and including gaps.
  @exclusivity(unchecked) public internal(set) var rawLength: Int64 = 0
  /// Length of the content that the receiver was given, including gaps.
  @exclusivity(unchecked) public internal(set) var length: Int64 = 0
  /// Number of bytes after the end of the coded data.
  public internal(set) var trailing: Int64 = 0
  /// Whether the body was captured and read as a whole, and no range of it is disputed.
  public internal(set) var isComplete = false
  /// Reason why the body is not complete; nil if there is none.
  public internal(set) var why: Incompleteness?
  /// Gaps in the body as sent, up to ``HTTPOptions/maxListedGaps``.
  public internal(set) var gaps: [ByteRange] = []
  /// Number of all gaps in the body as sent.
  public internal(set) var gapCount: UInt64 = 0
  /// Number of bytes in all gaps.
  public internal(set) var gapBytes: Int64 = 0
  /// Ranges of the body as sent in which two captured copies differ, up to ``HTTPOptions/maxListedConflicts``.
  public internal(set) var conflicts: [ByteRange] = []
  /// Number of all such ranges.
  public internal(set) var conflictCount: UInt64 = 0
  /// Number of the first packet that brought a byte of the body; 0 if no byte was captured.
  @exclusivity(unchecked) public internal(set) var firstPacket: UInt64 = 0
  /// Number of the last packet that brought a byte of the body; 0 if no byte was captured.
  @exclusivity(unchecked) public internal(set) var lastPacket: UInt64 = 0
  /// Packet that brought the last byte so far; nil if no byte was captured.
  @exclusivity(unchecked) public internal(set) var lastStamp: ByteStamp?
  /// Content-Type as sent.
  public internal(set) var type: [UInt8] = []
  /// MIME type that the first bytes of the content indicate; nil if they indicate none.
  public internal(set) var sniffed: StaticString?
  /// File name from Content-Disposition, decoded.
  public internal(set) var name: [UInt8] = []
  /// Content-Range; nil if there is none.
  public internal(set) var contentRange: ContentRange?
  /// Parts of a multipart body, up to ``HTTPOptions/maxParts``.
  public internal(set) var parts: [Part] = []
  /// Number of parts beyond that limit.
  public internal(set) var partsNotListed: UInt64 = 0
  /// Receiver of the bytes; nil if the body has none or they are not wanted.
  @exclusivity(unchecked) public internal(set) var receiver: (any BodyReceiver)?

  /// Notes about the content, which become notes of the message when the exchange is reported.
  var contentNotes: [Note] = []

  init(framing: Framing) {
    self.framing = framing
    isComplete = framing == .none
  }

  /// Whether bytes of the body are missing.
  public var hasHoles: Bool { gapCount > 0 }
}
