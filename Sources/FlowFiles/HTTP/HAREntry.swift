internal import HTTP
internal import Packets
internal import Stages

/// Properties of a connection in its entries.
struct HARConnection {
  var id: UInt64
  var server: IPAddress
  /// Nanoseconds that the exchange waited for its connection; nil if they do not apply or are not known.
  var connect: Int64?
  /// Those of them that the TLS handshake took.
  var ssl: Int64?
}

/// Entry of an exchange that has a request and a response.
struct HAREntry {
  /// Last members of an entry.
  struct Ending {
    var connection: HARConnection
    var isComplete: Bool
    var packets: [UInt64]

    func write(to json: inout JSONWriter) {
      json.key("serverIPAddress")
      json.address(connection.server)
      json.text("connection", String(connection.id))
      json.key("_complete")
      json.bool(isComplete)
      json.key("_packets")
      json.beginArray()
      for packet in packets { json.integer(packet) }
      json.endArray()
    }
  }

  private let exchange: Exchange
  private let connection: HARConnection
  private let output: HTTPOutput

  init(_ exchange: Exchange, _ connection: HARConnection, _ output: HTTPOutput) {
    self.exchange = exchange
    self.connection = connection
    self.output = output
  }

  var ending: Ending {
    let messages = [exchange.request, exchange.response].compactMap(\.self)
    return Ending(
      connection: connection, isComplete: messages.allSatisfy { $0.body?.isComplete ?? true }, packets: messages.map(\.stamp.packet))
  }

  /// Writes the members before the last ones.
  func write(to json: inout JSONWriter) {
    guard let request = exchange.request, let response = exchange.response else { return }
    let send = max(0, request.endTime &- request.stamp.nanoseconds)
    let wait = max(0, exchange.waitTime ?? 0)
    let receive = max(0, response.endTime &- response.stamp.nanoseconds)
    json.key("startedDateTime")
    json.time(Timestamp(nanoseconds: request.stamp.nanoseconds))
    json.key("time")
    json.milliseconds((connection.connect ?? 0) &+ send &+ wait &+ receive)
    json.key("request")
    write(request, to: &json)
    json.key("response")
    write(answer: response, to: &json)
    json.key("cache")
    json.beginObject()
    json.endObject()
    json.key("timings")
    json.beginObject()
    // The time of TLS is part of that of the connection, and not added to the whole time.
    let timings = [
      ("connect", connection.connect), ("ssl", connection.ssl), ("send", send), ("wait", wait), ("receive", receive),
    ]
    for (name, value) in timings {
      json.key(named: name)
      if let value { json.milliseconds(value) } else { json.integer(Int64(-1)) }
    }
    json.endObject()
  }

  private func version() -> String { "HTTP/" + exchange.version }

  private func write(_ message: Message, to json: inout JSONWriter) {
    json.beginObject()
    json.key("method")
    json.wireValue(exchange.method ?? [])
    json.key("url")
    json.wireValue(exchange.url)
    json.text("httpVersion", version())
    json.key("cookies")
    cookies(message.headers.filter { $0.name.lowercased.elementsEqual("cookie".utf8) }.flatMap { $0.value.split(separator: 0x3b) }, &json)
    headers(message.headers, &json)
    json.key("queryString")
    query(&json)
    if let body = message.body, body.length > 0, let text = text(of: body) {
      json.key("postData")
      json.beginObject()
      json.key("mimeType")
      json.wireValue(body.type)
      json.key("text")
      json.wireValue(text)
      json.endObject()
    }
    json.key("headersSize")
    json.integer(message.headLength)
    json.key("bodySize")
    json.integer(message.body?.rawLength ?? 0)
    json.endObject()
  }

  private func write(answer message: Message, to json: inout JSONWriter) {
    json.beginObject()
    json.key("status")
    json.integer(Int64(exchange.status ?? 0))
    json.key("statusText")
    json.wireValue(exchange.reason)
    json.text("httpVersion", version())
    json.key("cookies")
    cookies(message.headers.filter { $0.name.lowercased.elementsEqual("set-cookie".utf8) }.map { $0.value.prefix { $0 != 0x3b } }, &json)
    headers(message.headers, &json)
    json.key("content")
    content(message.body, &json)
    json.key("redirectURL")
    json.wireValue(message.headers.first { $0.name.lowercased.elementsEqual("location".utf8) }?.value ?? [])
    json.key("headersSize")
    json.integer(message.headLength)
    json.key("bodySize")
    json.integer(message.body?.rawLength ?? 0)
    json.endObject()
  }

  private func headers(_ fields: [HeaderField], _ json: inout JSONWriter) {
    json.key("headers")
    json.beginArray()
    for field in fields { pair(field.name, field.value, &json) }
    json.endArray()
  }

  private func pair(_ name: [UInt8], _ value: [UInt8], _ json: inout JSONWriter) {
    json.beginObject()
    json.key("name")
    json.wireValue(name)
    json.key("value")
    json.wireValue(value)
    json.endObject()
  }

  private func cookies(_ cookies: [ArraySlice<UInt8>], _ json: inout JSONWriter) {
    json.beginArray()
    for cookie in cookies {
      let text = cookie.drop { $0 == 0x20 }
      guard !text.isEmpty else { continue }
      let name = text.prefix { $0 != 0x3d }
      pair(Array(name), Array(text.dropFirst(name.count + 1)), &json)
    }
    json.endArray()
  }

  private func query(_ json: inout JSONWriter) {
    json.beginArray()
    if let target = exchange.target, let mark = target.firstIndex(of: 0x3f) {
      for part in target[(mark + 1)...].split(separator: 0x26) {
        let name = part.prefix { $0 != 0x3d }
        pair(Percent.decode(name), Percent.decode(part.dropFirst(name.count + 1)), &json)
      }
    }
    json.endArray()
  }

  private func content(_ body: Body?, _ json: inout JSONWriter) {
    json.beginObject()
    json.key("size")
    json.integer(body?.length ?? 0)
    json.key("mimeType")
    json.wireValue(body.map { $0.type.isEmpty ? Array("x-unknown".utf8) : $0.type } ?? Array("x-unknown".utf8))
    if let body, body.length > 0, let bytes = text(of: body) {
      json.key("text")
      if let text = String(validating: bytes, as: UTF8.self) {
        json.string(text)
      } else {
        json.base64(bytes)
        json.text("encoding", "base64")
      }
    }
    json.endObject()
  }

  /// Content of a body; nil if it is too long, has a gap, or cannot be read.
  private func text(of body: Body) -> [UInt8]? {
    guard body.length <= output.options.maxHARText, !body.hasHoles, let file = (body.receiver as? BodyOutput)?.content, file.isCreated
    else { return nil }
    return output.read(file, at: 0, count: Int(body.length))
  }
}

extension JSONWriter {
  /// Writes nanoseconds as milliseconds with their fraction.
  mutating func milliseconds(_ nanoseconds: Int64) {
    number { text in
      text.append(decimal: nanoseconds / 1_000_000)
      let fraction = UInt64((nanoseconds % 1_000_000).magnitude)
      guard fraction > 0 else { return }
      text.append(0x2e)
      text.append(decimal: fraction, width: 6)
    }
  }
}
