/// What the page shows of one connection besides its line.
public struct ConnectionDetail: Sendable {
  /// A missing range.
  public struct Gap: Equatable, Sendable {
    /// Stream offset of the first missing byte.
    public var offset: Int64
    /// Number of missing bytes.
    public var length: Int64
    /// Reason and cause in the words of the index.
    public var words: String
    /// Whether the receiver acknowledged the range.
    public var isAcknowledged: Bool

    /// Creates a missing range.
    public init(offset: Int64, length: Int64, words: String, isAcknowledged: Bool) {
      self.offset = offset
      self.length = length
      self.words = words
      self.isAcknowledged = isAcknowledged
    }
  }

  /// A range with two captured versions.
  public struct Conflict: Equatable, Sendable {
    /// Stream offset of the first differing byte.
    public var offset: Int64
    /// Number of differing bytes.
    public var length: Int64
    /// Beginning of the version that is kept.
    public var kept: [UInt8]
    /// Packet that brought it; nil if it is not known.
    public var keptPacket: UInt64?
    /// Beginning of the other version.
    public var other: [UInt8]
    /// Packet that brought the other version.
    public var otherPacket: UInt64

    /// Creates a range with two versions.
    public init(offset: Int64, length: Int64, kept: [UInt8], keptPacket: UInt64?, other: [UInt8], otherPacket: UInt64) {
      self.offset = offset
      self.length = length
      self.kept = kept
      self.keptPacket = keptPacket
      self.other = other
      self.otherPacket = otherPacket
    }
  }

  /// One direction.
  public struct Direction: Sendable {
    /// Length of the stream in bytes, gaps included.
    public var length: Int64 = 0
    /// Offset of the stream's first byte in the offsets of the points.
    public var origin: Int64 = 0
    /// Marks of the graph, in the order of time.
    public var points: [SegmentPoint] = []
    /// Missing ranges, the first ones.
    public var gaps: [Gap] = []
    /// Ranges with two versions, the first ones.
    public var conflicts: [Conflict] = []
    /// Equations of the direction: `length` = bytes + gaps, and payload = bytes + repeated + dropped.
    public var account = ByteAccount()

    /// Creates an empty direction.
    public init() {}
  }

  /// Bytes that one end sent without an answer or a gap in between.
  public struct Turn: Equatable, Sendable {
    /// Whether the client sent them.
    public var isFromClient: Bool
    /// Bytes, as many as are shown.
    public var bytes: [UInt8]

    /// Number of missing bytes before the first one.
    public var missingBefore: Int64

    /// Creates a turn.
    public init(isFromClient: Bool, bytes: [UInt8], missingBefore: Int64 = 0) {
      self.isFromClient = isFromClient
      self.bytes = bytes
      self.missingBefore = missingBefore
    }
  }

  /// Line of the connection in the table.
  public var row: ConnectionRow
  /// Number of the first packet.
  public var firstPacket: UInt64
  /// Number of the last packet.
  public var lastPacket: UInt64
  /// Wireshark's display filter for the packets of the connection.
  public var displayFilter: String
  /// Time of the first packet as text.
  public var startText: String
  /// Further facts, each with its name.
  public var facts: [(name: String, value: String)] = []
  /// Bytes from the client.
  public var fromClient = Direction()
  /// Bytes from the server.
  public var fromServer = Direction()
  /// First bytes of the conversation.
  public var turns: [Turn] = []

  /// Creates a detail without graphs.
  public init(row: ConnectionRow, firstPacket: UInt64, lastPacket: UInt64, displayFilter: String, startText: String) {
    self.row = row
    self.firstPacket = firstPacket
    self.lastPacket = lastPacket
    self.displayFilter = displayFilter
    self.startText = startText
  }
}

/// Terms of the two equations that hold for every direction.
public struct ByteAccount: Equatable, Sendable {
  /// Length of the stream: `bytes + gapBytes`.
  public var length: Int64 = 0
  /// Number of bytes that were reassembled.
  public var bytes: Int64 = 0
  /// Number of bytes in gaps.
  public var gapBytes: Int64 = 0
  /// Number of payload bytes captured: `bytes + repeatedBytes + droppedBytes`.
  public var payloadBytes: Int64 = 0
  /// Number of payload bytes that repeat others.
  public var repeatedBytes: Int64 = 0
  /// Number of payload bytes that are part of no stream.
  public var droppedBytes: Int64 = 0

  /// Creates an account of no bytes.
  public init() {}

  /// Adds another account.
  public static func += (a: inout ByteAccount, b: ByteAccount) {
    a.length &+= b.length
    a.bytes &+= b.bytes
    a.gapBytes &+= b.gapBytes
    a.payloadBytes &+= b.payloadBytes
    a.repeatedBytes &+= b.repeatedBytes
    a.droppedBytes &+= b.droppedBytes
  }
}
