internal import HTTP
internal import Stages

/// Entry in http.har of an exchange that opened a WebSocket: it waits in a spool, with its messages, until the WebSocket ends.
///
/// Messages have the form that Chrome writes. Control frames are not among them.
final class HARWebSocket {
  /// Maximum number of bytes that the messages of an entry take; further ones are counted.
  static let most = 8 << 20

  /// Number of the exchange.
  let exchange: UInt64
  private let output: HTTPOutput
  private let ending: HAREntry.Ending
  /// Parts of the entry, each behind its length: what precedes the messages, then a message each.
  private let lane: SpoolLane
  /// Number of bytes of the messages so far.
  private var length = 0
  private var isFull = false
  private var listed: UInt64 = 0
  private var notListed: UInt64 = 0

  init(_ exchange: Exchange, _ connection: HARConnection, _ output: HTTPOutput, _ spool: Spool) {
    self.exchange = exchange.number
    self.output = output
    let entry = HAREntry(exchange, connection, output)
    ending = entry.ending
    lane = SpoolLane(spool)
    var json = JSONWriter()
    json.beginObject()
    entry.write(to: &json)
    json.key("_resourceType")
    json.word("websocket")
    json.key("_webSocketMessages")
    json.beginArray()
    append(json.bytes)
  }

  deinit { lane.release() }

  private func append(_ bytes: [UInt8]) { lane.append([UInt64(bytes.count)], bytes.span) }

  /// Adds a message.
  func add(_ message: WebSocketMessage) {
    guard message.opcode < 8 else { return }
    var json = JSONWriter()
    if listed > 0 { json.appendPlain { $0.append(0x2c) } }
    write(message, to: &json)
    isFull = isFull || length + json.bytes.count > Self.most
    if isFull {
      notListed &+= 1
      return
    }
    length += json.bytes.count
    listed &+= 1
    append(json.bytes)
  }

  private func write(_ message: WebSocketMessage, to json: inout JSONWriter) {
    json.beginObject()
    json.key("type")
    json.word(message.isFromClient ? "send" : "receive")
    json.seconds("time", message.stamp.nanoseconds)
    json.key("opcode")
    json.integer(UInt64(message.opcode))
    json.key("data")
    let data = data(of: message)
    if message.opcode == 1 { json.wireValue(data ?? []) } else { json.base64(data ?? []) }
    if data == nil {
      json.key("_length")
      json.integer(message.length)
    }
    if !message.isComplete {
      json.key("_complete")
      json.bool(false)
    }
    json.endObject()
  }

  /// Payload of a message; nil if it is too long, has a gap, or cannot be read.
  private func data(of message: WebSocketMessage) -> [UInt8]? {
    guard let file = message.receiver as? BodyFile else { return message.payload }
    guard message.length <= output.options.maxHARText, message.gaps.isEmpty, file.isCreated else { return nil }
    return output.read(file, at: 0, count: Int(message.length))
  }

  /// Parts of the line, in order; nil if one cannot be read.
  func records() -> [[UInt8]]? {
    guard !lane.isBroken else { return nil }
    var reader = SpoolReader(lane)
    var records: [[UInt8]] = []
    var bytes: [UInt8] = []
    for _ in 0...listed {
      guard reader.read(8, into: &bytes), reader.read(Int(clamping: bytes.word(0)), into: &bytes) else { return nil }
      records.append(bytes)
    }
    var json = JSONWriter()
    json.beginObject()
    json.unlessZero("_webSocketMessagesNotListed", notListed)
    ending.write(to: &json)
    json.endObject()
    json.endLine()
    // The members continue those of the first part.
    records.append([0x5d, 0x2c] + json.bytes.dropFirst())
    return records
  }
}
