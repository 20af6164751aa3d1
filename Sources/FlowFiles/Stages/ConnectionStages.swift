internal import Packets
internal import Reassembly

/// The stages of one connection: what reads its stream beside its files, and what comes of it for the index.
protocol ConnectionStages: AnyObject {
  /// Feeds the lowest stage from TCP.
  var feed: StageFeed { get }

  /// Called when everything was fed, before the connection's line is written: lines and files of the stages are complete with it.
  func finish(_ report: ConnectionReport)

  /// The last job of the second thread for files of these stages.
  var lastJob: UInt64 { get }

  /// Whether the stream is encrypted.
  var isEncrypted: Bool { get }

  /// Whether a file of these stages could not be written whole.
  var hasFailed: Bool { get }

  /// Called when the files are closed, behind the lines of the connection's own chunks.
  func conclude(_ report: ConnectionReport, in chunks: ChunkFile?)

  /// Adds the members that the index line of the connection has of these stages.
  func write(to json: inout JSONWriter, _ report: ConnectionReport)

  /// Adds the members that one direction of the line has of these stages.
  func write(_ side: Side, to json: inout JSONWriter)
}

extension ConnectionStages {
  var lastJob: UInt64 { 0 }
  var hasFailed: Bool { false }
  var isEncrypted: Bool { false }
  func conclude(_ report: ConnectionReport, in chunks: ChunkFile?) {}
  func write(_ side: Side, to json: inout JSONWriter) {}
}

/// Makes the stages of connections; composes them where one stands on another.
protocol StageSource: AnyObject {
  /// The stages of a connection that begins; nil where nobody wants any of it.
  func makeStages(for connection: ConnectionStream) -> (any ConnectionStages)?
}
