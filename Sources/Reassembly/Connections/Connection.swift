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
    /// Something of this connection came since its candidate SYN.
    static let liveSinceCandidate = Flags(rawValue: 1 << 6)
  }

  /// The canonical key: what the table compares.
  var key: FlowKey
  var id: UInt64 = 0
  var stream: (any Stream)?
  /// A SYN that may begin the next connection.
  var candidate: CandidateSYN?
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
  var listPrevious = ConnectionIndex.none
  var listNext = ConnectionIndex.none
  var list = ConnectionList.none
  var clientBy = ConnectionReport.ClientEvidence.first
  var flags: Flags = []

  static let notEnded = Int64.min

  /// The key as the originator sent it.
  var originatorKey: FlowKey { flags.contains(.originatorIsCanonical) ? key : key.reversed }
  var client: Side { flags.contains(.clientIsResponder) ? .responder : .originator }

  func direction(from side: Side) -> FlowDirection { side == client ? .clientToServer : .serverToClient }

  mutating func setClient(_ side: Side, by evidence: ConnectionReport.ClientEvidence) {
    if side == .responder { flags.insert(.clientIsResponder) } else { flags.remove(.clientIsResponder) }
    clientBy = evidence
  }
}

/// A SYN with another initial sequence number on a connection that is open: forged, or the next connection's first packet.
final class CandidateSYN {
  let side: Side
  let sequence: UInt32
  let acknowledgment: UInt32?
  let window: UInt16
  let info: CaptureInfo
  let layers: LayerPath
  /// Data on the SYN; empty where it was not kept.
  let payload: [UInt8]
  let missingLength: Int
  /// How often it came.
  var packets: UInt64 = 1
  /// Payload of all its copies.
  var payloadBytes: Int64

  /// - Parameter room: how many bytes of data may be kept; more are not kept at all, and count as missing.
  init(_ segment: borrowing TCPSegment, side: Side, info: CaptureInfo, room: Int) {
    self.side = side
    sequence = segment.sequence.rawValue
    acknowledgment = segment.flags.contains(.ack) ? segment.acknowledgment.rawValue : nil
    window = segment.window
    self.info = info
    layers = segment.layers
    let taken = segment.payload.count <= room ? segment.payload.count : 0
    var copy: [UInt8] = []
    copy.reserveCapacity(taken)
    for index in 0..<taken { copy.append(segment.payload[index]) }
    payload = copy
    missingLength = segment.missingLength &+ (segment.payload.count &- taken)
    payloadBytes = Int64(segment.payload.count)
  }

  /// The number that an answer acknowledges.
  var next: UInt32 { sequence &+ 1 }
}
