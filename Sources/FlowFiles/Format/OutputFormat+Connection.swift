extension OutputFormat {
  /// Absence of a field that only the full form has.
  static let inShortForm = "without `--index full`"

  /// A line of connections.ndjson.
  static let connection = OutputObject(
    title: "connection",
    fields: [
      OutputField("id", .number, "Counts connections from 1 in the order of their first packets."),
      OutputField(
        "community_id", .form(.communityID), "Community ID, version 1, seed 0. Other tools compute the same for these addresses and ports."),
      OutputField("client", .object(endpoint), "The end that opened the connection, as far as that is known."),
      OutputField("server", .object(endpoint), "The other end."),
      OutputField("client_by", .word(clientEvidence), "What tells the client from the server."),
      OutputField(
        "layers", .list(.form(.layer), most: 8), absent: "without tags and tunnels",
        "VLAN tags, MPLS labels and tunnels around the first packet, outermost first: kind, colon, number. Eight are listed."),
      OutputField("start", .form(.time), "Time of the first packet."),
      OutputField("end", .form(.time), "Time of the last packet that counted as part of the connection."),
      OutputField("start_epoch", .seconds, absent: inShortForm, "`start` in seconds since 1970-01-01 00:00 UTC."),
      OutputField("duration", .seconds, absent: inShortForm, "Seconds between `start` and `end`."),
      OutputField("first_packet", .number, "Number of the first packet in its input, from 1, before any filter: as Wireshark counts."),
      OutputField("last_packet", .number, "Number of the last packet."),
      OutputField(
        "first_input", .count, absent: "with one input", "Input of the first packet: its place in `inputs` of run.json, from 0."),
      OutputField("last_input", .count, absent: "with one input", "Input of the last packet."),
      OutputField(
        "display_filter", .text,
        """
        Wireshark's display filter for the packets of the connection: endpoints, and first and last frame. With several inputs it is for \
        that of `first_input`, and has no frames where `last_input` is another. With `--key` it has the tags and tunnels for which \
        Wireshark has a field.
        """),
      OutputField("handshake", .word(handshakes), "How much of the three-way handshake was captured."),
      OutputField("close", .word(closes), "What completed the connection."),
    ] + connectionTiming + [
      OutputField(
        "tls", .object(tls), absent: "without `--tls`, `--keylog` or secrets in the capture, and where the connection has no TLS",
        "What its TLS tells."),
      OutputField("http", .object(httpCounts), absent: "without `--http` or without HTTP", "What was found of HTTP."),
      OutputField(
        "pcap", .optional(.text), absent: "without `--pcap`",
        "Path below the output folder of the capture with the packets of the connection; null where none could be written."),
      OutputField("pcap_base64", .form(.base64), absent: "where the path is UTF-8", "The bytes of a path that is not UTF-8."),
      OutputField(
        "pcap_missing", .count, absent: "where 0, or without `--pcap`",
        "Packets of the connection that could not be written to its capture."),
      OutputField("client_to_server", .object(direction), "What the client sent."),
      OutputField("server_to_client", .object(direction), "What the server sent."),
    ])

  static let endpoint = OutputObject(
    title: "endpoint",
    fields: [
      OutputField("ip", .form(.address), "Dotted decimal for IPv4, RFC 5952 for IPv6."),
      OutputField("port", .integer(from: 0, to: 65_535), "TCP port."),
    ])

  /// A direction of a connection.
  static let direction = OutputObject(
    title: "direction",
    fields: [
      OutputField("file", .optional(.text), "Path of the file below the output folder; null where none was written."),
      OutputField("file_base64", .form(.base64), absent: "where the path is UTF-8", "The bytes of a path that is not UTF-8."),
      OutputField("member", .object(member), absent: "without `--tar` or without a file", "The file in the archive."),
      OutputField(
        "complete", .bool,
        """
        The file is whole: SYN captured, FIN reached, no gap, no conflict, no reset taken back, nothing cut off by an option, nothing \
        unchecked, and no error in writing.
        """),
      OutputField(
        "incomplete_because", .list(.word(incompleteReasons), most: nil), absent: "where `complete`",
        "Why the file is not whole: every reason that holds."),
      OutputField(
        "whole_bytes", .bool,
        "No byte between the first and the last that were captured is missing, and no two copies of a byte differ."),
      OutputField("start", .word(starts), "How the direction began."),
      OutputField("end", .word(ends), "How the direction ended."),
      OutputField(
        "seq", .integer(from: 0, to: UInt64(UInt32.max)), absent: "where the start never became known",
        "Raw sequence number of offset 0."),
      OutputField("packets", .count, "Packets of the direction."),
      OutputField("bytes", .count, "Bytes of the stream that were captured and belong to the file."),
      OutputField("length", .count, absent: "where equal to `bytes`", "Length of the stream: `bytes`, `gap_bytes` and `truncated_bytes`."),
      OutputField(
        "payload_bytes", .count, absent: "where equal to `bytes`",
        "Payload captured: `bytes`, `truncated_bytes`, `retransmitted_bytes` and everything under `dropped`."),
      OutputField("file_size", .count, absent: "where equal to `bytes`", "Size of the file, holes included."),
      OutputField("truncated_bytes", .count, absent: "where 0", "Captured bytes that `--max-bytes` kept out of the file."),
      OutputField("gap_count", .count, absent: "where 0", "Gaps of the stream."),
      OutputField("gap_bytes", .count, absent: "where 0", "Bytes missing in all gaps."),
      OutputField(
        "gaps", .list(.object(gap), most: FlowNotes.maxListedGaps), absent: "where empty",
        "The first \(FlowNotes.maxListedGaps) gaps, in order of offset. `gap_count` and `gap_bytes` count all."),
      OutputField(
        "retransmitted_bytes", .count, absent: "where 0", "Payload bytes that were captured before, and their copy is no stream data."),
      OutputField("out_of_order_packets", .count, absent: "where 0", "Packets that came ahead of the expected offset."),
    ] + directionTiming + [
      OutputField("conflict_count", .count, absent: "where 0", "Ranges of which two captured copies differ."),
      OutputField(
        "conflicts", .list(.object(conflict), most: FlowNotes.maxListedConflicts), absent: "where empty",
        "The first \(FlowNotes.maxListedConflicts) conflicts. `conflict_count` counts all."),
      OutputField(
        "dropped", .tally(dropReasons, skipsZero: true), absent: "where empty", "Payload bytes that are no stream data, by reason."),
      OutputField("anomalies", .tally(anomalies, skipsZero: true), absent: "where empty", "Packets out of the ordinary, by kind."),
      OutputField(
        "sha256", .form(.sha256), absent: "without `--hash` or without a file", "SHA-256 of the file as it lies on the disk."),
      OutputField("write_error", .text, absent: "where writing succeeded", "Why the file ends early: the system's words."),
      OutputField("clear", .object(clear), absent: "where no record of TLS was opened", "The clear bytes of its TLS."),
      OutputField("match_count", .count, absent: "where 0, or without a search", "Matches in all layers of the direction."),
      OutputField("matches_not_listed", .count, absent: "where 0, or without a search", "Those without a line in matches.ndjson."),
    ])

  /// A file in the archive of `--tar`.
  static let member = OutputObject(
    title: "member",
    fields: [
      OutputField("name", .text, "Name of the member."),
      OutputField("name_base64", .form(.base64), absent: "where the name is UTF-8", "The bytes of a name that is not UTF-8."),
      OutputField("tar", .text, absent: "where the run has one archive", "Name of the archive, if each shard of the run has one."),
      OutputField("offset", .count, "Offset of its first byte in the archive."),
      OutputField("length", .count, "Its length."),
    ])

  /// A gap of a direction.
  static let gap = OutputObject(
    title: "gap",
    fields: [
      OutputField("offset", .count, "Offset of the first missing byte in the stream."),
      OutputField("length", .number, "Missing bytes."),
      OutputField("kind", .word(gapKinds), "What is missing."),
      OutputField("by", .word(gapCauses), "What made the assembler give the bytes up."),
      OutputField("acked", .bool, "The peer acknowledged bytes beyond the gap: the receiver got what the capture has not."),
      OutputField("file_offset", .count, "Offset of the gap in the file."),
      OutputField("file_length", .count, "Room of the gap in the file; 0 where it has none."),
    ])

  /// A conflict of a direction.
  static let conflict = OutputObject(
    title: "conflict",
    fields: [
      OutputField("offset", .count, "Offset of the first differing byte in the stream."),
      OutputField("length", .number, "Bytes that differ, without a break."),
      OutputField("kept", .object(keptVersion), "The copy in the file."),
      OutputField("other", .object(otherVersion), "The copy that gave way."),
    ])

  private static let input = OutputField("input", .count, absent: "with one input", "Input of the packet.")
  private static let data = OutputField("data", .form(.base64), "The first \(Differences.shownBytes) bytes of the copy, base64.")

  static let keptVersion = OutputObject(
    title: "kept version",
    fields: [
      OutputField("packet", .optional(.number), "Packet that brought the copy; null where that is no longer known."),
      OutputField("input", .count, absent: "with one input, or where the packet is not known", "Input of the packet."),
      data,
    ])

  static let otherVersion = OutputObject(
    title: "other version",
    fields: [OutputField("packet", .number, "Packet that brought the copy."), input, data])

  /// A line of chunks.ndjson.
  static let chunk = OutputObject(
    title: "chunk",
    fields: [
      OutputField("connection", .number, "The connection's `id`."),
      OutputField("direction", .word(directions), "Who sent the bytes."),
      OutputField(
        "layer", .word(chunkLayers), absent: "for bytes of the stream",
        "What the bytes are part of: those of a record of TLS have the packet that completed it."),
      OutputField("offset", .count, "Offset of the first byte in the stream."),
      OutputField("length", .number, "Bytes."),
      OutputField("file_offset", .count, absent: "where equal to `offset`", "Offset of the first byte in the file."),
      OutputField("time", .form(.time), "Time of the packet."),
      OutputField(
        "packet", .number, "Number of the packet. For a datagram in fragments, that of the packet that completed it."),
      OutputField("input", .count, absent: "with one input", "Input of the packet."),
      OutputField(
        "acknowledgment", .count, absent: "without ACK, or where it cannot be told",
        "Bytes of the other direction that the packet acknowledges."),
    ])
}
