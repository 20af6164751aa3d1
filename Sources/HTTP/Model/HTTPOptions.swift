internal import Compression

/// Limits of the HTTP reader.
public struct HTTPOptions: Sendable {
  /// Maximum length of a head in bytes; the rest of a longer head is skipped.
  public var maxHead = 1 << 20
  /// Maximum number of bytes of the HTTP/2 heads of all exchanges that are not reported yet; further heads are cut.
  ///
  /// One byte on the wire can stand for a field of some kilobytes.
  public var maxOpenHeads = 64 << 20
  /// Maximum number of field lines that are kept of a head.
  public var maxHeaderLines = 1_000
  /// Maximum number of requests of a connection that wait for a response.
  public var maxOpenRequests = 10_000
  /// Maximum number of decoders in use at once, in all connections.
  public var maxDecoders = 1_000
  /// Maximum number of bytes that all decoders take; those of WebSocket messages are created only up to the half of it.
  public var maxDecoderMemory = 256 << 20
  /// Maximum number of codings of a body that are decoded.
  public var maxCodings = 4
  /// Maximum length of the content of a body or of a WebSocket message in bytes.
  public var maxBody: Int64 = 1 << 30
  /// Maximum number of decoded bytes per coded byte, beyond the first 10 MB of content.
  public var maxRatio: Int64 = 1_000
  /// Maximum number of parts of a multipart body that are listed.
  public var maxParts = 1_000
  /// Maximum number of gaps of a body or of a WebSocket message that are listed.
  public var maxListedGaps = 1_000
  /// Maximum number of ranges of a body that are listed in which two captured copies differ.
  public var maxListedConflicts = 100
  /// Maximum number of HTTP/2 streams of a connection that are open at once.
  public var maxStreams = 10_000
  /// Maximum number of bytes of a direction that wait for the other direction.
  public var maxHeld = 1 << 20
  /// Maximum number of bytes that wait for another direction, in all connections.
  public var maxHeldTotal = 32 << 20

  /// Creates the default limits.
  public init() {}
}

/// State that all connections of a run share: the limits, counters, and buffers for decoding.
///
/// One thread uses a context and its stages. With a queue, another thread decodes the bodies and calls the receivers; every receiver is
/// called in the order in which one thread would call it. The thread that reads the figures of bodies waits for the other one first.
public final class HTTPContext {
  /// Limits of the reader.
  public let options: HTTPOptions
  /// Number of heads that were longer than the limit.
  public internal(set) var headsCut: UInt64 = 0
  /// Number of HTTP/2 heads that were cut because those of all open exchanges took too much memory.
  public internal(set) var openHeadsCut: UInt64 = 0
  /// Number of heads and trailer sections with more field lines than are kept.
  public internal(set) var fieldsCut: UInt64 = 0
  /// Number of bodies that were not decoded because they have too many codings.
  public internal(set) var codingsRefused: UInt64 = 0
  /// Number of bodies and WebSocket messages whose content reached a limit; it belongs to the thread that decodes.
  public internal(set) var bodiesCut: UInt64 = 0
  /// Number of bodies that were not decoded because too many decoders were in use.
  public internal(set) var decodersRefused: UInt64 = 0
  /// Number of bodies and WebSocket messages whose rest was not decoded because the decoders took too much memory; it belongs to the thread
  /// that decodes.
  public internal(set) var decoderMemoryRefused: UInt64 = 0
  /// Number of requests that no longer wait for a response, because too many did.
  public internal(set) var requestsGivenUp: UInt64 = 0
  /// Number of parts that were not listed.
  public internal(set) var partsCut: UInt64 = 0
  /// Number of HTTP/2 streams that were not read, because too many were open.
  public internal(set) var streamsCut: UInt64 = 0
  /// Number of times that a direction was read without the other one, because too many bytes waited.
  public internal(set) var holdsCut: UInt64 = 0
  /// Number of decoders in use.
  var decoders = 0
  /// Number of bytes that the decoders take; it belongs to the thread that decodes.
  @exclusivity(unchecked) var decoderMemory = 0
  /// Number of bytes of the HTTP/2 heads of the exchanges that are not reported yet.
  var openHeads = 0
  @exclusivity(unchecked) var held = 0
  /// Work that is not handed over yet; nil without another thread.
  @exclusivity(unchecked) var batch: ContentBatch?
  /// Queue to the thread that decodes bodies and calls the receivers; nil if the thread that reads the streams does.
  ///
  /// It is set before the first byte is read.
  public var queue: (any ContentQueue)? { didSet { batch = queue == nil ? nil : ContentBatch() } }
  /// Buffers for decoded bytes, one for each coding of a body.
  var scratch: [[UInt8]]
  /// Buffer for decompressed bytes of WebSocket messages.
  @exclusivity(unchecked) var inflated: [UInt8] = []
  /// Number of coded bytes that are kept until their bodies end, and a buffer for those of another body; they belong to the thread that
  /// decodes.
  @exclusivity(unchecked) var kept = 0
  private var spareKept: [UInt8] = []
  /// Decoder of whole bodies, nil if there is none, and the buffer for their content.
  private(set) lazy var wholeDecoder = WholeGzipDecoder()
  var whole: [UInt8] = []
  /// Whether decoded content is passed on with the packet that completed it, which takes more time.
  ///
  /// It is set before the first byte is read.
  public var decodesAtOnce = false

  /// Creates the context of a run.
  ///
  /// - Parameter options: the limits.
  public init(options: HTTPOptions = HTTPOptions()) {
    self.options = options
    scratch = Array(repeating: [], count: options.maxCodings)
  }

  func lendKept() -> [UInt8] {
    var buffer: [UInt8] = []
    swap(&buffer, &spareKept)
    return buffer
  }

  func takeBackKept(_ buffer: consuming [UInt8]) {
    kept -= buffer.count
    if buffer.capacity > spareKept.capacity {
      buffer.removeAll(keepingCapacity: true)
      spareKept = buffer
    }
  }
}
