internal import HTTP
internal import Matching
internal import Packets
internal import Reassembly
internal import Stages

/// Search of one connection: its stream, the clear bytes of its TLS, and its bodies of HTTP.
final class ConnectionMatches: ConnectionStages {
  let feed: StageFeed
  private let connection: UInt64
  private let output: MatchOutput
  private let stream: MatchStage
  private var clear: MatchStage?
  /// Counts of each sender's matches, by layer.
  private var tallies: [MatchLayer: [MatchTally]] = [:]
  /// Lines that wait for the end of the connection, which tells the client from the server; nil without one.
  private var lane: SpoolLane?

  /// Creates the search of a connection.
  ///
  /// - Parameters:
  ///   - connection: number of the connection.
  ///   - output: what all connections share.
  init(_ connection: UInt64, _ output: MatchOutput) {
    self.connection = connection
    self.output = output
    stream = MatchStage(.stream)
    feed = StageFeed(stream)
    stream.search = self
  }

  deinit {
    lane?.release()
    stream.search = nil
    clear?.search = nil
  }

  var stageAboveTLS: (any Stage)? {
    if let clear { return clear }
    let made = MatchStage(.clear)
    made.search = self
    clear = made
    return made
  }

  func finish(_ report: ConnectionReport) {
    for stage in [stream, clear] { stage?.end() }
  }

  func conclude(_ report: ConnectionReport, in chunks: ChunkFile?) {
    for tally in tallies.values.joined() { output.add(tally) }
    guard let lane else { return }
    output.write(lane, report)
    lane.release()
    self.lane = nil
  }

  /// Whether only connections in which something matched are written.
  var isSelective: Bool { output.writesOnlyMatching }

  var isWanted: Bool { !isSelective || tallies.values.joined().contains { $0.total > 0 } }

  func write(to json: inout JSONWriter, _ report: ConnectionReport) {}

  func write(_ side: Side, to json: inout JSONWriter) {
    let tallies = tallies.values.map { $0[Int(side.sender.rawValue)] }
    json.unlessZero("match_count", tallies.reduce(0) { $0 &+ $1.total })
    json.unlessZero("matches_not_listed", tallies.reduce(0) { $0 &+ $1.notListed })
  }

  // MARK: searches

  /// Creates the search of a direction of a layer.
  func makeMatcher(_ layer: MatchLayer, _ sender: Sender, _ receiver: any MatchReceiver) -> StreamMatcher {
    let tallies = tallies[layer] ?? [MatchTally(), MatchTally()]
    self.tallies[layer] = tallies
    return StreamMatcher(output.patterns, tally: tallies[Int(sender.rawValue)], receiver: receiver)
  }

  /// Adds the line of a match.
  func add(_ match: Match, in layer: MatchLayer, _ place: MatchLine.Place? = nil, from sender: Sender) {
    let pattern = output.patterns.patterns[match.pattern]
    let line = MatchLine.members(match, of: pattern, in: layer, place, namesInputs: output.namesInputs)
    let lane = lane ?? SpoolLane(output.spool)
    self.lane = lane
    lane.append([MatchLine.Head(length: line.count, sender: sender).word], line.span)
  }

  /// Creates the search of a body.
  func makeBodySearch(of exchange: Exchange, _ side: MessageSide, from sender: Sender) -> BodySearch {
    BodySearch(self, MatchLine.Place(exchange: exchange.number, isRequest: side == .request), sender)
  }
}

/// Stage that searches both directions of a layer.
final class MatchStage: Stage, MatchReceiver {
  private let layer: MatchLayer
  /// The search of the connection, which owns this stage; nil before it is made, and after its end.
  ///
  /// It is not weak: a weak reference would make every count of references take a slow path. `ConnectionMatches` sets it to nil at its end.
  unowned var search: ConnectionMatches?
  private var originator: StreamMatcher?
  private var responder: StreamMatcher?

  init(_ layer: MatchLayer) { self.layer = layer }

  private func matcher(_ sender: Sender) -> StreamMatcher? {
    if let made = sender == .originator ? originator : responder { return made }
    guard let made = search?.makeMatcher(layer, sender, self) else { return nil }
    if sender == .originator { originator = made } else { responder = made }
    return made
  }

  func beginsMidstream(from sender: Sender) {}

  func bytes(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {
    matcher(sender)?.append(bytes, at: offset, stamp: stamp)
  }

  func gap(at offset: Int64, length: Int64, isExact: Bool, from sender: Sender) {
    (sender == .originator ? originator : responder)?.gap()
  }

  func disputed(at offset: Int64, length: Int64, from sender: Sender) {}

  func end(_ end: StreamEnd, from sender: Sender) { (sender == .originator ? originator : responder)?.end() }

  /// Ends both directions.
  func end() {
    originator?.end()
    responder?.end()
  }

  func matched(_ match: Match, in matcher: StreamMatcher) {
    search?.add(match, in: layer, from: matcher === originator ? .originator : .responder)
  }
}

/// Search of the content of one body.
final class BodySearch: MatchReceiver {
  private let search: ConnectionMatches
  private let place: MatchLine.Place
  private let sender: Sender
  private var matcher: StreamMatcher?

  init(_ search: ConnectionMatches, _ place: MatchLine.Place, _ sender: Sender) {
    self.search = search
    self.place = place
    self.sender = sender
    matcher = search.makeMatcher(.http, sender, self)
  }

  /// Searches the next bytes, which a gap may precede.
  func append(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp) { matcher?.append(bytes, at: offset, stamp: stamp) }

  func end() {
    matcher?.end()
    matcher = nil
  }

  func matched(_ match: Match, in matcher: StreamMatcher) { search.add(match, in: .http, place, from: sender) }
}
