internal import HTTP

extension OutputFormat {
  private static let bounds = HTTPOptions()
  private static let input = OutputField("input", .count, absent: "with one input", "Input of the packet.")
  private static let gapCount = OutputField("gap_count", .count, absent: "where 0", "Holes.")
  private static let gapBytes = OutputField("gap_bytes", .count, absent: "where 0", "Bytes missing in all holes.")

  /// What HTTP says of a connection, in its line.
  static let httpCounts = OutputObject(
    title: "HTTP of a connection",
    fields: [
      OutputField("exchanges", .count, "Lines of http.ndjson that name the connection."),
      OutputField(
        "client_to_server", .object(directionCounts),
        "What the bytes of the client are. They add up to `bytes` of the direction; in TLS, unless a tunnel holds it, to those of `clear`."),
      OutputField("server_to_client", .object(directionCounts), "What the bytes of the server are."),
      OutputField(
        "late_conflict_count", .count, absent: "where 0",
        "Ranges of which two copies differ and that no body lists: they are in none, or were found when the exchange was written already."),
      OutputField("late_conflict_bytes", .count, absent: "where 0", "Bytes of those ranges."),
      OutputField(
        "inside", .object(insideCounts), absent: "unless HTTP was found in TLS in a tunnel",
        "What the clear bytes of that TLS are; the bytes of the tunnel are unparsed above."),
    ])

  static let insideCounts = OutputObject(
    title: "HTTP in a tunnel",
    fields: [
      OutputField(
        "client_to_server", .object(directionCounts), "What the clear bytes of the client are. They add up to `bytes` of `clear`."),
      OutputField("server_to_client", .object(directionCounts), "What the clear bytes of the server are."),
    ])

  static let directionCounts = OutputObject(
    title: "HTTP of a direction",
    fields: [
      OutputField("heads", .count, absent: "where 0", "Bytes of heads."),
      OutputField("bodies", .count, absent: "where 0", "Bytes of bodies as sent, without framing."),
      OutputField(
        "framing", .count, absent: "where 0", "Bytes of chunk lines, trailers, frame heads and control frames."),
      OutputField("between", .count, absent: "where 0", "Bytes between messages, which belong to none."),
      OutputField(
        "unparsed", .count, absent: "where 0", "Bytes that were not read: incomplete heads, what lies behind holes, tunnels."),
    ])

  /// One line of http.ndjson.
  static let exchange = OutputObject(
    title: "exchange",
    fields: [
      OutputField("connection", .number, "The connection's `id`."),
      OutputField("exchange", .number, "Counts the exchanges of a connection from 1, in the order of their heads."),
      OutputField("stream", .count, absent: "in HTTP/1", "HTTP/2 stream."),
      OutputField("inside", .word(enclosures), absent: "right above TCP", "What the exchange was found in."),
      OutputField(
        "pairing", .word(pairings), absent: "without one of the sides", "What paired the request with the response."),
      OutputField("method", .text, absent: "without a request", "Method, as sent."),
      OutputField("target", .text, absent: "without a request, or where empty", "Request target, as sent."),
      OutputField("scheme", .text, absent: "without a request", "`http`, `https`, or what the request says."),
      OutputField("host", .text, absent: "where the request names none", "Host, with its port where the request has it."),
      OutputField("url", .text, absent: "where it is not known", "Absolute URL."),
      OutputField("version", .text, absent: "where it is not known", "Version of HTTP, such as `1.1`."),
      OutputField("status", .count, absent: "without a response", "Status code."),
      OutputField("reason", .text, absent: "where empty", "Reason phrase."),
      OutputField("informational", .list(.object(interim), most: nil), absent: "where empty", "Interim responses."),
      OutputField(
        "time_wait", .count, absent: "where 0 or not known", "Nanoseconds from the last byte of the request to the first of the response."),
      OutputField("upgrade", .text, absent: "without a 101", "Protocol that the connection went over to."),
      OutputField("tunnel", .object(tunnel), absent: "without a tunnel", "Bytes of the tunnel that follows."),
      OutputField("request", .object(message), absent: "where it is lost", "The client's message."),
      OutputField("response", .object(message), absent: "where there is none", "The server's message."),
    ])

