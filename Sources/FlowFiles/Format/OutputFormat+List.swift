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
    ] + listedDirection("client") + listedDirection("server") + [
      OutputField("protocol", .optional(.word(listedProtocols)), "Protocol that was recognized; null or empty for any other."),
      OutputField(
        "host", .optional(.text),
        """
        Host that the client named: in the first request of HTTP with its port, or in the hello of TLS; 255 bytes at most. Null or empty \
        where none was read.
        """),
    ])

  /// Fields of what one end sent; null or empty with `--no-analysis`.
  private static func listedDirection(_ end: String) -> [OutputField] {
    func field(_ name: String, _ value: OutputValue, _ meaning: String) -> OutputField {
      OutputField("\(end)_\(name)", .optional(value), meaning)
    }
    return [
      field("rtt_min", .seconds, "Shortest time from a segment of the \(end) to its acknowledgment; null or empty where none was timed."),
      field("rtt_mean", .seconds, "Mean time."), field("rtt_max", .seconds, "Longest time."),
      field("retransmitted_segments", .count, "Segments of the \(end) with a byte, a SYN or a FIN that was captured before."),
      field("out_of_order", .count, "Its packets that came before the bytes in front of theirs."),
      field("duplicate_acks", .count, "Its acknowledgments without data that repeat the one before them while bytes are outstanding."),
      field("zero_window_count", .count, "Times that it closed its window."),
      field("zero_window_time", .seconds, "Seconds during which it had closed its window."),
      field("window_probes", .count, "Its segments just below the next byte while the window of the other end was closed."),
      field("keep_alives", .count, "Such segments while it was open."),
      field("first_data", .seconds, "Seconds from `start` to its first payload; null or empty without payload."),
      field("last_data", .seconds, "Seconds from `start` to its last payload."),
      field("throughput", .count, "Its bytes per second between these; null or empty where both times are the same."),
    ]
  }

  static let listedProtocols = WordList(
    title: "listed protocol",
    words: ListedContent.Kind.allCases.filter { $0 != .unknown }
      .map { OutputWord(name: $0.name, meaning: $0.word.meaning.description) })
}
