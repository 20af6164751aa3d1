public import Packets

/// Times of a connection, which tell why a transfer stalls; measured if ``AssemblerOptions/measuresTiming`` is set.
///
/// All times are differences of capture times, at the point of capture.
public struct ConnectionTiming: Hashable, Sendable {
  /// Time from the client's SYN to the SYN-ACK; nil if one of them was not captured, or either was repeated.
  public var synRoundTrip: PacketDuration?
  /// Longest time without a packet of the connection; nil if no packet came later than the one before it.
  public var longestSilence: Silence?

  /// Creates times from their parts.
  public init(synRoundTrip: PacketDuration? = nil, longestSilence: Silence? = nil) {
    self.synRoundTrip = synRoundTrip
    self.longestSilence = longestSilence
  }
}

/// Time between two consecutive packets of a connection, of either direction.
public struct Silence: Hashable, Sendable {
  /// Capture time of the packet before it.
  public var start: Timestamp
  /// Length of the silence.
  public var length: PacketDuration
  /// End that sent the packet after it.
  public var endedBy: Side
  /// Number of the packet after it.
  public var packetNumber: UInt64
  /// Input of the packet after it.
  public var input: UInt32

  /// Creates a silence from its parts.
  public init(start: Timestamp, length: PacketDuration, endedBy: Side, packetNumber: UInt64, input: UInt32 = 0) {
    self.start = start
    self.length = length
    self.endedBy = endedBy
    self.packetNumber = packetNumber
    self.input = input
  }
}

/// Times and counts of what one end sent; measured if ``AssemblerOptions/measuresTiming`` is set.
///
/// (tcptrace: the columns of `tcptrace -lr`.)
public struct DirectionTiming: Hashable, Sendable {
  /// Times from a segment of this end to its acknowledgment; nil if none was measured.
  public var roundTrips: RoundTrips?
  /// Number of segments with bytes, a SYN or a FIN that were captured before.
  public var retransmittedSegments: UInt64
  /// Number of duplicate acknowledgments of this end (RFC 5681, section 2).
  public var duplicateAcknowledgments: UInt64
  /// Number of times that this end closed its window.
  public var zeroWindows: UInt64
  /// Time during which the window of this end was closed.
  public var zeroWindowTime: PacketDuration
  /// Number of segments just below the next byte, of no byte or one, that this end sent while the window of the peer was closed.
  public var windowProbes: UInt64
  /// Number of such segments that it sent while that window was open (RFC 1122, section 4.2.3.6).
  public var keepAlives: UInt64
  /// Capture time of the first segment with payload; nil if there is none.
  public var firstPayload: Timestamp?
  /// Capture time of the last segment with payload; nil if there is none.
  public var lastPayload: Timestamp?

  /// Creates times from their parts.
  public init(
    roundTrips: RoundTrips? = nil, retransmittedSegments: UInt64 = 0, duplicateAcknowledgments: UInt64 = 0, zeroWindows: UInt64 = 0,
    zeroWindowTime: PacketDuration = PacketDuration(nanoseconds: 0), windowProbes: UInt64 = 0, keepAlives: UInt64 = 0,
    firstPayload: Timestamp? = nil, lastPayload: Timestamp? = nil
  ) {
    self.roundTrips = roundTrips
    self.retransmittedSegments = retransmittedSegments
    self.duplicateAcknowledgments = duplicateAcknowledgments
    self.zeroWindows = zeroWindows
    self.zeroWindowTime = zeroWindowTime
    self.windowProbes = windowProbes
    self.keepAlives = keepAlives
    self.firstPayload = firstPayload
    self.lastPayload = lastPayload
  }

  /// The rate in bytes per second at which `bytes` came between the first and the last payload; nil if both came at once.
  public func throughput(ofBytes bytes: Int64) -> Double? {
    guard let firstPayload, let lastPayload, lastPayload.nanoseconds > firstPayload.nanoseconds else { return nil }
    return Double(bytes) * 1e9 / Double(lastPayload.nanoseconds &- firstPayload.nanoseconds)
  }
}

/// Round-trip times of one direction, from a segment to the acknowledgment of its last byte.
///
/// One segment at a time is timed, and a repeated segment is never timed (RFC 6298, section 3: Karn's algorithm).
public struct RoundTrips: Hashable, Sendable {
  /// Number of times measured, at least 1.
  public var count: UInt64
  /// Shortest time.
  public var minimum: PacketDuration
  /// Longest time.
  public var maximum: PacketDuration
  /// Sum of all times.
  public var sum: PacketDuration

  /// Creates times from their parts; `count` is at least 1.
  public init(count: UInt64, minimum: PacketDuration, maximum: PacketDuration, sum: PacketDuration) {
    self.count = count
    self.minimum = minimum
    self.maximum = maximum
    self.sum = sum
  }

  /// Mean time.
  public var mean: PacketDuration { PacketDuration(nanoseconds: count == 0 ? 0 : sum.nanoseconds / Int64(clamping: count)) }
}
