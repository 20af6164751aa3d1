internal import Packets
internal import Reassembly

extension RunReport {
  /// Returns the report as JSON text with a newline at the end.
  ///
  /// The order of keys does not depend on the values.
  public func json() -> [UInt8] {
    var json = JSONWriter(isIndented: true)
    json.beginObject()
    json.count("schema", UInt64(Self.schema))
    json.key("version")
    json.string(version)
    json.key("inputs")
    json.beginArray()
    for input in inputs { input.write(to: &json, isHashed: hashesInputs) }
    json.endArray()
    json.key("filter")
    json.optional(filter)
    json.key("options")
    json.beginObject()
    for option in options {
      option.value.write(option.name, to: &json)
    }
    json.endObject()
    json.key("limits")
    json.beginObject()
    for limit in limits { limit.write(to: &json) }
    json.endObject()
    json.count("packets", packets)
    json.count("filtered_packets", filteredPackets)
    json.count("cut_packets", cutPackets)
    if let kernel {
      json.key("kernel")
      json.beginObject()
      json.count("received", kernel.received)
      json.count("dropped", kernel.dropped)
      json.count("dropped_by_interface", kernel.droppedByInterface)
      json.endObject()
    }
    json.key("skipped_packets")
    json.beginObject()
    for reason in DecodeError.allCases {
      if let count = skipped[reason], count != 0 { json.count(reason.name.description, count) }
    }
    json.endObject()
    if !passedOver.isEmpty {
      json.key("passed_over")
      json.beginArray()
      for entry in passedOver { entry.write(to: &json) }
      json.endArray()
    }
    if otherPassedOver > 0 { json.count("passed_over_others", otherPassedOver) }
    statistics.write(to: &json, withheldBytes: output.withheldBytes)
    json.key("output")
    json.beginObject()
    json.count("files", output.files)
    json.count("bytes", output.bytes)
    json.count("conflicts", output.conflicts)
    json.count("connections_with_errors", output.connectionsWithErrors)
    if let connectionsPassedOver { json.count("connections_passed_over", connectionsPassedOver) }
    if output.truncatedBytes > 0 { json.count("truncated_bytes", output.truncatedBytes) }
    if output.withheldBytes > 0 { json.count("below_minimum_bytes", output.withheldBytes) }
    if let captures = output.captures {
      json.count("pcap_files", captures.files)
      json.count("pcap_bytes", captures.bytes)
    }
    if let http = output.http {
      json.count("http_exchanges", http.exchanges)
      json.count("http_bodies", http.bodies)
    }
    if let matches = output.matches {
      json.count("matches", matches.matches)
      json.count("match_memory_peak", UInt64(clamping: matches.peakMemory))
    }
    json.endObject()
    json.key("exit_status")
    json.integer(Int64(exitStatus))
    json.endObject()
    json.endLine()
    return json.bytes
  }
}

extension RunReport.Input {
  fileprivate func write(to json: inout JSONWriter, isHashed: Bool) {
    json.beginObject()
    json.path("file", file)
    json.key("format")
    json.optional(format)
    json.key("link_types")
    json.beginArray()
    for linkType in linkTypes { json.string(linkType) }
    json.endArray()
    json.key("size")
    json.optional(size)
    if isHashed {
      json.key("sha256")
      if let sha256 { json.hexadecimal(sha256) } else { json.null() }
    }
    json.count("packets", packets)
    for (name, time) in [("first", first), ("last", last)] {
      json.key(named: name)
      if let time { json.time(time) } else { json.null() }
    }
    if let drops { json.count("drops", drops) }
    if damagedBytes > 0 { json.count("damaged_bytes", damagedBytes) }
    if undescribedPackets > 0 { json.count("undescribed_packets", undescribedPackets) }
    if untimedPackets > 0 { json.count("untimed_packets", untimedPackets) }
    json.key("truncated")
    json.bool(isTruncated)
    json.endObject()
  }
}

