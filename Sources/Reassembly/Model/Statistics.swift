/// Figures over everything an assembler has seen; names after gopacket's reassemblydump.
public struct Statistics: Sendable {
  /// Segments handed to the assembler.
  public var segments: UInt64 = 0
  /// Their payload bytes.
  public var payloadBytes: UInt64 = 0
  public var reassembledBytes: UInt64 = 0
  public var reassembledChunks: UInt64 = 0
  public var missedBytes: UInt64 = 0
  /// Those of them that the snap length cut off.
  public var cutBytes: UInt64 = 0
  public var gaps: UInt64 = 0
  public var outOfOrderPackets: UInt64 = 0
  public var outOfOrderBytes: UInt64 = 0
  public var biggestChunkPackets: UInt64 = 0
  public var biggestChunkBytes: UInt64 = 0
  public var overlapPackets: UInt64 = 0
  public var overlapBytes: UInt64 = 0
  public var conflicts: UInt64 = 0
  public var connections: UInt64 = 0
  public var connectionsMost: UInt64 = 0
  /// Segments that belong to no connection and make none.
  public var strayPackets: UInt64 = 0
  public var strayPayloadBytes: UInt64 = 0
  /// Late segments of completed connections.
  public var stragglerPackets: UInt64 = 0
  public var stragglerPayloadBytes: UInt64 = 0
  public var clockJumps: UInt64 = 0
  public var evictedConnections: UInt64 = 0
  public var pageLimitFlushes: UInt64 = 0
  public var memoryLimitFlushes: UInt64 = 0
  /// Bytes that a stream wanted to see again and that exceeded the limits.
  public var keptBytesReleased: UInt64 = 0
  /// Segments whose checksum was computed, and those of them where it was wrong.
  public var checksumsChecked: UInt64 = 0
  public var checksumsBad: UInt64 = 0
  public var dropped = Tally<DropReason>()
  public var anomalies = Tally<Anomaly>()
  public var fragments = FragmentStatistics()

  public init() {}
}

/// What became of IP fragments.
public struct FragmentStatistics: Sendable {
  public var fragments: UInt64 = 0
  public var datagrams: UInt64 = 0
  public var duplicates: UInt64 = 0
  public var overlapping: UInt64 = 0
  public var oversized: UInt64 = 0
  public var malformed: UInt64 = 0
  public var timedOut: UInt64 = 0
  public var evicted: UInt64 = 0
  public var incomplete: UInt64 = 0
  public init() {}
}
