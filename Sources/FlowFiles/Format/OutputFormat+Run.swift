extension OutputFormat {
  /// Contents of run.json, and output of `--summary json`.
  static let run = OutputObject(
    title: "run",
    fields: [
      OutputField(
        "schema", .integer(from: UInt64(RunReport.schema), to: UInt64(RunReport.schema)),
        "Version of this format. It goes up when a reader must be changed."),
      OutputField("version", .text, "Version of the program."),
      OutputField("inputs", .list(.object(runInput), most: nil), "What was read, in the order in which packets name inputs, from 0."),
      OutputField("filter", .optional(.text), "The capture filter; null without one."),
      OutputField("options", .object(options), "Options that change what is written."),
      OutputField("limits", .object(limits), "Limits, and how often each made the run give something up."),
      OutputField("packets", .count, "Packets read."),
      OutputField("filtered_packets", .count, "Packets that passed the filter."),
      OutputField("cut_packets", .count, "Packets of those that the snap length had cut."),
      OutputField("kernel", .object(kernel), absent: "where files were read", "What the kernel counted during a live capture."),
      OutputField("skipped_packets", .tally(skipReasons, skipsZero: true), "Packets that are no TCP segment, by reason."),
      OutputField(
        "passed_over", .list(.object(passedOver), most: nil), absent: "where nothing was passed over",
        "What those packets hold, the largest number first."),
      OutputField("passed_over_others", .count, absent: "where it is zero", "Packets of further kinds, which are not counted each."),
      OutputField("connections", .object(connections), "Connections."),
      OutputField("stray", .object(strayTraffic), "Segments that belong to no connection and make none."),
      OutputField("stragglers", .object(strayTraffic), "Late segments of completed connections."),
      OutputField("counters", .object(counters), "Counters of the assembler."),
      OutputField("dropped", .tally(dropReasons, skipsZero: false), "Payload bytes that are no stream data, by reason."),
      OutputField("anomalies", .tally(anomalies, skipsZero: false), "Packets out of the ordinary, by kind."),
      OutputField("fragments", .object(fragments), "What became of IP fragments."),
      OutputField("output", .object(output), "What was written."),
      OutputField("exit_status", .integer(from: 0, to: 3), "The program's exit status as far as it is known when the file is written."),
    ])

  static let runInput = OutputObject(
    title: "input",
    fields: [
      OutputField("file", .text, "The input as it was named: file, `-`, address or interface."),
      OutputField("file_base64", .form(.base64), absent: "where the name is UTF-8", "The bytes of a name that is not UTF-8."),
      OutputField("format", .optional(.word(captureFormats)), "Format of the capture; null where it is not known, as live."),
      OutputField("link_types", .list(.text, most: nil), "Link types by libpcap's names, with a description, or by number."),
      OutputField("size", .optional(.count), "Bytes of the file; null for what has no size."),
      OutputField(
        "sha256", .optional(.form(.sha256)), absent: "without `--hash`",
        "SHA-256 of the file as it lies on the disk; null for what is no regular file, still grows, or was not read to its end."),
      OutputField("packets", .count, "Packets read from the input."),
      OutputField("first", .optional(.form(.time)), "Time of the first packet; null without packets."),
      OutputField("last", .optional(.form(.time)), "Time of the last packet."),
      OutputField(
        "drops", .count, absent: "where the capture has no statistics", "Packets that the capturing host lost, by its own statistics."),
      OutputField("damaged_bytes", .count, absent: "where it is zero", "Bytes that were passed over to find the next block behind damage."),
      OutputField(
        "undescribed_packets", .count, absent: "where it is zero", "Packets of interfaces that the capture does not describe."),
      OutputField(
        "untimed_packets", .count, absent: "where it is zero",
        "Packets whose time is not stated, or before 1677 or after 2262; they have that of the packet before them."),
      OutputField("truncated", .bool, "The capture is cut off: it ends in the middle of a packet or of its compressed data."),
    ])

  /// Packets of one kind that hold no TCP segment.
  static let passedOver = OutputObject(
    title: "passed over",
    fields: [
      OutputField("layer", .word(passedOverLayers), "What the number belongs to."),
      OutputField("number", .count, "EtherType, IP protocol, UDP port, link type or other number."),
      OutputField("name", .optional(.text), "Name of the protocol; null where the program has none."),
      OutputField("packets", .count, "Packets of the kind."),
    ])

  private static let timer = OutputValue.optional(.form(.duration))
  private static let size = OutputValue.optional(.count)

  /// Options under the names of the command line, with `_` for `-`.
  static let options = OutputObject(
    title: "options",
    fields: [
      OutputField("count", .optional(.count), "Stop after that many packets."),
      OutputField("name_template", .text, "Template of the file names."),
      OutputField("gaps", .word(gapModes), "What a gap becomes in a file."),
      OutputField("max_gap", size, "A longer gap takes no room."),
      OutputField("hash", .bool, "Files are hashed."),
      OutputField("overlap_policy", .word(overlapPolicies), "Which copy of an undelivered byte wins."),
      OutputField("fragment_policy", .word(fragmentPolicies), "Which copy of a byte wins among IPv4 fragments."),
      OutputField("defrag", .bool, "IP fragments are put together."),
      OutputField("checksum", .word(checksumUses), "What a wrong checksum does."),
      OutputField("require_handshake", .bool, "Only a SYN or SYN-ACK makes a connection."),
      OutputField("strict_state", .bool, "Segments that the connection's state does not allow are turned away."),
      OutputField("strict_options", .bool, "Segments that contradict MSS or window are turned away."),
      OutputField("key", .list(.word(keyScopes), most: keyScopes.words.count), "What tells connections apart besides addresses and ports."),
      OutputField("gap_timeout", timer, "A queued byte waits this long for the hole before it."),
      OutputField("idle_timeout", timer, "A connection without packets is over after this."),
      OutputField("syn_timeout", timer, "A SYN without an answer is over after this."),
      OutputField("close_delay", timer, "From a reset or the second FIN to the end of the connection."),
      OutputField("straggler_time", timer, "Late packets make no new connection for this long."),
      OutputField("fragment_timeout", timer, "A fragment waits this long for the rest of its datagram."),
      OutputField("promiscuous", .bool, absent: "where files were read", "Packets for other hosts were captured too."),
      OutputField("time_stamp_type", .optional(.text), absent: "where files were read", "Whose clock stamped the packets."),
      OutputField("duration", timer, absent: "where files were read", "End of the capture after this time."),
      OutputField("snaplen", size, absent: "where files were read", "Bytes captured of each packet."),
      OutputField("index", .word(indexForms), absent: "where not given", "Form of the lines of the index."),
      OutputField("analysis", .bool, absent: "where not given", "`false`: times that tell why a transfer stalls were not measured."),
      OutputField("connection", .list(.text, most: nil), absent: "where not given", "Connections that are written; all others were not."),
      OutputField("report", .bool, absent: "where not given", "report.html was written."),
      OutputField("chunks", .bool, absent: "where not given", "chunks.ndjson was written."),
      OutputField("no_streams", .bool, absent: "where not given", "Streams have no files."),
      OutputField("pcap", .bool, absent: "where not given", "Each connection has a capture."),
      OutputField("pcap_template", .text, absent: "without `--pcap`", "Template of the names of captures."),
      OutputField("http", .bool, absent: "where not given", "HTTP was read."),
      OutputField("http_max_body", size, absent: "without `--http`", "Of a longer body or WebSocket message the rest is left out."),
      OutputField("http_names", .word(bodyNamings), absent: "where not given", "Form of the names of bodies."),
      OutputField("http_only", .bool, absent: "where not given", "Streams have no files."),
      OutputField("http_parts", .bool, absent: "where not given", "Parts of multipart bodies have files."),
      OutputField("har", .bool, absent: "where not given", "http.har was written."),
      OutputField("har_text", .count, absent: "where not given", "http.har holds the text of bodies up to this."),
      OutputField("match", .count, absent: "without a search", "Patterns of `--match`."),
      OutputField("match_file", .count, absent: "where not given", "Files of patterns that were read."),
      OutputField("match_fixed", .bool, absent: "where not given", "The patterns are literals."),
      OutputField("match_memory", size, absent: "without a search", "Bytes that the states of all searches may take."),
      OutputField("tar", .bool, absent: "where not given", "Files are members of an archive."),
      OutputField("write_empty", .bool, absent: "where not given", "A direction without a byte has an empty file."),
      OutputField("max_holes", .count, absent: "where not given", "Room of all gaps of all files together; 0 is no limit."),
      OutputField("min_bytes", .count, absent: "where not given", "A direction with fewer bytes has no file."),
      OutputField("max_bytes", .count, absent: "where not given", "No file grows beyond this."),
      OutputField("tls", .bool, absent: "where not given", "TLS was looked into without a key log."),
      OutputField("keylog", .count, absent: "where not given", "Key logs that were read."),
      OutputField("tls_certificates", .bool, absent: "where not given", "Certificates have files."),
      OutputField("ciphertext", .bool, absent: "where not given", "`false`: streams of TLS have no files, only their clear bytes."),
      OutputField("key_wait_memory", .count, absent: "where not given", "Ciphertext that may wait for its key; 0 is no limit."),
    ])

  static let limits = OutputObject(
    title: "limits",
    fields: [
      OutputField("connection_memory", .object(limit), "Queued bytes of one connection; a hit is a gap that was given up."),
      OutputField("memory_limit", .object(limit), "Queued bytes of all connections; a hit is a gap that was given up."),
      OutputField("fragment_memory", .object(limit), "Bytes that wait in IP fragments; a hit is a datagram that was given up."),
      OutputField("max_connections", .object(limit), "Connections open at once; a hit is a connection that was evicted."),
      reachable("max_holes", "Room of all gaps together; a hit is a gap that got none."),
      reachable("key_wait_memory", "Ciphertext that waits for its key; a hit is a connection that was given up."),
      reachable("mapped_gaps", "Gaps whose places in files are remembered; a hit is a direction that forgot some."),
      reachable(
        "http_max_body",
        "Bytes of a body or a WebSocket message; a hit is one whose rest was left out, here or because it was decoded from too few bytes."),
      reachable("http_head", "Bytes of a head; a hit is a head whose rest was passed over."),
      reachable(
        "http2_open_heads", "Bytes of the HTTP/2 heads of all exchanges without a line yet; a hit is a head whose rest was left out."),
      reachable("http_header_lines", "Field lines of a head; a hit is a head whose other lines are not listed."),
      reachable("http_open_requests", "Requests of a connection that wait for their response; a hit is one that was given up."),
      reachable("http_codings", "Codings of a body; a hit is a body that was not decoded."),
      reachable("http_decoders", "Decoders at work at once; a hit is a body that was not decoded."),
      reachable(
        "http_decoder_memory",
        "Bytes that all decoders take, at most half for WebSocket messages; a hit is a body or a message whose rest was not decoded."),
      reachable("http_parts", "Parts of a multipart body; a hit is one that is not listed."),
      reachable("http2_streams", "Open HTTP/2 streams of a connection; a hit is one that was not followed."),
      reachable("http_held", "Bytes of a direction that wait for the other one; a hit is a direction that went on without it."),
      reachable("match_lines", "Lines of a pattern in one direction of a layer; a hit is a match without a line."),
      reachable("match_memory", "Bytes of the states of all searches; a hit is a direction or a body that was not searched."),
    ])

  /// Field of a limit that stands only where it was reached.
  private static func reachable(_ name: String, _ meaning: String) -> OutputField {
    OutputField(name, .object(limit), absent: "where it was not reached", meaning)
  }

  static let limit = OutputObject(
    title: "limit",
    fields: [
      OutputField("value", .optional(.count), "Bytes, connections or other things; null is no limit."),
      OutputField("hits", .count, "How often it was reached."),
    ])

  static let kernel = OutputObject(
    title: "kernel",
    fields: [
      OutputField("received", .count, "Packets that passed the kernel's filter."),
      OutputField("dropped", .count, "Packets dropped for want of room in the kernel's buffer."),
      OutputField("dropped_by_interface", .count, "Packets dropped by the interface or its driver."),
    ])

  static let connections = OutputObject(
    title: "connections",
    fields: [
      OutputField("total", .count, "Connections made."),
      OutputField("most_at_once", .count, "The most that were open at one time."),
      OutputField("evicted", .count, "Connections that gave way at `--max-connections`."),
    ])

  static let strayTraffic = OutputObject(
    title: "stray traffic",
    fields: [
      OutputField("packets", .count, "Packets."),
      OutputField("payload_bytes", .count, "Their payload bytes."),
    ])

  static let counters = OutputObject(
    title: "counters",
    fields: [
      OutputField("segments", .count, "TCP segments handed to the assembler."),
      OutputField("payload_bytes", .count, "Their payload bytes."),
      OutputField("reassembled_bytes", .count, "Bytes delivered to streams."),
      OutputField("reassembled_chunks", .count, "Deliveries they came in."),
      OutputField("missed_bytes", .count, "Bytes of all gaps."),
      OutputField("gaps", .count, "Gaps."),
      OutputField("out_of_order_packets", .count, "Packets ahead of the expected offset."),
      OutputField("out_of_order_bytes", .count, "Their payload bytes."),
      OutputField("biggest_chunk_packets", .count, "The most packets in one delivery."),
      OutputField("biggest_chunk_bytes", .count, "The most bytes in one delivery."),
      OutputField("overlap_packets", .count, "Packets with bytes that were there already."),
      OutputField("overlap_bytes", .count, "Those bytes."),
      OutputField("queued_conflicts", .count, "Conflicts among bytes not yet delivered."),
      OutputField("clock_jump", .count, "Steps of packet time beyond an hour, forward or back, once for each clock that shows one."),
      OutputField("checksums_checked", .count, "TCP checksums computed: a sample, or all with `--checksum verify`."),
      OutputField("checksums_bad", .count, "Those that were wrong."),
      OutputField("page_limit_flushes", .count, "Gaps given up at `--connection-memory`."),
      OutputField("memory_limit_flushes", .count, "Gaps given up at `--memory-limit`."),
    ])

  static let fragments = OutputObject(
    title: "fragments",
    fields: [
      OutputField("fragments", .count, "Fragments seen."),
      OutputField("datagrams", .count, "Datagrams put together."),
      OutputField("duplicates", .count, "Fragments that were there already."),
      OutputField("overlapping", .count, "Fragments that overlap others."),
      OutputField("oversized", .count, "Datagrams over 65 535 bytes, dropped."),
      OutputField("malformed", .count, "Fragments that contradict themselves or the others."),
      OutputField("timed_out", .count, "Datagrams given up after `--fragment-timeout`."),
      OutputField("evicted", .count, "Datagrams given up at `--fragment-memory`."),
      OutputField("incomplete", .count, "Datagrams that were not complete at the end."),
    ])

  static let output = OutputObject(
    title: "output",
    fields: [
      OutputField("files", .count, "Files written."),
      OutputField("bytes", .count, "Bytes of the files, holes included."),
      OutputField("conflicts", .count, "Ranges of which two captured copies differ."),
      OutputField("connections_with_errors", .count, "Connections whose files could not be written in full."),
      OutputField(
        "connections_passed_over", .count, absent: "without `--connection` and `--matching`",
        "Connections that `--connection` did not name, and with `--matching` those in which nothing matched."),
      OutputField("truncated_bytes", .count, absent: "where 0", "Stream bytes that `--max-bytes` kept out of files."),
      OutputField("below_minimum_bytes", .count, absent: "where 0", "Stream bytes of directions below `--min-bytes`."),
      OutputField("pcap_files", .count, absent: "without `--pcap`", "Captures of connections."),
      OutputField("pcap_bytes", .count, absent: "without `--pcap`", "Bytes of those."),
      OutputField("http_exchanges", .count, absent: "without `--http`", "Exchanges of HTTP."),
      OutputField("http_bodies", .count, absent: "without `--http`", "Bodies of HTTP with a byte."),
      OutputField("matches", .count, absent: "without a search", "Matches, those without a line too."),
      OutputField("match_memory_peak", .count, absent: "without a search", "The most bytes that the states of all searches took at once."),
    ])
}
