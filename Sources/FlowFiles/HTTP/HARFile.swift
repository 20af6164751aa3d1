internal import Glibc
internal import HTTP
internal import Packets
internal import Paths
internal import Reassembly
internal import Stages

/// File http.har: an HTTP Archive 1.2 with an entry for each exchange, written as the exchanges complete.
final class HARFile {
  static let name = "http.har"

  /// First line, which the entries follow, one in a line; a comma begins every one but the first.
  static let beginning = Array((#"{"log":{"version":"1.2","creator":{"name":"reasm","version":"1"},"entries":["# + "\n").utf8)
  /// Last line.
  static let ending = Array("]}}\n".utf8)

  private let output: HTTPOutput
  private let lines: LineFile
  private var isFirst = true
  private var hasEnded = false

  init(_ output: HTTPOutput) throws(OutputError) {
    self.output = output
    lines = try LineFile(directory: output.directory, name: Self.name)
    lines.append { json in json.appendPlain { $0 += Self.beginning } }
  }

  var failure: OutputError? { lines.failure }

  var lineFile: LineFile { lines }

  func flush() { lines.flush() }

  /// Writes the end of the file.
  func finish() {
    guard !hasEnded else { return }
    hasEnded = true
    lines.append { json in json.appendPlain { $0 += Self.ending } }
    lines.flush()
  }

  /// Adds an exchange that has a request and a response.
  func add(_ exchange: Exchange, _ connection: HARConnection) {
    guard exchange.request != nil, exchange.response != nil else { return }
    let isFirst = isFirst
    self.isFirst = false
    lines.append { json in
      if !isFirst { json.appendPlain { $0.append(0x2c) } }
      HAREntry(exchange, connection, output).write(to: &json)
      json.endLine()
    }
  }
}

/// Properties of a connection in its entries.
struct HARConnection {
  var id: UInt64
  var server: IPAddress
  /// Time in nanoseconds from the connection's first packet to its first request; nil in all but the first entry.
  var connect: Int64?
}

/// Entry of an exchange.
private struct HAREntry {
  private let exchange: Exchange
  private let connection: HARConnection
  private let output: HTTPOutput

  init(_ exchange: Exchange, _ connection: HARConnection, _ output: HTTPOutput) {
    self.exchange = exchange
    self.connection = connection
    self.output = output
  }

  func write(to json: inout JSONWriter) {
    guard let request = exchange.request, let response = exchange.response else { return }
    let send = max(0, request.endTime &- request.stamp.nanoseconds)
    let wait = max(0, exchange.waitTime ?? 0)
    let receive = max(0, response.endTime &- response.stamp.nanoseconds)
    json.beginObject()
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
    for (name, value) in [("connect", connection.connect), ("send", send), ("wait", wait), ("receive", receive)] {
      json.key(named: name)
      if let value { json.milliseconds(value) } else { json.integer(Int64(-1)) }
    }
    json.endObject()
    json.key("serverIPAddress")
    json.address(connection.server)
    json.text("connection", String(connection.id))
    json.key("_complete")
    json.bool((request.body?.isComplete ?? true) && (response.body?.isComplete ?? true))
    json.key("_packets")
    json.beginArray()
    json.integer(request.stamp.packet)
    json.integer(response.stamp.packet)
    json.endArray()
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
