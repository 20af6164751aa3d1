internal import Packets
internal import Reassembly

/// Stages of one connection, which read its stream beside its files and contribute to the index.
protocol ConnectionStages: AnyObject {
  /// Feed of the lowest stage from TCP.
  var feed: StageFeed { get }

  /// Called when the feed is complete, before the connection's line is written: lines and files of the stages must be complete afterwards.
  func finish(_ report: ConnectionReport)

  /// Writes the members of these stages in the index line of the connection.
  func write(to json: inout JSONWriter, _ report: ConnectionReport)

  /// Writes the members of these stages in one direction of the index line.
  func write(_ side: Side, to json: inout JSONWriter)
}

extension ConnectionStages {
  func write(_ side: Side, to json: inout JSONWriter) {}
}

/// Source of stages for connections, which composes stages that depend on each other.
protocol StageSource: AnyObject {
  /// Creates the stages of a new connection; nil if none are needed.
  func makeStages(for connection: ConnectionStream) -> (any ConnectionStages)?
}
