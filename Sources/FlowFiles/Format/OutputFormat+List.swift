extension OutputFormat {
  /// A line of `--list=json`, and a row of `--list=csv` and `--list=tsv`.
  static let listedConnection = OutputObject(
    title: "listed connection",
    fields: [
      OutputField("id", .number, "Number of the connection, as in the index."),
      OutputField("community_id", .form(.communityID), "Community ID, version 1, seed 0."),
      OutputField("client_ip", .form(.address), "Address of the client."),
      OutputField("client_port", .integer(from: 0, to: 65_535), "Port of the client."),
      OutputField("server_ip", .form(.address), "Address of the server."),
      OutputField("server_port", .integer(from: 0, to: 65_535), "Port of the server."),
      OutputField("start", .form(.time), "Time of the first packet."),
      OutputField("end", .form(.time), "Time of the last packet that counted as part of the connection."),
      OutputField("duration", .seconds, "Time between these packets; 0 where the clock of the capture went back."),
      OutputField("client_bytes", .count, "Stream bytes that the client sent."),
      OutputField("server_bytes", .count, "Stream bytes that the server sent."),
      OutputField("gap_bytes", .count, "Missing bytes of both directions."),
      OutputField("retransmitted_bytes", .count, "Payload bytes of both directions that repeat earlier ones."),
      OutputField("conflict_count", .count, "Ranges of both directions of which two captured copies differ."),
      OutputField("unchecked", .count, "Packets with copies of bytes that were no longer known, so that they could not be compared."),
      OutputField("close", .word(closes), "What completed the connection."),
      OutputField(
        "syn_rtt", .optional(.seconds),
        "Seconds from the SYN to the SYN-ACK; null or empty where that was not measured, as the next six are with `--no-analysis`."),
      OutputField(
        "retransmitted_segments", .optional(.count), "Segments of both directions with a byte, a SYN or a FIN that was captured before."),
      OutputField("zero_window_count", .optional(.count), "Times that an end closed its window."),
      OutputField("zero_window_time", .optional(.seconds), "Seconds during which a window was closed, both directions together."),
      OutputField("longest_silence", .optional(.seconds), "Longest time without a packet; null or empty where there is none."),
      OutputField("longest_silence_side", .optional(.word(connectionEnds)), "Who sent the packet after it."),
      OutputField("longest_silence_packet", .optional(.number), "Number of that packet."),
      OutputField("protocol", .optional(.word(listedProtocols)), "Protocol that was recognized; null or empty for any other."),
      OutputField(
        "host", .optional(.text),
        """
        Host that the client named: in the first request of HTTP with its port, or in the hello of TLS; 255 bytes at most. Null or empty \
        where none was read.
        """),
    ])

  static let listedProtocols = WordList(
    title: "listed protocol",
    words: ListedContent.Kind.allCases.filter { $0 != .unknown }
      .map { OutputWord(name: $0.name, meaning: $0.word.meaning.description) })
}
