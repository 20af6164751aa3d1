/// Bounds and choices of the reader.
public struct HTTPOptions: Sendable {
  /// Greatest length of a head; what lies beyond is skipped.
  public var maxHead = 1 << 20
  /// Header lines that are kept of a head.
  public var maxHeaderLines = 1_000
  /// Requests of a connection that may wait for their response.
  public var maxOpenRequests = 10_000
  /// Decoders that may be at work at once, in all connections.
  public var maxDecoders = 1_000
  /// Codings of a body that are undone.
  public var maxCodings = 4
  /// Greatest length of the content of a body, in bytes.
  public var maxBody: Int64 = 1 << 30
  /// Decoded bytes for each coded one, beyond the first 10 MB.
  public var maxRatio: Int64 = 1_000
  /// Parts of a multipart body that are listed.
  public var maxParts = 1_000
  /// Holes of a body that are listed.
  public var maxListedGaps = 1_000
  /// HTTP/2 streams of a connection that may be open at once.
  public var maxStreams = 10_000
  /// Bytes of a direction that may wait for the other one.
  public var maxHeld = 1 << 20
  /// Bytes that may wait in all connections.
  public var maxHeldTotal = 32 << 20

  /// Creates the usual bounds.
  public init() {}
}

/// State that all connections of a run share: the options, what was counted, and memory for decoding.
///
/// One thread uses it.
public final class HTTPContext {
  /// Bounds and choices.
  public let options: HTTPOptions
  /// Heads that were larger than the limit.
  public internal(set) var headsCut: UInt64 = 0
  /// Bodies of which the content reached a limit.
  public internal(set) var bodiesCut: UInt64 = 0
  /// Codings that were not undone for want of a decoder.
  public internal(set) var decodersRefused: UInt64 = 0
  /// Requests that were given up because too many were open.
  public internal(set) var requestsGivenUp: UInt64 = 0
  /// Parts that were not listed.
  public internal(set) var partsCut: UInt64 = 0
  /// HTTP/2 streams that were not followed.
  public internal(set) var streamsCut: UInt64 = 0
  /// Times a direction went on without knowing the other, because too much waited.
  public internal(set) var holdsCut: UInt64 = 0
  var decoders = 0
  var held = 0
  /// Room for decoded bytes, one for each coding of a body.
  var scratch: [[UInt8]]

  /// Creates the state of a run.
  ///
  /// - Parameter options: bounds and choices.
  public init(options: HTTPOptions = HTTPOptions()) {
    self.options = options
    scratch = Array(repeating: [], count: options.maxCodings)
  }
}
