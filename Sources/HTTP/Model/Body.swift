/// Extent of a range in bytes.
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
  /// The chunked coding.
  case chunked
  /// The end of the connection.
  case close
  /// No body.
  case none
  /// HTTP/2 frames.
  case h2
}

/// Reason why a body is not complete.
public enum Incompleteness: String, Hashable, Sendable {
  /// The capture lacks bytes.
  case gap
  /// The sender ended first, or the capture did.
  case end
  /// The connection or the stream was reset.
  case reset
  /// A limit was reached.
  case limit
  /// The framing is broken.
  case framing
}

/// How far the codings of a body were undone.
public enum Decoding: Hashable, Sendable {
  /// The whole body.
  case whole
  /// The beginning.
  case partial
  /// Nothing: the bytes are as they were sent.
  case none
}

/// Part of a multipart body.
public struct Part {
  /// Name of the form field.
  public var name: [UInt8]
  /// Name of the file.
  public var filename: [UInt8]
  /// Declared type.
  public var type: [UInt8]
  /// Place of the content in the body.
  public var range: ByteRange
  /// Content-Range of the part, for multipart/byteranges.
  public var contentRange: ContentRange?
  /// Takes the content; nil if nobody wants it.
  public var receiver: (any ContentReceiver)?
}

/// Body of a message: what was declared, what came, and what is missing.
public final class Body {
  /// Rule that ends it.
  public internal(set) var framing: Framing
  /// Declared length; nil if none was.
  public internal(set) var declaredLength: Int64?
  /// Codings in the order in which they were applied, in lower case.
  public internal(set) var encodings: [[UInt8]] = []
  /// How far the codings were undone; nil without codings.
  public internal(set) var decoding: Decoding?
  /// Length as sent, without framing; holes count.
  public internal(set) var rawLength: Int64 = 0
  /// Length of what the receiver was given as content; holes count.
  public internal(set) var length: Int64 = 0
  /// Bytes behind the end of the coded data.
  public internal(set) var trailing: Int64 = 0
  /// Whether everything came and was read.
  public internal(set) var isComplete = false
  /// Reason why it is not complete.
  public internal(set) var why: Incompleteness?
  /// Holes in the body as sent, at most as many as the limit.
  public internal(set) var gaps: [ByteRange] = []
  /// Ranges of the body as sent of which two captured copies differ.
  public internal(set) var conflicts: [ByteRange] = []
  /// First and last packet that brought a byte of it; 0 without bytes.
  public internal(set) var firstPacket: UInt64 = 0
  /// Last packet that brought a byte of it.
  public internal(set) var lastPacket: UInt64 = 0
  /// Declared type: Content-Type as sent.
  public internal(set) var type: [UInt8] = []
  /// Type that the first bytes have, a MIME type; nil if they tell nothing.
  public internal(set) var sniffed: StaticString?
  /// Name of the file, from Content-Disposition, decoded.
  public internal(set) var name: [UInt8] = []
  /// Content-Range.
  public internal(set) var contentRange: ContentRange?
  /// Parts of a multipart body.
  public internal(set) var parts: [Part] = []
  /// Parts beyond the limit.
  public internal(set) var partsNotListed: UInt64 = 0
  /// Takes the bytes; nil without a byte.
  public internal(set) var receiver: (any BodyReceiver)?

  init(framing: Framing) { self.framing = framing }

  /// Whether bytes of the body are missing.
  public var hasHoles: Bool { !gaps.isEmpty }
}
