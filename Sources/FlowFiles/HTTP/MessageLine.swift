internal import HTTP
internal import Packets
internal import Stages

/// Line of a WebSocket message in websocket.ndjson.
struct MessageLine {
  let connection: UInt64
  let namesInputs: Bool

  func write(_ message: WebSocketMessage, to json: inout JSONWriter) {
    json.beginObject()
    json.key("connection")
    json.integer(connection)
    json.key("exchange")
    json.integer(message.exchange)
    json.key("direction")
    json.word(message.isFromClient ? "client_to_server" : "server_to_client")
    json.key("opcode")
    json.word(Self.name(message.opcode))
    json.key("time")
    json.time(Timestamp(nanoseconds: message.stamp.nanoseconds))
    json.key("packet")
    json.integer(message.stamp.packet)
    if namesInputs {
      json.key("input")
      json.integer(UInt64(message.stamp.input))
    }
    json.unlessZero("length", message.length)
    if !message.isComplete {
      json.key("complete")
      json.bool(false)
    }
    if let why = message.why { json.text("why", why.rawValue) }
    json.unlessZero("gap_count", Int64(clamping: message.gapCount))
    json.unlessZero("gap_bytes", message.gapBytes)
    json.ranges("gaps", message.gaps)
    if let file = message.receiver as? BodyFile {
      if file.isCreated { file.writePath("file", member: "member", to: &json) }
    } else if message.length > 0 {
      if message.opcode == 1, let text = String(validating: message.payload, as: UTF8.self) {
        json.key("text")
        json.string(text)
      } else {
        json.key("data")
        json.base64(message.payload)
      }
    }
    json.endObject()
    json.endLine()
  }

  static func name(_ opcode: UInt8) -> StaticString {
    switch opcode {
    case 0: "continuation"
    case 1: "text"
    case 2: "binary"
    case 8: "close"
    case 9: "ping"
    case 10: "pong"
    default: "reserved"
    }
  }
}