  static let interim = OutputObject(
    title: "interim response",
    fields: [
      OutputField("status", .count, "Status code."),
      OutputField("reason", .text, absent: "where empty", "Reason phrase."),
      OutputField("time", .form(.time), "Time of the packet of the first byte."),
      OutputField("packet", .count, "That packet."),
      input,
      OutputField("offset", .count, "Offset of the head in its stream."),
      headers("headers", "Field lines."),
    ])

  static let tunnel = OutputObject(
    title: "tunnel",
    fields: [
      OutputField("client_to_server", .count, "Bytes from the client."),
      OutputField("server_to_client", .count, "Bytes from the server."),
    ])

  private static func headers(_ name: String, _ meaning: String) -> OutputField {
    OutputField(name, .list(.list(.text, most: 2), most: nil), absent: "where empty", meaning)
  }

  /// A request or a response.
  static let message = OutputObject(
    title: "message",
    fields: [
      OutputField("time", .form(.time), "Time of the packet of the head's first byte."),
      OutputField("packet", .count, "That packet."),
      input,
      OutputField("offset", .count, "Offset of the head in its stream."),
      OutputField("head_length", .count, absent: "where 0", "Length of the head in bytes."),
      headers("headers", "Field lines, name and value; of many the first. What is not UTF-8 has its bytes as code points."),
      headers("trailers", "Field lines behind the body."),
      OutputField("notes", .list(.word(notes), most: nil), absent: "where empty", "What is odd about the message."),
      OutputField("body", .object(body), absent: "where there is none and none was declared", "The body."),
    ])

  /// A body.
  static let body = OutputObject(
    title: "body",
    fields: [
      OutputField(
        "file", .text, absent: "without a byte, or with `--tar`",
        "Path of the content below the output folder. Missing bytes are holes."),
      OutputField("member", .object(member), absent: "without a byte, or without `--tar`", "The content in the archive."),
      OutputField("length", .count, absent: "where 0", "Length of the content, decoded; holes count, at the end too."),
      OutputField("sha256", .form(.sha256), absent: "unless complete", "SHA-256 of the content."),
      OutputField("raw_length", .count, absent: "where equal to `length`", "Length as sent, without framing."),
      OutputField(
        "raw_sha256", .form(.sha256), absent: "with a hole, or where equal to `sha256`", "SHA-256 of what was sent, without framing."),
      OutputField(
        "raw_file", .text, absent: "where the content tells all, or with `--tar`",
        "Path of what was sent, where it could not be decoded to its end."),
      OutputField("raw_member", .object(member), absent: "where the content tells all, or without `--tar`", "The same in the archive."),
      OutputField("framing", .word(framings), "What ends the body."),
      OutputField("declared_length", .count, absent: "where none was declared", "Content-Length."),
      OutputField("encoding", .list(.text, most: nil), absent: "where empty", "Codings in the order in which they were applied."),
      OutputField("decoded", .boolOrWord(decodings), absent: "without `encoding`", "Whether the codings were undone."),
      OutputField("trailing", .count, absent: "where 0", "Bytes behind the end of the coded data."),
      OutputField("type", .text, absent: "where none was declared", "Content-Type."),
      OutputField("sniffed", .text, absent: "where the first bytes tell nothing", "MIME type that the first bytes have."),
      OutputField("name", .text, absent: "without one", "Name of the file by Content-Disposition, decoded."),
      OutputField(
        "range", .list(.optional(.count), most: 3), absent: "without a valid Content-Range",
        "First byte, last byte and length of the whole; null where the length was not said."),
      OutputField("parts", .list(.object(part), most: bounds.maxParts), absent: "where empty", "Parts of a multipart body."),
      OutputField("parts_not_listed", .count, absent: "where 0", "Further parts."),
      OutputField(
        "joined", .text, absent: "where nothing was joined, or with `--tar`",
        "Path of the file that this and earlier ranges of the URL make."),
      OutputField("joined_member", .object(member), absent: "where nothing was joined, or without `--tar`", "The same in the archive."),
      OutputField("complete", .bool, absent: "without a body", "Everything came and nothing is disputed."),
      OutputField("why", .word(incompleteness), absent: "where complete", "Why not."),
      gapCount, gapBytes,
      OutputField(
        "gaps", .list(.object(range), most: bounds.maxListedGaps), absent: "where empty",
        "The first \(bounds.maxListedGaps) holes, as offsets of what was sent. `gap_count` and `gap_bytes` count all."),
      OutputField("conflict_count", .count, absent: "where 0", "Ranges of which two captured copies differ."),
      OutputField(
        "conflicts", .list(.object(range), most: bounds.maxListedConflicts), absent: "where empty",
        "The first \(bounds.maxListedConflicts) of these ranges, as offsets of what was sent. `conflict_count` counts all."),
      OutputField("first_packet", .number, absent: "without a byte", "Packet of the first byte."),
      OutputField("last_packet", .number, absent: "without a byte", "Packet of the last byte."),
      OutputField("write_error", .text, absent: "where writing succeeded", "Why the file is not whole: the system's words."),
    ])

