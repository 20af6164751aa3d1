public import Packets
public import Paths
public import Reassembly

/// What a run read, with which options, and what came of it: run.json. The command fills it, this target writes it.
///
/// Nothing in it depends on the clock, the place of the output or the machine: two equal runs have equal reports.
public struct RunReport: Sendable {
  public static let fileName = "run.json"
  /// Goes up when a reader must be changed.
  public static let schema = 1

  /// One capture that was read.
  public struct Input: Sendable {
    public var file: FilePath
    /// Such as `pcap` or `pcapng`; nil where it is not known.
    public var format: String?
    public var linkTypes: [String] = []
    /// In bytes; nil for what has none, such as a pipe.
    public var size: Int64?
    public var packets: UInt64 = 0
    public var first: Timestamp?
    public var last: Timestamp?
    /// Packets that the capturing host lost, by the capture's own statistics; nil where it has none.
    public var drops: UInt64?
    /// It ended in the middle of a packet.
    public var isTruncated = false

    public init(file: FilePath) { self.file = file }
  }

  /// A value of an option.
  public enum Value: Sendable, Equatable {
    case none
    case bool(Bool)
    case integer(Int64)
    case text(String)
    case path(FilePath)
    case list([String])
  }

  /// A limit, and how often it made the run give something up.
  public struct Limit: Sendable {
    public var name: String
    /// nil: there is none.
    public var value: Int64?
    public var hits: UInt64

    public init(name: String, value: Int64?, hits: UInt64) {
      self.name = name
      self.value = value
      self.hits = hits
    }
  }

  /// What was written.
  public struct Output: Sendable, Equatable {
    public var files: UInt64
    public var bytes: UInt64
    /// Ranges of which two versions were captured.
    public var conflicts: UInt64
    public var connectionsWithErrors: UInt64
    /// Gaps that got no room in a file because all of it was taken.
    public var gapsWithoutRoom: UInt64 = 0
    /// Stream bytes beyond the greatest length of a file, and those of directions too short for one.
    public var truncatedBytes: UInt64
    public var withheldBytes: UInt64

    public init(
      files: UInt64 = 0, bytes: UInt64 = 0, conflicts: UInt64 = 0, connectionsWithErrors: UInt64 = 0, truncatedBytes: UInt64 = 0,
      withheldBytes: UInt64 = 0
    ) {
      self.truncatedBytes = truncatedBytes
      self.withheldBytes = withheldBytes
      self.files = files
      self.bytes = bytes
      self.conflicts = conflicts
      self.connectionsWithErrors = connectionsWithErrors
    }
  }

  /// What the kernel counted while it captured.
  public struct Kernel: Sendable, Equatable {
    public var received: UInt64
    public var dropped: UInt64
    public var droppedByInterface: UInt64

    public init(received: UInt64, dropped: UInt64, droppedByInterface: UInt64) {
      self.received = received
      self.dropped = dropped
      self.droppedByInterface = droppedByInterface
    }
  }

  /// Of the program.
  public var version: String
  public var inputs: [Input] = []
  public var filter: String?
  /// Every option that changes what is written, in the order to show them in.
  public var options: [(name: String, value: Value)] = []
  public var limits: [Limit] = []
  /// Packets that were read, and those that passed the filter.
  public var packets: UInt64 = 0
  public var filteredPackets: UInt64 = 0
  /// Those of them that the snapshot length had cut.
  public var cutPackets: UInt64 = 0
  /// Packets that are no TCP segment, by reason.
  public var skipped: [DecodeError: UInt64] = [:]
  /// nil where files were read.
  public var kernel: Kernel?
  public var statistics = Statistics()
  public var output = Output()
  public var exitStatus: Int32 = 0

  public init(version: String) { self.version = version }
}
