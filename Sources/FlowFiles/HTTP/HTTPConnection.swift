internal import HTTP
internal import Packets
internal import Reassembly
internal import Stages

/// HTTP stages of one connection, and its object in the connection index.
final class HTTPConnection: ConnectionStages {
  /// Stage above TCP.
  private let stage: HTTPStage
  let feed: StageFeed
  /// Stage above TLS; nil before the first clear byte.
  private var clearStage: HTTPStage?
  private let numbers = ExchangeNumbers()
  private let recorder: HTTPRecorder
  private let output: HTTPOutput
  /// Handshake of TCP, whose end http.har needs; nil if that is not written.
  private var handshake: TCPHandshake?

  init(_ connection: ConnectionStream, _ output: HTTPOutput) {
    recorder = HTTPRecorder(connection, output)
    self.output = output
    stage = HTTPStage(context: output.context, receiver: recorder, numbers: numbers)
    feed = StageFeed(stage)
    if output.archive != nil { handshake = TCPHandshake(firstPacket: connection.firstPacket) }
  }

  var observesSegments: Bool { handshake != nil }

  func observe(_ segment: TCPSegment, _ info: CaptureInfo, from side: Side) {
    guard handshake?.observe(segment, info, from: side) == true else { return }
    let time = info.time.nanoseconds
    output.context.perform { [recorder] in recorder.opening.tcp = time }
  }

  func handshakeEnded(at time: Int64) {
    if observesSegments { output.context.perform { [recorder] in recorder.opening.tls = time } }
  }

  /// Searches the bodies of the connection from now on.
  func searchBodies(with search: ConnectionMatches) {
    recorder.search = search
    if search.isSelective { recorder.held = HeldMessages(output) }
  }

  /// Stage that reads the clear bytes of TLS, created at the first use.
  var stageAboveTLS: (any Stage)? {
    if let clearStage { return clearStage }
    let made = HTTPStage(context: output.context, receiver: recorder, enclosure: .tls, numbers: numbers)
    clearStage = made
    if observesSegments, let tunnel = stage.tunnelOpening { output.context.perform { [recorder] in recorder.opening.tunnel = tunnel } }
    return made
  }

  /// Does nothing, because the stages write during the connection.
  func finish(_ report: ConnectionReport) {}

  func conclude(_ report: ConnectionReport, in chunks: ChunkFile?) { recorder.held?.release() }

  func withdraw() { recorder.held?.withdraw() }

  /// Stages that found HTTP, from the outermost one: TLS may lie in the tunnel of a CONNECT.
  private var stagesOfHTTP: [HTTPStage] { [stage, clearStage].compactMap(\.self).filter(\.isHTTP) }

  var exchanges: UInt64? { stagesOfHTTP.isEmpty ? nil : numbers.count }

  var members: IndexMembers { stagesOfHTTP.isEmpty ? [] : .http }

  func write(to json: inout JSONWriter, _ report: ConnectionReport) {
    let stages = stagesOfHTTP
    guard let stage = stages.first else { return }
    json.key("http")
    json.beginObject()
    json.key("exchanges")
    json.integer(numbers.count)
    counts(of: stage, report, &json)
    if stage.lateDisputes.count > 0 {
      json.key("late_conflict_count")
      json.integer(stage.lateDisputes.count)
      json.key("late_conflict_bytes")
      json.integer(stage.lateDisputes.bytes)
    }
    if let inside = stages.dropFirst().first {
      json.key("inside")
      json.beginObject()
      counts(of: inside, report, &json)
      json.endObject()
    }
    json.endObject()
  }

  /// Writes the counts of both directions.
  private func counts(of stage: HTTPStage, _ report: ConnectionReport, _ json: inout JSONWriter) {
    counts("client_to_server", stage.counts(from: report.client.sender), &json)
    counts("server_to_client", stage.counts(from: report.client.other.sender), &json)
  }

  private func counts(_ name: StaticString, _ counts: HTTPCounts?, _ json: inout JSONWriter) {
    guard let counts else { return }
    json.key(name)
    json.beginObject()
    json.unlessZero("heads", counts.heads)
    json.unlessZero("bodies", counts.bodies)
    json.unlessZero("framing", counts.framing)
    json.unlessZero("between", counts.between)
    json.unlessZero("unparsed", counts.unparsed)
    json.endObject()
  }
}
