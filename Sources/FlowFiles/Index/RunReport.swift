package import Matching
public import Packets
public import Paths
public import Reassembly

/// Contents of run.json: what a run read, with which options, and its results.
///
/// The command fills the report, and this module writes it. Nothing in it depends on the clock, the place of the output or the machine: two
/// equal runs have equal reports.
public struct RunReport: Sendable {
  /// Name of the file in the output directory.
  public static let fileName = "run.json"
  /// Version of the format, which is raised when readers must be adapted.
  public static let schema = 1

  /// One capture that was read.
  public struct Input: Sendable {
    /// Path of the capture.
    public var file: FilePath
    /// Format, such as `pcap` or `pcapng`; nil if it is not known.
    public var format: String?
    /// Link types by name, or by number if they have no name.
    public var linkTypes: [String] = []
    /// Size in bytes; nil for an input without a size, such as a pipe.
    public var size: Int64?
    /// SHA-256 of the file as it lies on the disk; nil for an input that is no regular file, or was not read to its end.
    public var sha256: [UInt8]?
    /// Number of packets read.
    public var packets: UInt64 = 0
    /// Time of the first packet; nil without packets.
    public var first: Timestamp?
    /// Time of the last packet.
    public var last: Timestamp?
    /// Number of packets that the capturing host lost, according to the capture's statistics; nil if it has none.
    public var drops: UInt64?
    /// Number of bytes in damaged blocks that were passed over.
    public var damagedBytes: UInt64 = 0
    /// Number of packets of interfaces that the capture does not describe.
    public var undescribedPackets: UInt64 = 0
    /// Number of packets without a time that can be stated.
    public var untimedPackets: UInt64 = 0
    /// Whether the capture ended inside a packet.
    public var isTruncated = false

    /// Creates an empty record of a capture.
    public init(file: FilePath) { self.file = file }
  }

  /// Value of an option.
  public enum Value: Sendable, Equatable {
    /// No value: null in JSON.
    case none
    /// A truth value.
    case bool(Bool)
    /// An integer.
    case integer(Int64)
    /// A text.
    case text(String)
    /// A path, whose bytes follow in base64 if they are not UTF-8.
    case path(FilePath)
    /// A list of texts.
    case list([String])
  }

  /// A limit, with the number of times that the run had to give something up because of it.
  public struct Limit: Sendable, Equatable {
    /// Name of the option.
    public var name: String
    /// Value of the limit; nil if there is none.
    public var value: Int64?
    /// Number of times that the limit was reached.
    public var hits: UInt64

    /// Creates a limit.
    public init(name: String, value: Int64?, hits: UInt64) {
      self.name = name
      self.value = value
      self.hits = hits
    }
  }

  /// Figures of HTTP.
  public struct HTTPFigures: Sendable, Equatable {
    /// Number of exchanges.
    public var exchanges: UInt64
    /// Number of bodies with a byte.
    public var bodies: UInt64
    /// Limits that were reached.
    public var limits: [Limit]
  }

  /// Figures of the search for patterns.
  public struct MatchFigures: Sendable, Equatable {
    /// Number of patterns.
    public var patterns: Int
    /// Number of matches.
    public var matches: UInt64
    /// Number of matches without a line.
    public var notListed: UInt64
    /// Greatest number of bytes that the states of all searches took together.
    public var peakMemory: Int
    /// Limit of that number.
    public var memoryLimit: Int
    /// Number of directions and bodies that were not searched because of the limit.
    public var refusals: UInt64

    /// Creates the figures of a search.
    ///
    /// - Parameters:
    ///   - set: the patterns.
    ///   - matches: the number of matches.
    ///   - notListed: the number of matches that were counted only.
    package init(_ set: PatternSet, matches: UInt64, notListed: UInt64) {
      patterns = set.patterns.count
      self.matches = matches
      self.notListed = notListed
      peakMemory = set.peakMemory
      memoryLimit = set.memoryLimit
      refusals = set.refusals
    }

