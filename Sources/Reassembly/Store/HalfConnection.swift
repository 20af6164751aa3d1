import Packets

/// One direction of a connection. (gopacket: `halfconnection`.)
///
/// Positions are sequence numbers unwrapped to 64 bits: the low 32 bits are the number on the wire, so a stream may exceed 4 GiB.
/// The offset in the stream is the position minus `origin`.
struct HalfConnection {
  struct Flags: OptionSet {
    var rawValue: UInt16
    /// Its SYN was seen; `origin` is the position behind it.
    static let syn = Flags(rawValue: 1 << 0)
    /// `next` means something: a SYN, payload or FIN was seen.
    static let positioned = Flags(rawValue: 1 << 1)
    /// Offset 0 is settled and bytes may go to the stream.
    static let started = Flags(rawValue: 1 << 2)
    /// `fin` holds a position.
    static let fin = Flags(rawValue: 1 << 3)
    /// The stream has reached `fin`, and the end was handed on.
    static let finReached = Flags(rawValue: 1 << 4)
    /// `reset` holds a position that the stream has not reached yet.
    static let resetPending = Flags(rawValue: 1 << 5)
    /// A reset from this end was accepted.
    static let reset = Flags(rawValue: 1 << 6)
    /// A reset was taken back by payload behind it.
    static let withdrawn = Flags(rawValue: 1 << 7)
    /// `latestAcknowledgment` and `highestAcknowledgment` hold numbers.
    static let acknowledges = Flags(rawValue: 1 << 8)
    /// Some payload was on the wire, whether captured or not.
    static let payload = Flags(rawValue: 1 << 9)
    /// The window last advertised was 0.
    static let zeroWindow = Flags(rawValue: 1 << 10)
    /// The stream has had a first delivery.
    static let delivered = Flags(rawValue: 1 << 11)
    /// The SYN came when the start was settled already, above it.
    static let startedBeforeSYN = Flags(rawValue: 1 << 13)
    /// Stands among the held directions.
    static let awaitingStart = Flags(rawValue: 1 << 12)
  }

  var flags: Flags = []
  /// Where this half stands among those that wait for a hole to close; `GapTimers.absent` where it does not.
  var gapTimerPlace = GapTimers.absent
  /// Position of the next byte to hand on.
  var next: Int64 = 0
  /// Position of offset 0.
  var origin: Int64 = 0
  /// Position behind the last byte, where the FIN stands.
  var fin: Int64 = 0
  /// Position of a reset, waiting or accepted.
  var reset: Int64 = 0
  /// Acknowledgment number of the newest packet from this end, and the highest one.
  var latestAcknowledgment: UInt32 = 0
  var highestAcknowledgment: UInt32 = 0
  var queue = ReassemblyQueue()
  /// Bytes the stream asked to see again: segments linked by `right`, in order, up to `next`.
  var firstSaved = QueuedIndex.none
  var lastSaved = QueuedIndex.none
  var savedBytes: UInt32 = 0
  var outOfOrderPackets: UInt32 = 0
  var packets: UInt64 = 0
  var bytes: Int64 = 0
  var payloadBytes: Int64 = 0
  var retransmittedBytes: Int64 = 0
  /// Neighbours among the directions that are held until their start is known, and since when on the clock.
  var awaitingStartPrevious = HalfHandle.none
  var awaitingStartNext = HalfHandle.none
  var awaitingStartSince: Int64 = 0
  /// What is rare; made when the first of it comes.
  var ledger: HalfLedger?

  /// The sequence number expected next; nil before the start is known.
  @inline(__always)
  var nextSequence: SequenceNumber? { flags.contains(.started) ? SequenceNumber(UInt32(truncatingIfNeeded: next)) : nil }

  /// `next` as a sequence number: what distances in the queue are measured from.
  @inline(__always)
  var base: UInt32 { UInt32(truncatingIfNeeded: next) }

  /// Where a sequence number lies, taken as the nearest to the expected one.
  @inline(__always)
  func position(of sequence: UInt32) -> Int64 { next &+ Int64(Int32(bitPattern: sequence &- base)) }

  /// The position that a direction's first sequence number gets: far enough from 0 for bytes below it.
  static func firstPosition(of sequence: UInt32) -> Int64 { 1 << 33 | Int64(sequence) }

  /// Offset in the stream of a position.
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

  /// This end has acknowledged `position` of the other end's stream.
  @inline(__always)
  func hasAcknowledged(_ position: Int64) -> Bool {
    flags.contains(.acknowledges) && Int32(bitPattern: highestAcknowledgment &- UInt32(truncatingIfNeeded: position)) >= 0
  }
}

extension HalfConnection: CustomStringConvertible {
  /// `next=1001 queued=4096 saved=0 open`.
  var description: String {
    let state = flags.contains(.finReached) ? "ended" : flags.contains(.started) ? "open" : "awaiting start"
    return "next=\(base) queued=\(queue.queuedBytes) saved=\(savedBytes) \(state)"
  }
}
