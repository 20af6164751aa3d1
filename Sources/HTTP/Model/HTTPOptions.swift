/// Limits of the HTTP reader.
public struct HTTPOptions: Sendable {
  /// Maximum length of a head in bytes; the rest of a longer head is skipped.
  public var maxHead = 1 << 20
  /// Maximum number of field lines that are kept of a head.
  public var maxHeaderLines = 1_000
  /// Maximum number of requests of a connection that wait for a response.
  public var maxOpenRequests = 10_000
  /// Maximum number of decoders in use at once, in all connections.
  public var maxDecoders = 1_000
  /// Maximum number of codings of a body that are decoded.
  public var maxCodings = 4
  /// Maximum length of the content of a body in bytes.
  public var maxBody: Int64 = 1 << 30
  /// Maximum number of decoded bytes per coded byte, beyond the first 10 MB of content.
  public var maxRatio: Int64 = 1_000
  /// Maximum number of parts of a multipart body that are listed.
  public var maxParts = 1_000
  /// Maximum number of gaps of a body that are listed.
  public var maxListedGaps = 1_000
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
/// A context must be used by one thread only.
public final class HTTPContext {
  /// Limits of the reader.
  public let options: HTTPOptions
  /// Number of heads that were longer than the limit.
  public internal(set) var headsCut: UInt64 = 0
  /// Number of bodies whose content reached a limit.
  public internal(set) var bodiesCut: UInt64 = 0
  /// Number of bodies that were not decoded because too many decoders were in use.
  public internal(set) var decodersRefused: UInt64 = 0
  /// Number of requests that no longer wait for a response, because too many did.
  public internal(set) var requestsGivenUp: UInt64 = 0
  /// Number of parts that were not listed.
  public internal(set) var partsCut: UInt64 = 0
  /// Number of HTTP/2 streams that were not read, because too many were open.
  public internal(set) var streamsCut: UInt64 = 0
  /// Number of times that a direction was read without the other one, because too many bytes waited.
  public internal(set) var holdsCut: UInt64 = 0
  var decoders = 0
  var held = 0
  /// Buffers for decoded bytes, one for each coding of a body.
  var scratch: [[UInt8]]

  /// Creates the context of a run.
  ///
  /// - Parameter options: the limits.
  public init(options: HTTPOptions = HTTPOptions()) {
    self.options = options
    scratch = Array(repeating: [], count: options.maxCodings)
  }
}
