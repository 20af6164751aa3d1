public import Packets
public import Paths
public import Reassembly

/// What a run read, with which options, and what came of it: run.json.
///
/// The command fills it, this target writes it.
///
/// Nothing in it depends on the clock, the place of the output or the machine: two equal runs have equal reports.
public struct RunReport: Sendable {
  /// Name of the file in the output directory.
  public static let fileName = "run.json"
  /// Goes up when a reader must be changed.
  public static let schema = 1

  /// One capture that was read.
  public struct Input: Sendable {
    public var file: FilePath
    /// Such as `pcap` or `pcapng`; nil where it is not known.
    public var format: String?
    /// Link types by name, or by number.
    public var linkTypes: [String] = []
    /// In bytes; nil for what has none, such as a pipe.
    public var size: Int64?
    /// Packets read.
    public var packets: UInt64 = 0
    /// Time of the first packet; nil without packets.
    public var first: Timestamp?
    /// Time of the last packet.
    public var last: Timestamp?
    /// Packets that the capturing host lost, by the capture's own statistics; nil where it has none.
    public var drops: UInt64?
    /// Bytes of damaged blocks that were passed over, and packets of interfaces that the capture does not describe.
    public var damagedBytes: UInt64 = 0
    public var undescribedPackets: UInt64 = 0
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
    /// Name of the option.
    public var name: String
    /// The limit; nil where there is none.
    public var value: Int64?
    /// How often it was reached.
    public var hits: UInt64

    /// Makes a limit.
    public init(name: String, value: Int64?, hits: UInt64) {
      self.name = name
      self.value = value
      self.hits = hits
    }
  }

  /// What was written.
  public struct Output: Sendable, Equatable {
    /// Files written.
    public var files: UInt64
    /// Bytes of the files.
    public var bytes: UInt64
    /// Ranges of which two versions were captured.
    public var conflicts: UInt64
    /// Connections whose files could not be written in full.
    public var connectionsWithErrors: UInt64
    /// Gaps that got no room in a file because all of it was taken.
    public var gapsWithoutRoom: UInt64 = 0
    /// How often a direction forgot where its gaps lie in its file, because all directions together had too many.
    public var mapsCut: UInt64 = 0
    /// Connections that were given up because too much ciphertext waited for its key.
    public var keyWaitRefusals: UInt64 = 0
    /// Stream bytes beyond the greatest length of a file, and those of directions too short for one.
    public var truncatedBytes: UInt64
    /// Stream bytes of directions too short for a file.
    public var withheldBytes: UInt64

    /// Makes the figures of an output.
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
    /// Packets that passed the filter.
    public var received: UInt64
    /// Packets dropped for want of room.
    public var dropped: UInt64
    /// Packets dropped by the interface or its driver.
    public var droppedByInterface: UInt64

    /// Makes the counters.
    public init(received: UInt64, dropped: UInt64, droppedByInterface: UInt64) {
      self.received = received
      self.dropped = dropped
      self.droppedByInterface = droppedByInterface
    }
  }

  /// Version of the program.
  public var version: String
  /// What was read.
  public var inputs: [Input] = []
  /// The filter; nil without one.
  public var filter: String?
  /// Every option that changes what is written, in the order to show them in.
  public var options: [(name: String, value: Value)] = []
  /// Limits and how often each was reached.
  public var limits: [Limit] = []
  /// Packets read.
  public var packets: UInt64 = 0
  /// Packets that passed the filter.
  public var filteredPackets: UInt64 = 0
  /// Packets of those that the snapshot length had cut.
  public var cutPackets: UInt64 = 0
  /// Packets that are no TCP segment, by reason.
  public var skipped: [DecodeError: UInt64] = [:]
  /// Packets of one kind that hold no TCP segment.
  public struct PassedOverPackets: Sendable {
    /// What the packets hold.
    public var kind: PassedOver
    /// Number of packets.
    public var packets: UInt64

    /// Makes a count of a kind.
    public init(kind: PassedOver, packets: UInt64) {
      self.kind = kind
      self.packets = packets
    }
  }

  /// Packets that are not IP, or IP without TCP, by what they hold; the largest number first.
  public var passedOver: [PassedOverPackets] = []
  /// Packets of further kinds, where there were too many kinds to count each.
  public var otherPassedOver: UInt64 = 0
  /// The kernel's counters; nil where files were read.
  public var kernel: Kernel?
  /// Counters of the assembler.
  public var statistics = Statistics()
  /// What was written.
  public var output = Output()
  /// The program's exit status.
  public var exitStatus: Int32 = 0

  /// Makes an empty report.
  public init(version: String) { self.version = version }
}
