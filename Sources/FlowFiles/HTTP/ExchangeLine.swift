internal import HTTP
internal import Packets
internal import Stages

/// Line of an exchange in http.ndjson, without the values that are zero or empty.
struct ExchangeLine {
  let connection: UInt64
  let namesInputs: Bool

  func write(_ exchange: Exchange, to json: inout JSONWriter) {
    json.beginObject()
    json.key("connection")
    json.integer(connection)
    json.key("exchange")
    json.integer(exchange.number)
    if let stream = exchange.stream {
      json.key("stream")
      json.integer(UInt64(stream))
    }
    if let enclosure = exchange.enclosure { json.text("inside", enclosure.rawValue) }
    if let pairing = exchange.pairing { json.text("pairing", pairing.rawValue) }
    json.wire("method", exchange.method ?? [])
    json.wire("target", exchange.target ?? [])
    if exchange.request != nil {
      json.wire("scheme", exchange.scheme)
      json.wire("host", exchange.host)
      json.wire("url", exchange.url)
    }
    if !exchange.version.isEmpty { json.text("version", exchange.version) }
    json.unlessZero("status", Int64(exchange.status ?? 0))
    json.wire("reason", exchange.reason)
    informational(exchange.informational, &json)
    json.unlessZero("time_wait", exchange.waitTime ?? 0)
    json.wire("upgrade", exchange.upgrade)
    if let tunnel = exchange.tunnel {
      json.key("tunnel")
      json.beginObject()
      json.key("client_to_server")
      json.integer(tunnel.client)
      json.key("server_to_client")
      json.integer(tunnel.server)
      json.endObject()
    }
    message("request", exchange.request, &json)
    message("response", exchange.response, &json)
    json.endObject()
    json.endLine()
  }

  private func informational(_ all: [Informational], _ json: inout JSONWriter) {
    guard !all.isEmpty else { return }
    json.key("informational")
    json.beginArray()
    for interim in all {
      json.beginObject()
      json.key("status")
      json.integer(Int64(interim.status))
      json.wire("reason", interim.reason)
      origin(interim.stamp, &json)
      json.key("offset")
      json.integer(interim.offset)
      json.fields("headers", interim.headers)
      json.endObject()
    }
    json.endArray()
  }

  private func origin(_ stamp: ByteStamp, _ json: inout JSONWriter) {
    json.key("time")
    json.time(Timestamp(nanoseconds: stamp.nanoseconds))
    json.key("packet")
    json.integer(stamp.packet)
    guard namesInputs else { return }
    json.key("input")
    json.integer(UInt64(stamp.input))
  }

  private func message(_ name: StaticString, _ message: Message?, _ json: inout JSONWriter) {
    guard let message else { return }
    json.key(name)
    json.beginObject()
    origin(message.stamp, &json)
    json.key("offset")
    json.integer(message.offset)
    json.unlessZero("head_length", message.headLength)
    json.fields("headers", message.headers)
    json.fields("trailers", message.trailers)
    if !message.notes.isEmpty {
      json.key("notes")
      json.beginArray()
      for note in message.notes { json.string(note.rawValue) }
      json.endArray()
    }
    if let body = message.body, body.framing != .none || body.declaredLength != nil { self.body(body, &json) }
    json.endObject()
  }

  private func body(_ body: Body, _ json: inout JSONWriter) {
    let files = body.receiver as? BodyOutput
    json.key("body")
    json.beginObject()
    if let content = files?.content, content.isCreated { content.writePath("file", member: "member", to: &json) }
    json.unlessZero("length", body.length)
    if body.isComplete, let hash = files?.content?.sha256 {
      json.key("sha256")
      json.hexadecimal(hash)
    }
    if body.decoding == .whole || body.decoding == .partial {
      json.unlessZero("raw_length", body.rawLength)
      hash("raw_sha256", files?.rawSHA256, body, &json)
    } else if body.why == .end || body.why == .reset {
      hash("raw_sha256", files?.content?.sha256, body, &json)
    }
    if let raw = files?.raw, raw.isCreated { raw.writePath("raw_file", member: "raw_member", to: &json) }
    json.text("framing", body.framing.rawValue)
    if let declared = body.declaredLength {
      json.key("declared_length")
      json.integer(declared)
    }
    if !body.encodings.isEmpty {
      json.key("encoding")
      json.beginArray()
      for coding in body.encodings { json.wireValue(coding) }
      json.endArray()
    }
    if let decoding = body.decoding {
      json.key("decoded")
      switch decoding {
      case .whole: json.bool(true)
      case .partial: json.word("partial")
      case .none: json.bool(false)
      }
    }
    json.unlessZero("trailing", body.trailing)
    json.wire("type", body.type)
    if let sniffed = body.sniffed {
      json.key("sniffed")
      json.word(sniffed)
    }
    json.wire("name", body.name)
    if let range = body.contentRange { self.range(range, &json) }
    parts(body, &json)
    if let joined = files?.joined { joined.writePath("joined", member: "joined_member", to: &json) }
    if body.framing != .none {
      json.key("complete")
      json.bool(body.isComplete)
    }
    if let why = body.why { json.text("why", why.rawValue) }
    json.unlessZero("gap_count", Int64(clamping: body.gapCount))
    json.unlessZero("gap_bytes", body.gapBytes)
    json.ranges("gaps", body.gaps)
    json.unlessZero("conflict_count", Int64(clamping: body.conflictCount))
    json.ranges("conflicts", body.conflicts)
    if body.firstPacket > 0 {
      json.key("first_packet")
      json.integer(body.firstPacket)
      json.key("last_packet")
      json.integer(body.lastPacket)
    }
    if let failure = files?.content?.failure ?? files?.raw?.failure {
      json.key("write_error")
      json.string(failure.description)
    }
    json.endObject()
  }

  /// Writes the hash of a body without gaps; a body with gaps has none.
  private func hash(_ name: StaticString, _ hash: [UInt8]?, _ body: Body, _ json: inout JSONWriter) {
    guard let hash, !body.hasHoles else { return }
    json.key(name)
    json.hexadecimal(hash)
  }

  private func range(_ range: ContentRange, _ json: inout JSONWriter) {
    json.key("range")
    json.beginArray()
    json.integer(range.first)
    json.integer(range.last)
    if let total = range.total { json.integer(total) } else { json.null() }
    json.endArray()
  }

  private func parts(_ body: Body, _ json: inout JSONWriter) {
    guard !body.parts.isEmpty else { return }
    json.key("parts")
    json.beginArray()
    for part in body.parts {
      let output = part.receiver as? PartOutput
      json.beginObject()
      if let file = output?.created { file.writePath("file", member: "member", to: &json) }
      json.wire("name", part.name)
      json.wire("filename", part.filename)
      json.wire("type", part.type)
      json.key("offset")
      json.integer(part.range.offset)
      json.unlessZero("length", part.range.length)
      if let range = part.contentRange { self.range(range, &json) }
      if let hash = output?.sha256 {
        json.key("sha256")
        json.hexadecimal(hash)
      }
      json.endObject()
    }
    json.endArray()
    json.unlessZero("parts_not_listed", Int64(clamping: body.partsNotListed))
  }
}
