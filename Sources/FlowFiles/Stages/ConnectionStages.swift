internal import Packets
internal import Reassembly

/// The stages of one connection: what reads its stream beside its files, and what comes of it for the index.
protocol ConnectionStages: AnyObject {
  /// Feeds the lowest stage from TCP.
  var feed: StageFeed { get }

  /// Called when everything was fed, before the connection's line is written: lines and files of the stages are complete with it.
  func finish(_ report: ConnectionReport)

  /// Adds the members that the index line of the connection has of these stages.
  func write(to json: inout JSONWriter, _ report: ConnectionReport)

  /// Adds the members that one direction of the line has of these stages.
  func write(_ side: Side, to json: inout JSONWriter)
}

extension ConnectionStages {
  func write(_ side: Side, to json: inout JSONWriter) {}
}

/// Makes the stages of connections; composes them where one stands on another.
protocol StageSource: AnyObject {
  /// The stages of a connection that begins; nil where nobody wants any of it.
  func makeStages(for connection: ConnectionStream) -> (any ConnectionStages)?
}