  static let range = OutputObject(
    title: "range of a body",
    fields: [
      OutputField("offset", .count, "Offset of the first byte."),
      OutputField("length", .number, "Bytes."),
    ])

  static let part = OutputObject(
    title: "part",
    fields: [
      OutputField("file", .text, absent: "without `--http-parts`, or with `--tar`", "Path of the part's own file."),
      OutputField("member", .object(member), absent: "without `--http-parts` or `--tar`", "The part in the archive."),
      OutputField("name", .text, absent: "without one", "Name of the form field."),
      OutputField("filename", .text, absent: "without one", "Name of the file."),
      OutputField("type", .text, absent: "without one", "Content-Type of the part."),
      OutputField("offset", .count, "Offset in the content of the body."),
      OutputField("length", .count, absent: "where 0", "Bytes."),
      OutputField("range", .list(.optional(.count), most: 3), absent: "without a valid Content-Range", "As of a body."),
      OutputField("sha256", .form(.sha256), absent: "with a hole", "SHA-256 of the part."),
    ])

  /// One line of websocket.ndjson.
  static let webSocketMessage = OutputObject(
    title: "WebSocket message",
    fields: [
      OutputField("connection", .number, "The connection's `id`."),
      OutputField("exchange", .number, "The exchange that opened the WebSocket."),
      OutputField("direction", .word(directions), "Who sent it."),
      OutputField("opcode", .word(opcodes), "Kind of the message."),
      OutputField("time", .form(.time), "Time of the packet of the first byte."),
      OutputField("packet", .count, "That packet."),
      input,
      OutputField("length", .count, absent: "where 0", "Length of the payload, decompressed; holes count."),
      OutputField("complete", .bool, absent: "where it is", "False: a part of the message is missing."),
      OutputField("why", .word(incompleteness), absent: "where complete", "Why not."),
      gapCount, gapBytes,
      OutputField(
        "gaps", .list(.object(range), most: bounds.maxListedGaps), absent: "where empty",
        "The first \(bounds.maxListedGaps) holes, as offsets of the payload as sent. `gap_count` and `gap_bytes` count all."),
      OutputField("file", .text, absent: "up to 4 KB without a hole, or with `--tar`", "Path of the payload. Missing bytes are holes."),
      OutputField("member", .object(member), absent: "up to 4 KB without a hole, or without `--tar`", "The payload in the archive."),
      OutputField("text", .text, absent: "unless a short text without a hole", "The payload."),
      OutputField(
        "data", .form(.base64), absent: "unless short and no text",
        "The payload, base64. Of a control frame with a hole, what precedes it."),
    ])

  // MARK: words

