import Packets

/// One TCP connection: what both directions share. (gopacket: `connection`.)
struct Connection {
  struct Flags: OptionSet {
    var rawValue: UInt16
    /// The originator's endpoint is the canonical source.
    static let originatorIsCanonical = Flags(rawValue: 1 << 0)
    static let clientIsResponder = Flags(rawValue: 1 << 1)
    static let synSeen = Flags(rawValue: 1 << 2)
    static let synAckSeen = Flags(rawValue: 1 << 3)
    static let synAckAcknowledged = Flags(rawValue: 1 << 4)
    /// A reset was accepted and not withdrawn.
    static let reset = Flags(rawValue: 1 << 5)
    /// Something of this connection came since its pending SYN.
    static let activeSincePendingSYN = Flags(rawValue: 1 << 6)
    /// Its stream is asked about segments without layers too.
    static let judgesPlainSegments = Flags(rawValue: 1 << 7)
    /// The ledger of a direction was written to; something of it may bear on what comes next.
    static let ledgerTouched = Flags(rawValue: 1 << 8)
    /// A direction has ended.
    static let hasFINReached = Flags(rawValue: 1 << 9)

    var client: Side { contains(.clientIsResponder) ? .responder : .originator }
  }

  /// The canonical key: what the table compares.
  var key: FlowKey
  var id: UInt64 = 0
  /// A SYN that may begin the next connection.
  var pendingSYN: PendingSYN?
  /// On the assembler's clock, nanoseconds.
  var lastSeen: Int64 = 0
  /// When its end came: both FINs, or a reset; `notEnded` before that.
  var endedAt = Connection.notEnded
  /// When it entered the list that it stands in.
  var listedAt: Int64 = 0
  var lastTime = Timestamp(nanoseconds: 0)
  var lastPacketNumber: UInt64 = 0
  var lastInput: UInt32 = 0
  /// Of its slot, for good.
  var number: UInt32 = 0
  var list = ConnectionList.none
  var clientBy = ConnectionReport.ClientEvidence.first
  var flags: Flags = []

  static let notEnded = Int64.min

  /// The key as the originator sent it.
  var originatorKey: FlowKey { flags.contains(.originatorIsCanonical) ? key : key.reversed }
  func direction(from side: Side) -> FlowDirection { side == flags.client ? .clientToServer : .serverToClient }

  mutating func setClient(_ side: Side, by evidence: ConnectionReport.ClientEvidence) {
    if side == .responder { flags.insert(.clientIsResponder) } else { flags.remove(.clientIsResponder) }
    clientBy = evidence
  }
}