    /// Limits that were reached.
    public var limits: [Limit] {
      [
        Limit(name: "match_lines", value: Int64(clamping: MatchTally.mostListed), hits: notListed),
        Limit(name: "match_memory", value: Int64(memoryLimit), hits: refusals),
      ].filter { $0.hits > 0 }
    }
  }

  /// Figures of the captures of connections.
  public struct CaptureFigures: Sendable, Equatable {
    /// Number of captures written.
    public var files: UInt64
    /// Number of bytes of those.
    public var bytes: UInt64
  }

  /// Figures of the output.
  public struct Output: Sendable, Equatable {
    /// Number of files written.
    public var files: UInt64
    /// Number of bytes in the files.
    public var bytes: UInt64
    /// Number of ranges with two captured versions.
    public var conflicts: UInt64
    /// Number of connections whose files could not be written completely.
    public var connectionsWithErrors: UInt64
    /// Number of gaps without room in a file, because gaps had taken all of it.
    public var gapsWithoutRoom: UInt64 = 0
    /// Number of times that a direction forgot the places of gaps in its file, because all directions together had too many.
    public var mapsCut: UInt64 = 0
    /// Connections that were given up because too much ciphertext waited for its key.
    public var keyWaitRefusals: UInt64 = 0
    /// Figures of the captures of connections; nil if none are written.
    public var captures: CaptureFigures?
    /// Figures of HTTP; nil if HTTP is not read.
    public var http: HTTPFigures?
    /// Figures of the search for patterns; nil without patterns.
    public var matches: MatchFigures?
    /// Number of stream bytes beyond the greatest length of a file, or of directions too short for a file.
    public var truncatedBytes: UInt64
    /// Number of stream bytes of directions too short for a file.
    public var withheldBytes: UInt64

    /// Creates the figures of an output.
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

  /// Counters of the kernel during a live capture.
  public struct Kernel: Sendable, Equatable {
    /// Number of packets that passed the filter.
    public var received: UInt64
    /// Number of packets that were dropped because the buffer was full.
    public var dropped: UInt64
    /// Number of packets that the interface or its driver dropped.
    public var droppedByInterface: UInt64

    /// Creates counters.
    public init(received: UInt64, dropped: UInt64, droppedByInterface: UInt64) {
      self.received = received
      self.dropped = dropped
      self.droppedByInterface = droppedByInterface
    }
  }

  /// Version of the program.
  public var version: String
  /// Captures that were read.
  public var inputs: [Input] = []
  /// Whether inputs were hashed.
  public var hashesInputs = false
  /// Filter expression; nil without a filter.
  public var filter: String?
  /// Options that affect the output, in display order.
  public var options: [(name: String, value: Value)] = []
  /// Limits with the number of times that each was reached.
  public var limits: [Limit] = []
  /// Number of packets read.
  public var packets: UInt64 = 0
  /// Number of packets that passed the filter.
  public var filteredPackets: UInt64 = 0
  /// Number of packets among those that the snapshot length had cut.
  public var cutPackets: UInt64 = 0
  /// Numbers of packets that are no TCP segment, by reason.
  public var skipped: [DecodeError: UInt64] = [:]
  /// Number of packets of one kind that hold no TCP segment.
  public struct PassedOverPackets: Sendable {
    /// Content of the packets.
    public var kind: PassedOver
    /// Number of packets.
    public var packets: UInt64

    /// Creates a count of a kind.
    public init(kind: PassedOver, packets: UInt64) {
      self.kind = kind
      self.packets = packets
    }
  }

  /// Packets that are not IP, or IP without TCP, by content; the largest number first.
  public var passedOver: [PassedOverPackets] = []
  /// Number of packets of further kinds, if there were too many kinds to count each.
  public var otherPassedOver: UInt64 = 0
  /// Counters of the kernel; nil if files were read.
  public var kernel: Kernel?
  /// Counters of the assembler.
  public var statistics = Statistics()
  /// Number of connections that `--connection` did not select; nil without it.
  public var connectionsPassedOver: UInt64?
  /// Figures of the output.
  public var output = Output()
  /// Exit status of the program.
  public var exitStatus: Int32 = 0

  /// Creates an empty report.
  public init(version: String) { self.version = version }
}
