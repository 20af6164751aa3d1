import Packets

/// State of a TCP connection that both directions share. (gopacket: `connection`.)
struct Connection {
  struct Flags: OptionSet {
    var rawValue: UInt16
    /// The originator is the source of the canonical key.
    static let originatorIsCanonical = Flags(rawValue: 1 << 0)
    static let clientIsResponder = Flags(rawValue: 1 << 1)
    static let synSeen = Flags(rawValue: 1 << 2)
    static let synAckSeen = Flags(rawValue: 1 << 3)
    static let synAckAcknowledged = Flags(rawValue: 1 << 4)
    /// A reset was accepted and not withdrawn.
    static let reset = Flags(rawValue: 1 << 5)
    /// A segment of this connection came after its pending SYN.
    static let activeSincePendingSYN = Flags(rawValue: 1 << 6)
    /// A filter judges every segment.
    static let filtered = Flags(rawValue: 1 << 7)
    /// The ledger of a direction was written to, and may matter for the next segment.
    static let ledgerTouched = Flags(rawValue: 1 << 8)
    /// A direction has reached its FIN.
    static let hasFINReached = Flags(rawValue: 1 << 9)
    /// An observer sees every segment.
    static let observed = Flags(rawValue: 1 << 10)
    /// An observer sees the segments in tags and tunnels.
    static let observedInLayers = Flags(rawValue: 1 << 11)
    /// A segment of the originator is being timed.
    static let originatorTimed = Flags(rawValue: 1 << 12)
    /// A segment of the responder is being timed.
    static let responderTimed = Flags(rawValue: 1 << 13)

    /// A segment of one end is being timed.
    @inline(__always)
    static func timed(_ side: Side) -> Flags { Flags(rawValue: originatorTimed.rawValue << side.rawValue) }

    var client: Side { contains(.clientIsResponder) ? .responder : .originator }
  }

  /// Canonical key, which the table compares.
  var key: FlowKey
  var id: UInt64 = 0
  /// SYN that may begin the next connection.
  var pendingSYN: PendingSYN?
  /// Time of the last segment on the clock, in nanoseconds.
  var lastSeen: Int64 = 0
  /// Time of the end on the clock: both FINs, or a reset; `notEnded` before that.
  var endedAt = Connection.notEnded
  /// Time on the clock at which the connection entered its list.
  var listedAt: Int64 = 0
  /// Capture time of the first segment.
  var startTime = Timestamp(nanoseconds: 0)
  /// Capture time of the last segment.
  var lastTime = Timestamp(nanoseconds: 0)
  /// Number of the last packet in bits 0 to 47, its input in bits 48 to 63; a connection takes memory as long as it is open.
  var lastNumberAndInput: UInt64 = 0
  /// Number of its slot.
  var number: UInt32 = 0
  var list = ConnectionList.none
  var clientBy = ConnectionReport.ClientEvidence.first
  var flags: Flags = []

  static let notEnded = Int64.min

  var lastPacketNumber: UInt64 { Self.number(lastNumberAndInput) }
  var lastInput: UInt32 { Self.input(lastNumberAndInput) }

  @inline(__always)
  mutating func recordLast(_ info: CaptureInfo) {
    lastTime = info.time
    lastNumberAndInput = Self.numberAndInput(info)
  }

  /// Number of a packet in bits 0 to 47, its input in bits 48 to 63.
  @inline(__always)
  static func numberAndInput(_ info: CaptureInfo) -> UInt64 {
    info.packetNumber & 0xffff_ffff_ffff | UInt64(min(info.input, 0xffff)) << 48
  }

  static func number(_ numberAndInput: UInt64) -> UInt64 { numberAndInput & 0xffff_ffff_ffff }
  static func input(_ numberAndInput: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: numberAndInput >> 48) }

  /// Key as the originator sent it.
  var originatorKey: FlowKey { flags.contains(.originatorIsCanonical) ? key : key.reversed }
  func direction(from side: Side) -> FlowDirection { side == flags.client ? .clientToServer : .serverToClient }

  mutating func setClient(_ side: Side, by evidence: ConnectionReport.ClientEvidence) {
    if side == .responder { flags.insert(.clientIsResponder) } else { flags.remove(.clientIsResponder) }
    clientBy = evidence
  }
}
