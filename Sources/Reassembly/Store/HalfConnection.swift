import Packets

/// State of one direction of a connection. (gopacket: `halfconnection`.)
///
/// Positions are sequence numbers unwrapped to 64 bits: the low 32 bits are the number on the wire, so a stream may exceed 4 GiB. The
/// offset of a byte in the stream is its position minus `origin`.
struct HalfConnection {
  struct Flags: OptionSet {
    var rawValue: UInt16
    /// Its SYN was seen; `origin` is the position of the byte after it.
    static let syn = Flags(rawValue: 1 << 0)
    /// `next` holds a position: a SYN, payload or FIN was seen.
    static let positioned = Flags(rawValue: 1 << 1)
    /// Offset 0 is known, and bytes may go to the stream.
    static let started = Flags(rawValue: 1 << 2)
    /// `fin` holds a position.
    static let fin = Flags(rawValue: 1 << 3)
    /// The stream has reached `fin`, and the end was delivered.
    static let finReached = Flags(rawValue: 1 << 4)
    /// `reset` holds a position that the stream has not reached yet.
    static let resetPending = Flags(rawValue: 1 << 5)
    /// A reset from this end was accepted.
    static let reset = Flags(rawValue: 1 << 6)
    /// A reset was withdrawn because of payload after it.
    static let withdrawn = Flags(rawValue: 1 << 7)
    /// `latestAcknowledgment` and `highestAcknowledgment` hold numbers.
    static let acknowledges = Flags(rawValue: 1 << 8)
    /// Some payload was on the wire, whether captured or not.
    static let payload = Flags(rawValue: 1 << 9)
    /// The last window was 0.
    static let zeroWindow = Flags(rawValue: 1 << 10)
    /// The stream has had a delivery.
    static let delivered = Flags(rawValue: 1 << 11)
    /// The SYN came after the start was known, which lies above it.
    static let startedBeforeSYN = Flags(rawValue: 1 << 13)
    /// `HalfTimes.highestEnd` holds a number.
    static let hasHighestEnd = Flags(rawValue: 1 << 14)
    /// The direction awaits its start.
    static let awaitingStart = Flags(rawValue: 1 << 12)
    /// A run of payload lasts: the last packet of the connection was payload of this direction whose time only `Connection.lastTime` has, the
    /// window is open, and a segment of this direction alone is being timed.
    static let runs = Flags(rawValue: 1 << 15)
  }

  var flags: Flags = []
  /// Silences before a segment of this direction are compared with the longest one from so many units of 2^20 ns on, about a millisecond.
  var silenceBound: UInt16 = 1
  /// Place in the heap of gap timers; `GapTimers.absent` if it is not there.
  var gapTimerPlace = GapTimers.absent
  /// Position of the next byte to deliver (RCV.NXT).
  var next: Int64 = 0
  /// Position of offset 0.
  var origin: Int64 = 0
  /// Position of the FIN, after the last byte.
  var fin: Int64 = 0
  /// Position of a reset, pending or accepted.
  var reset: Int64 = 0
  /// Acknowledgment number of the newest packet from this end.
  var latestAcknowledgment: UInt32 = 0
  /// Highest acknowledgment number from this end.
  var highestAcknowledgment: UInt32 = 0
  var queue = ReassemblyQueue()
  /// First segment of the kept bytes, which are linked by `right`, in order, up to `next`.
  var firstKept = QueuedIndex.none
  var lastKept = QueuedIndex.none
  var keptBytes: UInt32 = 0
  var outOfOrderPackets: UInt32 = 0
  var packets: UInt64 = 0
  var bytes: Int64 = 0
  var payloadBytes: Int64 = 0
  var retransmittedBytes: Int64 = 0
  /// Neighbours in the queue of directions that await their start, and the time on the clock since when this one does.
  var awaitingStartPrevious = HalfHandle.none
  var awaitingStartNext = HalfHandle.none
  var awaitingStartSince: Int64 = 0
  /// Rare facts; made when the first of them is recorded.
  var ledger: HalfLedger?

  /// The expected sequence number; nil before the start is known.
  @inline(__always)
  var nextSequence: SequenceNumber? { flags.contains(.started) ? SequenceNumber(UInt32(truncatingIfNeeded: next)) : nil }

  /// `next` as a sequence number, from which distances in the queue are measured.
  @inline(__always)
  var base: UInt32 { UInt32(truncatingIfNeeded: next) }

  /// The position of a sequence number: the one nearest to `next`.
  @inline(__always)
  func position(of sequence: UInt32) -> Int64 { next &+ Int64(Int32(bitPattern: sequence &- base)) }

  /// The position of a direction's first sequence number: far enough from 0 for bytes below it.
  static func firstPosition(of sequence: UInt32) -> Int64 { 1 << 33 | Int64(sequence) }

  /// Stream offset of a position.
  @inline(__always)
  func offset(of position: Int64) -> Int64 { position &- origin }

  @inline(__always)
  mutating func record(acknowledgment: UInt32) {
    if !flags.contains(.acknowledges) || Int32(bitPattern: acknowledgment &- highestAcknowledgment) > 0 {
      highestAcknowledgment = acknowledgment
    }
    latestAcknowledgment = acknowledgment
    flags.insert(.acknowledges)
  }

  @inline(always)
  mutating func record(window: UInt16) {
    if window == 0 { flags.insert(.zeroWindow) } else { flags.remove(.zeroWindow) }
  }

  /// Whether this end has acknowledged the bytes below `position` of the other end's stream.
  @inline(__always)
  func hasAcknowledged(_ position: Int64) -> Bool {
    flags.contains(.acknowledges) && Int32(bitPattern: highestAcknowledgment &- UInt32(truncatingIfNeeded: position)) >= 0
  }
}

extension HalfConnection: CustomStringConvertible {
  /// `next=1001 queued=4096 kept=0 open`.
  var description: String {
    let state = flags.contains(.finReached) ? "ended" : flags.contains(.started) ? "open" : "awaiting start"
    return "next=\(base) queued=\(queue.queuedBytes) kept=\(keptBytes) \(state)"
  }
}
