/// Counters over everything that an assembler has seen, named after those of gopacket's `reassemblydump`.
public struct Statistics: Sendable {
  /// Number of segments assembled.
  public var segments: UInt64 = 0
  /// Number of payload bytes captured.
  public var payloadBytes: UInt64 = 0
  /// Number of bytes delivered to streams.
  public var reassembledBytes: UInt64 = 0
  /// Number of deliveries with new bytes.
  public var reassembledChunks: UInt64 = 0
  /// Number of bytes in gaps.
  public var missedBytes: UInt64 = 0
  /// Number of bytes in gaps that the snap length cut off.
  public var cutBytes: UInt64 = 0
  /// Number of gaps.
  public var gaps: UInt64 = 0
  /// Number of segments that came above a hole.
  public var outOfOrderPackets: UInt64 = 0
  /// Number of payload bytes that came above a hole.
  public var outOfOrderBytes: UInt64 = 0
  /// Largest number of new chunks in one delivery.
  public var biggestChunkPackets: UInt64 = 0
  /// Largest number of new bytes in one delivery.
  public var biggestChunkBytes: UInt64 = 0
  /// Number of segments that repeat delivered or queued bytes.
  public var overlapPackets: UInt64 = 0
  /// Number of payload bytes that repeat delivered or queued bytes.
  public var overlapBytes: UInt64 = 0
  /// Number of ranges in which two copies of queued bytes differ.
  public var conflicts: UInt64 = 0
  /// Number of connections made.
  public var connections: UInt64 = 0
  /// Largest number of connections open at once.
  public var connectionsMost: UInt64 = 0
  /// Number of segments that belong to no connection and make none.
  public var strayPackets: UInt64 = 0
  /// Number of their payload bytes.
  public var strayPayloadBytes: UInt64 = 0
  /// Number of segments of connections in time-wait.
  public var stragglerPackets: UInt64 = 0
  /// Number of their payload bytes.
  public var stragglerPayloadBytes: UInt64 = 0
  /// Number of steps of packet time beyond an hour, forward or back, once for each clock that shows one; set by ``Assembler/flushAll()``.
  public var clockJumps: UInt64 = 0
  /// Number of connections completed because the connection limit was reached.
  public var evictedConnections: UInt64 = 0
  /// Number of holes given up because one connection reached its memory limit.
  public var pageLimitFlushes: UInt64 = 0
  /// Number of times that something was given up because the memory limit of all connections was reached.
  public var memoryLimitFlushes: UInt64 = 0
  /// Number of kept bytes released because they exceeded the limits.
  public var keptBytesReleased: UInt64 = 0
  /// Number of segments whose checksum was computed.
  public var checksumsChecked: UInt64 = 0
  /// Number of segments whose checksum was wrong.
  public var checksumsBad: UInt64 = 0
  /// Payload bytes that are part of no stream, by reason.
  public var dropped = Tally<DropReason>()
  /// Unusual packets, by kind.
  public var anomalies = Tally<Anomaly>()
  /// Counters of IP fragments.
  public var fragments = FragmentStatistics()

  /// Creates counters at 0.
  public init() {}
}

/// Counters of IP fragments and of the datagrams that they make up.
public struct FragmentStatistics: Sendable {
  /// Number of fragments.
  public var fragments: UInt64 = 0
  /// Number of datagrams completed.
  public var datagrams: UInt64 = 0
  /// Number of fragments that repeat an earlier one.
  public var duplicates: UInt64 = 0
  /// Number of fragments that overlap others.
  public var overlapping: UInt64 = 0
  /// Number of datagrams that exceed what a length field can state.
  public var oversized: UInt64 = 0
  /// Number of fragments without bytes, with a length that is no multiple of 8, or beyond the end of their datagram.
  public var malformed: UInt64 = 0
  /// Number of incomplete datagrams given up by age.
  public var timedOut: UInt64 = 0
  /// Number of incomplete datagrams given up because the memory limit was reached.
  public var evicted: UInt64 = 0
  /// Number of datagrams incomplete at the end of the input.
  public var incomplete: UInt64 = 0

  /// Creates counters at 0.
  public init() {}
}
