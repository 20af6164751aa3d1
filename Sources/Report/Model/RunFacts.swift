/// What a run read, with which options, and what it found.
public struct RunFacts: Sendable {
  /// One capture.
  public struct Input: Sendable {
    /// Path of the capture.
    public var path: String
    /// Format and link types.
    public var format = ""
    /// Size in bytes; nil for an input without a size.
    public var size: Int64?
    /// SHA-256 in hexadecimal digits; nil if the inputs were not hashed.
    public var sha256: String?
    /// Number of packets.
    public var packets: UInt64 = 0
    /// Time of the first packet as text; empty without packets.
    public var first = ""
    /// Time of the last packet as text.
    public var last = ""
    /// Number of packets that the capturing host lost; nil if it is not known.
    public var drops: UInt64?
    /// What of the capture could not be read; empty if all of it was.
    public var damage = ""

    /// Creates an input.
    public init(path: String) { self.path = path }
  }

  /// A limit that was reached.
  public struct Limit: Sendable {
    /// Name of the limit.
    public var name: String
    /// Number of times that it was reached.
    public var hits: UInt64

    /// Creates a limit.
    public init(name: String, hits: UInt64) {
      self.name = name
      self.hits = hits
    }
  }

  /// Missing bytes by reason.
  public struct Missing: Equatable, Sendable {
    /// Bytes that the receiver acknowledged, so that the recorder lost them.
    public var recorder: UInt64 = 0
    /// Bytes that were never acknowledged, so that the network lost them.
    public var network: UInt64 = 0
    /// Bytes that the snap length cut off.
    public var cut: UInt64 = 0
    /// Bytes that an option rejected.
    public var rejected: UInt64 = 0
    /// Bytes behind a pause of the capture, whose number is known up to a multiple of 2^32.
    public var jump: UInt64 = 0

    /// Creates a count of nothing.
    public init() {}

    /// Number of missing bytes.
    public var total: UInt64 { recorder &+ network &+ cut &+ rejected &+ jump }
  }

  /// Version of the program.
  public var version = ""
  /// Captures that were read.
  public var inputs: [Input] = []
  /// Filter expression; empty without one.
  public var filter = ""
  /// Options with their values.
  public var options: [(name: String, value: String)] = []
  /// Counters of the run with their values.
  public var counters: [(name: String, value: UInt64)] = []
  /// Limits that were reached.
  public var limits: [Limit] = []
  /// Number of packets that the kernel or the capturing hosts dropped.
  public var drops: UInt64 = 0
  /// Number of packets that the snap length cut.
  public var cutPackets: UInt64 = 0
  /// Number of connections.
  public var connections: UInt64 = 0
  /// Number of connections that began before the capture.
  public var midstream: UInt64 = 0
  /// Number of connections with missing bytes.
  public var connectionsWithGaps: UInt64 = 0
  /// Number of connections with ranges that have two versions.
  public var connectionsWithConflicts: UInt64 = 0
  /// Number of connections that were reset or refused.
  public var resets: UInt64 = 0
  /// Number of connections that were open when the input ended.
  public var open: UInt64 = 0
  /// Number of connections whose files could not be written whole.
  public var connectionsWithErrors: UInt64 = 0
  /// Number of connections that were not selected.
  public var passedOver: UInt64 = 0
  /// Number of ranges with two versions.
  public var conflicts: UInt64 = 0
  /// Missing bytes by reason.
  public var missing = Missing()
  /// Sums of the two equations over all connections.
  public var account = ByteAccount()
  /// Number of packets with copies that could not be compared.
  public var unchecked: UInt64 = 0
  /// Time of the first packet as text; empty without packets.
  public var start = ""
  /// Time of the last packet as text.
  public var end = ""
  /// Whether HTTP was read.
  public var readsHTTP = false

  /// Creates the facts of a run that read nothing.
  public init() {}
}
