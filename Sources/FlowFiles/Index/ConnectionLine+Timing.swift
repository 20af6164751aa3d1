internal import Packets
internal import Reassembly

/// Members of a connection's line that tell why its transfer stalls; none if times were not measured.
extension ConnectionLine {
  /// Writes the times of the connection.
  func timing(_ report: ConnectionReport, _ json: inout JSONWriter) {
    if let roundTrip = report.timing?.synRoundTrip {
      json.seconds("syn_rtt", roundTrip.nanoseconds)
    } else {
      json.nullIfFull("syn_rtt")
    }
    guard let silence = report.timing?.longestSilence else { return json.nullIfFull("longest_silence") }
    json.key("longest_silence")
    json.beginObject()
    json.key("at")
    json.time(silence.start)
    json.seconds("length", silence.length.nanoseconds)
    json.key("side")
    json.word((silence.endedBy == report.client ? ConnectionEnd.client : .server).name)
    json.key("packet")
    json.integer(silence.packetNumber)
    if namesInputs {
      json.key("input")
      json.integer(UInt64(silence.input))
    }
    json.endObject()
  }

  /// Writes the times of a direction of a connection whose first packet came at `start`.
  func timing(_ half: HalfReport, since start: Timestamp, _ json: inout JSONWriter) {
    guard let timing = half.timing else {
      for name: StaticString in [
        "rtt", "retransmitted_segments", "duplicate_acks", "zero_window", "window_probes", "keep_alives", "first_data", "last_data",
        "throughput",
      ] {
        json.nullIfFull(name)
      }
      return
    }
    if let roundTrips = timing.roundTrips {
      json.key("rtt")
      json.beginObject()
      json.key("count")
      json.integer(roundTrips.count)
      json.seconds("min", roundTrips.minimum.nanoseconds)
      json.seconds("mean", roundTrips.mean.nanoseconds)
      json.seconds("max", roundTrips.maximum.nanoseconds)
      json.endObject()
    } else {
      json.nullIfFull("rtt")
    }
    json.unlessZero("retransmitted_segments", timing.retransmittedSegments)
    json.unlessZero("duplicate_acks", timing.duplicateAcknowledgments)
    if timing.zeroWindows > 0 || json.isFull {
      json.key("zero_window")
      json.beginObject()
      json.key("count")
      json.integer(timing.zeroWindows)
      json.seconds("time", timing.zeroWindowTime.nanoseconds)
      json.endObject()
    }
    json.unlessZero("window_probes", timing.windowProbes)
    json.unlessZero("keep_alives", timing.keepAlives)
    if let first = timing.firstPayload, let last = timing.lastPayload {
      json.seconds("first_data", first.nanoseconds &- start.nanoseconds)
      json.seconds("last_data", last.nanoseconds &- start.nanoseconds)
    } else {
      json.nullIfFull("first_data")
      json.nullIfFull("last_data")
    }
    if let rate = timing.throughput(ofBytes: half.bytes) {
      json.key("throughput")
      json.integer(UInt64(exactly: rate.rounded(.down)) ?? .max)
    } else {
      json.nullIfFull("throughput")
    }
  }
}

/// End of a connection, as a word of the output.
enum ConnectionEnd: UInt8, OutputWordSource {
  case client, server

  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .client: ("client", "The client.")
    case .server: ("server", "The server.")
    }
  }
}
