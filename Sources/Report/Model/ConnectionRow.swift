/// Line of the table of connections.
public struct ConnectionRow: Equatable, Sendable {
  /// Number of columns of the sparkline of one direction.
  public static let sparkColumns = 24

  /// Properties that the table is filtered by.
  public struct Marks: OptionSet, Equatable, Sendable {
    /// Bits of the set.
    public let rawValue: UInt16
    /// Creates a set from its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Bytes are missing.
    public static let gap = Marks(rawValue: 1)
    /// A range has two captured versions.
    public static let conflict = Marks(rawValue: 2)
    /// The connection was reset or refused.
    public static let reset = Marks(rawValue: 4)
    /// A direction began before the capture.
    public static let midstream = Marks(rawValue: 8)
    /// The snap length cut packets.
    public static let cut = Marks(rawValue: 16)
    /// Bytes came more than once.
    public static let repeated = Marks(rawValue: 32)
    /// The server sent no segment.
    public static let silent = Marks(rawValue: 64)
    /// A file could not be written whole.
    public static let writeError = Marks(rawValue: 128)
    /// A missing range was acknowledged, so the recorder lost it.
    public static let recorderLoss = Marks(rawValue: 256)
    /// A missing range was not acknowledged.
    public static let networkLoss = Marks(rawValue: 512)

    /// The connection was open when the input ended.
    public static let open = Marks(rawValue: 1024)

    /// Names of the properties in the filter, as `is:gap`.
    static let names: [(mark: Marks, name: StaticString)] = [
      (.gap, "gap"), (.conflict, "conflict"), (.reset, "reset"), (.midstream, "midstream"), (.cut, "cut"), (.repeated, "repeated"),
      (.silent, "silent"), (.writeError, "error"), (.recorderLoss, "recorder"), (.networkLoss, "network"),
      (.open, "open"),
    ]

    /// Properties because of which a connection is shown in detail, however small it is.
    public static let notable: Marks = [.gap, .conflict, .reset]
  }

  /// File of a direction.
  public struct File: Equatable, Sendable {
    /// Path below the output directory.
    public var path: [UInt8]
    /// Whether the client sent the bytes in it.
    public var isFromClient: Bool
    /// Why the stream in it is not complete, in the words of the index; empty if it is complete.
    public var reasons: [String]

    /// Creates a file.
    public init(path: [UInt8], isFromClient: Bool, reasons: [String]) {
      self.path = path
      self.isFromClient = isFromClient
      self.reasons = reasons
    }
  }

  /// Number of the connection, as in the index.
  public var id: UInt64
  /// Address and port of the client.
  public var client: String
  /// Address and port of the server.
  public var server: String
  /// Time of the first packet, in nanoseconds.
  public var start: Int64
  /// Time of the last packet, in nanoseconds.
  public var end: Int64
  /// Extent to which the handshake was captured, as in the index.
  public var handshake = ""
  /// Event that completed the connection, as in the index.
  public var close = ""
  /// Number of stream bytes from the client.
  public var clientBytes: Int64 = 0
  /// Number of stream bytes from the server.
  public var serverBytes: Int64 = 0
  /// Heights of the sparkline, 0 to 255: those of the client, then those of the server; empty if no payload was captured.
  public var spark: [UInt8] = []
  /// Round-trip time of the handshake in nanoseconds; nil if it is not known.
  public var roundTrip: Int64?
  /// Number of payload bytes that repeat earlier ones.
  public var repeatedBytes: Int64 = 0
  /// Number of segments that came above a hole.
  public var outOfOrder: UInt64 = 0
  /// Number of missing bytes.
  public var gapBytes: Int64 = 0
  /// Number of ranges with two versions.
  public var conflicts: UInt64 = 0
  /// Properties that the table is filtered by.
  public var marks: Marks = []
  /// What is known of TLS: version, and whether its bytes are clear or why not; empty without TLS.
  public var tls = ""
  /// What is known of HTTP; empty without HTTP.
  public var http = ""
  /// Host that the client named, as it came from the network.
  public var name = ""
  /// Files of the streams.
  public var files: [File] = []

  /// Creates a line.
  public init(id: UInt64, client: String, server: String, start: Int64, end: Int64) {
    self.id = id
    self.client = client
    self.server = server
    self.start = start
    self.end = end
  }

  /// Number of stream bytes, both directions.
  public var totalBytes: Int64 { clientBytes &+ serverBytes }
}
