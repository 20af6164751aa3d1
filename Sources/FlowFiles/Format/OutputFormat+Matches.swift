extension OutputFormat {
  static let matchLayers = WordList(
    title: "match layer",
    words: [
      OutputWord(name: MatchLayer.stream.rawValue, meaning: "The stream of TCP, ciphertext too."),
      OutputWord(name: MatchLayer.clear.rawValue, meaning: "The clear bytes of TLS."),
      OutputWord(name: MatchLayer.http.rawValue, meaning: "The content of a body of HTTP, decoded."),
    ])

  static let matchSides = WordList(
    title: "match side",
    words: [
      OutputWord(name: "request", meaning: "The body is that of the request."),
      OutputWord(name: "response", meaning: "The body is that of the response."),
    ])

  /// One line of matches.ndjson.
  static let match = OutputObject(
    title: "match",
    fields: [
      OutputField("connection", .number, "The connection's `id`."),
      OutputField("direction", .word(directions), "Who sent the bytes."),
      OutputField("layer", .word(matchLayers), "What the bytes are part of."),
      OutputField("exchange", .number, absent: "unless the layer is `http`", "The exchange, as in http.ndjson."),
      OutputField("side", .word(matchSides), absent: "unless the layer is `http`", "Which of its messages."),
      OutputField("pattern", .text, "Name of the pattern; without one, the pattern itself."),
      OutputField("offset", .count, "Offset of the first byte in the layer: in the stream, in the clear bytes, or in the content."),
      OutputField("length", .number, "Bytes."),
      OutputField("time", .form(.time), "Time of the packet that brought the last byte."),
      OutputField("first_packet", .number, absent: "where it is too far back", "Packet that brought the first byte."),
      OutputField("first_input", .count, absent: "with one input, or without `first_packet`", "Input of that packet."),
      OutputField("last_packet", .number, "Packet that brought the last byte."),
      OutputField("last_input", .count, absent: "with one input", "Input of that packet."),
      OutputField(
        "around", .form(.base64),
        "Up to 64 bytes around the match, which stands in the middle; of a longer match its last 64 bytes. Gaps and ends cut it short."),
      OutputField("around_offset", .count, "Offset of the first of these bytes."),
    ])
}
