internal import Packets
internal import Reassembly
internal import Stages

/// Members of the index line that depend on what a connection carries.
struct IndexMembers: OptionSet {
  let rawValue: UInt8
  static let tls = IndexMembers(rawValue: 1)
  static let http = IndexMembers(rawValue: 2)
  /// Member of each direction, for clear bytes of TLS.
  static let clear = IndexMembers(rawValue: 4)
}

/// Stages of one connection, which read its stream beside its files and contribute to the index.
protocol ConnectionStages: AnyObject {
  /// Feed of the lowest stage from TCP.
  var feed: StageFeed { get }

  /// Called when the feed is complete, before the connection's line is written: lines and files of the stages must be complete afterwards.
  func finish(_ report: ConnectionReport)

  /// Number of the last job of a writer for files of these stages.
  var lastJob: UInt64 { get }

  /// Whether the stream is encrypted.
  var isEncrypted: Bool { get }

  /// Whether a file of these stages could not be written whole.
  var hasFailed: Bool { get }

  /// Called when the files are closed, behind the lines of the connection's own chunks.
  func conclude(_ report: ConnectionReport, in chunks: ChunkFile?)

  /// Whether the connection is written; known once `finish` was called.
  var isWanted: Bool { get }

  /// Removes what these stages wrote of a connection that is not written; called instead of `conclude`.
  func withdraw()

  /// Stage that reads the clear bytes of TLS in the connection; nil if these stages read none.
  var stageAboveTLS: (any Stage)? { get }

  /// Whether these stages look at every segment of the connection; asked once, when it begins.
  var observesSegments: Bool { get }

  /// Looks at a segment of the connection before its bytes come.
  func observe(_ segment: TCPSegment, _ info: CaptureInfo, from side: Side)

  /// Called at the end of the handshake of TLS in the connection.
  ///
  /// - Parameter time: the time of the packet that ended it, in nanoseconds since 1970-01-01 00:00 UTC.
  func handshakeEnded(at time: Int64)

  /// TLS of the connection; nil if these stages do not read it.
  var tls: ConnectionTLS? { get }

  /// Number of exchanges of HTTP; nil if these stages read none.
  var exchanges: UInt64? { get }

  /// Members that these stages write; the writer of the line writes null for the others if it writes every member.
  var members: IndexMembers { get }

  /// Writes the members of these stages in the index line of the connection.
  func write(to json: inout JSONWriter, _ report: ConnectionReport)

  /// Writes the members of these stages in one direction of the index line.
  func write(_ side: Side, to json: inout JSONWriter)
}

extension ConnectionStages {
  var lastJob: UInt64 { 0 }
  var hasFailed: Bool { false }
  var stageAboveTLS: (any Stage)? { nil }
  var observesSegments: Bool { false }
  func observe(_ segment: TCPSegment, _ info: CaptureInfo, from side: Side) {}
  func handshakeEnded(at time: Int64) {}
  var tls: ConnectionTLS? { nil }
  var isEncrypted: Bool { false }
  var exchanges: UInt64? { nil }
  var members: IndexMembers { [] }
  func conclude(_ report: ConnectionReport, in chunks: ChunkFile?) {}
  var isWanted: Bool { true }
  func withdraw() {}
  func write(_ side: Side, to json: inout JSONWriter) {}
}

/// Source of stages for connections, which composes stages that depend on each other.
protocol StageSource: AnyObject {
  /// Creates the stages of a new connection; nil if none are needed.
  func makeStages(for connection: ConnectionStream) -> (any ConnectionStages)?
}
