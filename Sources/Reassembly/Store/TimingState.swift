import Packets

/// Times of a connection while it is open; in its chunk only if times are measured.
struct ConnectionTimes {
  /// Length of the longest silence, in nanoseconds; 0 before there is one.
  var longestSilence: Int64 = 0
  /// Capture time of the packet before that silence.
  var silenceStart = Timestamp(nanoseconds: 0)
  /// Number of the packet after it in bits 0 to 47, its input in bits 48 to 63.
  var silenceNumberAndInput: UInt64 = 0
  /// Time from the SYN to the SYN-ACK, in nanoseconds; `HalfTimes.none` if it was not measured.
  var synRoundTrip = HalfTimes.none
  /// End that sent the packet after the longest silence.
  var silenceEndedBy = Side.originator
}

/// Times of what one end sent while the connection is open.
///
/// Capture times are in nanoseconds.
struct HalfTimes {
  static let none = Int64.min

  /// Capture time of the segment that is being timed, if `Connection.Flags.timed` says that there is one.
  var timedSince: Int64 = 0
  /// Sequence number after that segment.
  var timedEnd: UInt32 = 0
  /// Sequence number after the highest byte, SYN or FIN that was sent.
  var highestEnd: UInt32 = 0
  /// Window field of the last segment.
  var window: UInt16 = 0
  /// Number of times that the window was closed, at most 65 535.
  var closures: UInt16 = 0
  var roundTrips: UInt32 = 0
  var shortest = Int64.max
  var longest: Int64 = 0
  var sum: Int64 = 0
  var firstPayload = HalfTimes.none
  /// Capture time of the last payload; while a run of payload lasts, `Connection.lastTime` has it.
  var lastPayload = HalfTimes.none
  /// Capture time since when the window is closed; `none` if it is open.
  var closedSince = HalfTimes.none
  var closedTime: Int64 = 0
  var retransmittedSegments: UInt32 = 0
  var duplicateAcknowledgments: UInt32 = 0
  var windowProbes: UInt32 = 0
  var keepAlives: UInt32 = 0

  /// Adds the time from the segment that was being timed to its acknowledgment.
  ///
  /// - Returns: that time; nil if it is negative, because the clock of the capture went back.
  @inline(__always)
  mutating func addRoundTrip(until time: Int64) -> Int64? {
    let length = time &- timedSince
    guard length >= 0 else { return nil }
    roundTrips &+= 1
    sum &+= length
    shortest = min(shortest, length)
    longest = max(longest, length)
    return length
  }

  /// Records payload.
  @inline(__always)
  mutating func addPayload(at time: Int64) {
    if firstPayload == Self.none { firstPayload = time }
    lastPayload = time
  }
}