extension RunReport.PassedOverPackets {
  fileprivate func write(to json: inout JSONWriter) {
    json.beginObject()
    json.key("layer")
    json.string(String(describing: kind.layer.name))
    json.count("number", UInt64(kind.number))
    json.key("name")
    json.optional(kind.name)
    json.count("packets", packets)
    json.endObject()
  }
}

extension RunReport.Value {
  fileprivate func write(_ name: String, to json: inout JSONWriter) {
    if case .path(let path) = self { return json.path(name, path) }
    json.key(named: name)
    switch self {
    case .none, .path: json.null()
    case .bool(let value): json.bool(value)
    case .integer(let value): json.integer(value)
    case .text(let value): json.string(value)
    case .list(let values):
      json.beginArray()
      for value in values { json.string(value) }
      json.endArray()
    }
  }
}

extension RunReport.Limit {
  fileprivate func write(to json: inout JSONWriter) {
    json.key(named: name)
    json.beginObject()
    json.key("value")
    json.optional(value)
    json.count("hits", hits)
    json.endObject()
  }
}

extension Statistics {
  /// Writes the figures of the engine.
  ///
  /// `withheldBytes` are bytes that the engine delivered, and that the index counts as dropped.
  fileprivate func write(to json: inout JSONWriter, withheldBytes: UInt64) {
    json.key("connections")
    json.beginObject()
    json.count("total", connections)
    json.count("most_at_once", connectionsMost)
    json.count("evicted", evictedConnections)
    json.endObject()
    json.key("stray")
    json.beginObject()
    json.count("packets", strayPackets)
    json.count("payload_bytes", strayPayloadBytes)
    json.endObject()
    json.key("stragglers")
    json.beginObject()
    json.count("packets", stragglerPackets)
    json.count("payload_bytes", stragglerPayloadBytes)
    json.endObject()
    json.key("counters")
    json.beginObject()
    json.count("segments", segments)
    json.count("payload_bytes", payloadBytes)
    json.count("reassembled_bytes", reassembledBytes)
    json.count("reassembled_chunks", reassembledChunks)
    json.count("missed_bytes", missedBytes)
    json.count("gaps", gaps)
    json.count("out_of_order_packets", outOfOrderPackets)
    json.count("out_of_order_bytes", outOfOrderBytes)
    json.count("biggest_chunk_packets", biggestChunkPackets)
    json.count("biggest_chunk_bytes", biggestChunkBytes)
    json.count("overlap_packets", overlapPackets)
    json.count("overlap_bytes", overlapBytes)
    json.count("queued_conflicts", conflicts)
    json.count("clock_jump", clockJumps)
    json.count("checksums_checked", checksumsChecked)
    json.count("checksums_bad", checksumsBad)
    json.count("page_limit_flushes", pageLimitFlushes)
    json.count("memory_limit_flushes", memoryLimitFlushes)
    json.endObject()
    json.key("dropped")
    json.beginObject()
    for reason in DropReason.allCases { json.count(reason.name, dropped[reason]) }
    json.count(IncompleteReason.belowMinimum.name.description, withheldBytes)
    json.endObject()
    json.key("anomalies")
    json.beginObject()
    for anomaly in Anomaly.allCases { json.count(anomaly.name, anomalies[anomaly]) }
    json.endObject()
    fragments.write(to: &json)
  }
}

extension FragmentStatistics {
  fileprivate func write(to json: inout JSONWriter) {
    json.key("fragments")
    json.beginObject()
    json.count("fragments", fragments)
    json.count("datagrams", datagrams)
    json.count("duplicates", duplicates)
    json.count("overlapping", overlapping)
    json.count("oversized", oversized)
    json.count("malformed", malformed)
    json.count("timed_out", timedOut)
    json.count("evicted", evicted)
    json.count("incomplete", incomplete)
    json.endObject()
  }
}

extension JSONWriter {
  fileprivate mutating func count(_ name: String, _ value: UInt64) {
    key(named: name)
    integer(value)
  }

  fileprivate mutating func optional(_ text: String?) {
    if let text { string(text) } else { null() }
  }

  fileprivate mutating func optional(_ value: Int64?) {
    if let value { integer(value) } else { null() }
  }
}
