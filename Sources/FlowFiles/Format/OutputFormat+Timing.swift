extension OutputFormat {
  private static let unmeasured = "with `--no-analysis`"

  /// Fields of a connection that tell why its transfer stalls.
  static let connectionTiming = [
    OutputField(
      "syn_rtt", .seconds, absent: "\(unmeasured), and where the SYN or the SYN-ACK is missing or was repeated",
      "Seconds from the client's SYN to the SYN-ACK, at the point of capture."),
    OutputField(
      "longest_silence", .object(silence), absent: "\(unmeasured), and where no packet is later than the one before it",
      "The longest time without a packet of either direction."),
  ]

  static let silence = OutputObject(
    title: "silence",
    fields: [
      OutputField("at", .form(.time), "Time of the packet before it."),
      OutputField("length", .seconds, "Seconds to the packet after it."),
      OutputField("side", .word(connectionEnds), "Who sent the packet after it."),
      OutputField("packet", .number, "Number of the packet after it."),
      OutputField("input", .count, absent: "with one input", "Input of the packet after it."),
    ])

  /// Fields of a direction that tell why its transfer stalls.
  static let directionTiming = [
    OutputField(
      "rtt", .object(roundTrips), absent: "\(unmeasured), and where nothing was timed",
      "Times from a segment of this direction to the acknowledgment of its last byte, at the point of capture."),
    OutputField(
      "retransmitted_segments", .count, absent: "\(unmeasured), and where 0",
      "Segments with a byte, a SYN or a FIN that was captured before."),
    OutputField(
      "duplicate_acks", .count, absent: "\(unmeasured), and where 0",
      "Acknowledgments without data that repeat the number and the window of the one before them while bytes are outstanding."),
    OutputField(
      "zero_window", .object(closedWindow), absent: "\(unmeasured), and where 0",
      "How often and how long the sender of this direction had closed its window, so that the other end had to wait."),
    OutputField(
      "window_probes", .count, absent: "\(unmeasured), and where 0",
      "Segments of no byte or one just below the next byte, sent while the window of the other end was closed."),
    OutputField(
      "keep_alives", .count, absent: "\(unmeasured), and where 0",
      "Such segments while it was open. `anomalies` counts only those of one byte."),
    OutputField(
      "first_data", .seconds, absent: "\(unmeasured), and without payload", "Seconds from `start` to the first segment with payload."),
    OutputField(
      "last_data", .seconds, absent: "\(unmeasured), and without payload", "Seconds from `start` to the last segment with payload."),
    OutputField(
      "throughput", .count, absent: "\(unmeasured), and where both times are the same",
      "Bytes of the stream per second from `first_data` to `last_data`."),
  ]

  static let roundTrips = OutputObject(
    title: "round-trip times",
    fields: [
      OutputField("count", .number, "Segments that were timed: one at a time, and none that was repeated (Karn's algorithm)."),
      OutputField("min", .seconds, "Shortest time in seconds."),
      OutputField("mean", .seconds, "Mean time."),
      OutputField("max", .seconds, "Longest time."),
    ])

  static let closedWindow = OutputObject(
    title: "closed window",
    fields: [
      OutputField("count", .count, "Times that the window was closed."),
      OutputField("time", .seconds, "Seconds during which it was."),
    ])
}