  static let enclosures = WordList(
    title: "enclosure",
    words: [
      OutputWord(name: Enclosure.tls.rawValue, meaning: "TLS."),
      OutputWord(name: Enclosure.connect.rawValue, meaning: "A tunnel that CONNECT opened."),
    ])

  static let pairings = WordList(
    title: "pairing",
    words: [
      OutputWord(name: Pairing.order.rawValue, meaning: "The order of the messages."),
      OutputWord(
        name: Pairing.acknowledgment.rawValue,
        meaning: "Behind a hole: what the sides had acknowledged when they sent, decided or confirmed it."
      ),
      OutputWord(name: Pairing.stream.rawValue, meaning: "The stream of HTTP/2."),
    ])

  static let framings = WordList(
    title: "framing",
    words: [
      OutputWord(name: Framing.length.rawValue, meaning: "Content-Length."),
      OutputWord(name: Framing.chunked.rawValue, meaning: "The chunked coding."),
      OutputWord(name: Framing.close.rawValue, meaning: "The end of the connection."),
      OutputWord(name: Framing.none.rawValue, meaning: "There is no body."),
      OutputWord(name: Framing.h2.rawValue, meaning: "HTTP/2 frames."),
    ])

  static let incompleteness = WordList(
    title: "incompleteness",
    words: [
      OutputWord(name: Incompleteness.gap.rawValue, meaning: "The capture lacks bytes."),
      OutputWord(name: Incompleteness.end.rawValue, meaning: "The sender ended first, or the capture did."),
      OutputWord(name: Incompleteness.reset.rawValue, meaning: "The connection or the stream was reset."),
      OutputWord(name: Incompleteness.limit.rawValue, meaning: "A limit was reached."),
      OutputWord(name: Incompleteness.framing.rawValue, meaning: "The framing is broken, or a WebSocket message cannot be decompressed."),
    ])

  static let decodings = WordList(
    title: "decoding", words: [OutputWord(name: "partial", meaning: "The beginning: the coded data is cut or broken.")])

  static let notes = WordList(
    title: "note",
    words: Note.allCases.map { OutputWord(name: $0.rawValue, meaning: meaning(of: $0)) })

  private static func meaning(of note: Note) -> String {
    switch note {
    case .twoLengths: "Several Content-Length fields differ. The first counts."
    case .lengthAndChunked: "Content-Length and chunked were both declared. Chunked counts."
    case .badLength: "A Content-Length is no length."
    case .badChunkSize: "A chunk size is none. The body ends, or it is not chunked at all."
    case .bareLF: "A line ends with LF alone."
    case .folded: "A line goes on in the next one."
    case .spaceBeforeColon: "White space stands before the colon."
    case .bareCR: "A CR stands within a line."
    case .nul: "A NUL stands in the head."
    case .surplus: "Bytes before the head belong to no message."
    case .headLimit: "The head is larger than is read. The rest was skipped."
    case .codingUnknown: "A coding is not known, or there was no decoder left."
    case .codingFailed: "The bytes are not what a coding says."
    case .trailing: "Bytes follow the coded data."
    case .badStartLine: "The start line is not of the grammar."
    case .fieldsLost: "Fields are not known, because a hole took what their compression needs."
    }
  }

  static let opcodes = WordList(
    title: "opcode",
    words: [
      OutputWord(name: "continuation", meaning: "A continuation without a beginning."),
      OutputWord(name: "text", meaning: "Text."),
      OutputWord(name: "binary", meaning: "Bytes."),
      OutputWord(name: "close", meaning: "The sender closes."),
      OutputWord(name: "ping", meaning: "A ping."),
      OutputWord(name: "pong", meaning: "The answer to a ping."),
      OutputWord(name: "reserved", meaning: "An opcode that RFC 6455 does not define."),
    ])

  static let bodyNamings = WordList(
    title: "body naming",
    words: [
      OutputWord(name: BodyNaming.flat.rawValue, meaning: "Connection, exchange, side, host and name."),
      OutputWord(name: BodyNaming.tree.rawValue, meaning: "Host, path and name, in folders."),
    ])
}
