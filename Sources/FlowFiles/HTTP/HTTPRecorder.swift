internal import HTTP
internal import Packets
internal import Stages

/// Receiver that writes the messages of one connection.
final class HTTPRecorder: HTTPReceiver {
  private let connection: UInt64
  private let key: FlowKey
  /// Times at which the connection was ready, as far as they are known.
  var opening: OpeningTimes
  /// Search of the connection; nil if nothing is searched for.
  var search: ConnectionMatches?
  /// What is written of the connection, if that is decided at its end; nil if all is.
  var held: HeldMessages?
  private let output: HTTPOutput
  private var joiner: RangeJoiner?
  /// Entry of the open WebSocket in http.har; nil without one.
  private var webSocket: HARWebSocket?
  /// Number of WebSocket messages with files, of each side.
  private var messageFiles: [UInt64] = [0, 0]

  init(_ connection: ConnectionStream, _ output: HTTPOutput) {
    self.connection = connection.id
    key = connection.key
    opening = OpeningTimes(start: connection.start.nanoseconds)
    self.output = output
  }

  func bodyBegins(of exchange: Exchange, _ side: MessageSide) -> (any BodyReceiver)? {
    output.bodies &+= 1
    let path = output.options.naming == .flat ? BodyNames.flat(connection: connection, exchange, side) : BodyNames.tree(exchange, side)
    let name = BodyName(connection: connection, exchange: exchange.number, parts: .path(path))
    let time = Timestamp(nanoseconds: exchange[side]?.stamp.nanoseconds ?? 0)
    let files = BodyOutput(output, exchange, side, name, time: time, held)
    if let search {
      files.search = search.makeBodySearch(of: exchange, side, from: side == .request ? exchange.client : exchange.client.other)
    }
    return files
  }

  func partBegins(_ part: Part, _ number: Int, of exchange: Exchange, _ side: MessageSide) -> (any ContentReceiver)? {
    guard output.options.writesParts, let body = exchange[side]?.body?.receiver as? BodyOutput else { return PartOutput(nil) }
    let time = Timestamp(nanoseconds: exchange[side]?.stamp.nanoseconds ?? 0)
    return PartOutput(BodyFile(output, output.reserve(body.extended(by: BodyNames.suffix(of: part, number))), time: time, held))
  }

  func completed(_ exchange: Exchange) {
    join(exchange)
    output.exchanges &+= 1
    if let reporter = output.reporter { for object in ReportRecorder.objects(of: exchange, connection) { reporter.add(object) } }
    let line = ExchangeLine(connection: connection, namesInputs: output.namesInputs)
    if let held {
      held.append(.exchange) { line.write(exchange, to: &$0) }
    } else {
      // The entry of a WebSocket follows when that ends.
      let hasEntry = output.archive != nil && exchange.request != nil && exchange.response != nil && !exchange.isWebSocket
      output.orderFile?.note(.exchange(id: connection, hasEntry: hasEntry))
      output.lines.append { line.write(exchange, to: &$0) }
    }
    guard let archive = output.archive, exchange.request != nil, exchange.response != nil else { return }
    let server = exchange.client == .responder ? key.source : key.destination
    let waits = opening.waits(of: exchange)
    let entry = HARConnection(id: connection, server: server, connect: waits.connect, ssl: waits.ssl)
    if exchange.isWebSocket {
      webSocket = HARWebSocket(exchange, entry, output, archive.spool)
    } else {
      archive.add(exchange, entry)
    }
  }

  /// Adds the range of a 206 response to those of its URL, which are joined to one file once they cover the representation.
  private func join(_ exchange: Exchange) {
    guard let body = exchange.response?.body, let range = body.contentRange, exchange.status == 206, body.isComplete,
      body.decoding == nil, let files = body.receiver as? BodyOutput, let content = files.content, content.isCreated
    else { return }
    let joiner = joiner ?? RangeJoiner(connection, output, held)
    self.joiner = joiner
    files.joined = joiner.add(range, length: body.length, content, of: exchange)
  }

  func messageBegins(_ message: WebSocketMessage) -> (any ContentReceiver)? {
    let side = message.isFromClient ? MessageSide.request : .response
    messageFiles[Int(side.rawValue)] &+= 1
    let path = BodyNames.message(
      connection: connection, exchange: message.exchange, side, number: messageFiles[Int(side.rawValue)])
    let name = BodyName(connection: connection, exchange: message.exchange, parts: .numbered(path))
    return BodyFile(output, output.reserve(name), time: Timestamp(nanoseconds: message.stamp.nanoseconds), held)
  }

  func received(_ message: WebSocketMessage) {
    let line = MessageLine(connection: connection, namesInputs: output.namesInputs)
    if let held {
      held.append(.message) { line.write(message, to: &$0) }
    } else {
      output.orderFile?.note(.message(id: connection))
      output.messageLines()?.append { line.write(message, to: &$0) }
    }
    if let webSocket, webSocket.exchange == message.exchange { webSocket.add(message) }
  }

  func webSocketEnded(_ exchange: UInt64) {
    guard let archive = output.archive, let webSocket, webSocket.exchange == exchange else { return }
    self.webSocket = nil
    if archive.add(webSocket) { output.orderFile?.note(.entry(id: connection)) }
  }
}
