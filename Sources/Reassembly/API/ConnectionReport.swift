public import Packets

/// Final report of a connection, made when it completes.
public struct ConnectionReport: Sendable {
  /// Evidence for which end is the client, best first.
  public enum ClientEvidence: UInt8, Sendable {
    /// The client sent the SYN.
    case syn
    /// The client received the SYN-ACK.
    case synAck
    /// The ports of the connection tell the server from the client.
    case port
    /// The client sent the first captured packet.
    case first
  }

  /// Extent to which the handshake was captured.
  public enum Handshake: UInt8, Sendable {
    /// SYN, SYN-ACK and its ACK were captured.
    case complete
    /// The SYN or the SYN-ACK was captured, and not all three.
    case partial
    /// Neither SYN nor SYN-ACK was captured.
    case none
  }

  /// Event that completed the connection.
  public enum Close: UInt8, Sendable {
    /// Both directions ended with a FIN, or one did and the other was never captured.
    case fin
    /// A reset was accepted.
    case rst
    /// A reset answered the SYN.
    case refused
    /// The connection was idle for as long as its timer allows.
    case idle
    /// A new connection took the addresses and ports.
    case reuse
    /// The connection limit was reached.
    case evicted
    /// The input ended first.
    case open
  }

  /// Number of the connection, counted from 1 in the order of creation.
  public var id: UInt64
  /// Addresses and ports as the first packet carried them; the source is the originator.
  public var key: FlowKey
  /// End that is the client.
  public var client: Side
  /// Evidence for `client`.
  public var clientBy: ClientEvidence
  /// Extent to which the handshake was captured.
  public var handshake: Handshake
  /// Event that completed the connection.
  public var close: Close
  /// Last packet that counted as part of the connection; its lengths are 0.
  public var lastInfo: CaptureInfo
  /// Direction that the originator sent.
  public var originator: HalfReport
  /// Direction that the responder sent.
  public var responder: HalfReport

  /// Times of the connection; nil unless ``AssemblerOptions/measuresTiming`` is set.
  public var timing: ConnectionTiming?

  /// Capture time of the first packet.
  public var start: Timestamp

  /// Creates a report from its parts; the assembler makes its own, a test of a stream makes one here.
  public init(
    id: UInt64, key: FlowKey, start: Timestamp, lastInfo: CaptureInfo, client: Side = .originator, clientBy: ClientEvidence = .first,
    handshake: Handshake = .none, close: Close = .open, originator: HalfReport = HalfReport(), responder: HalfReport = HalfReport(),
    timing: ConnectionTiming? = nil
  ) {
    self.id = id
    self.key = key
    self.start = start
    self.lastInfo = lastInfo
    self.client = client
    self.clientBy = clientBy
    self.handshake = handshake
    self.close = close
    self.originator = originator
    self.responder = responder
    self.timing = timing
  }

  /// The direction that `side` sent.
  public subscript(side: Side) -> HalfReport { side == .originator ? originator : responder }

  /// Address and port of the client.
  public var clientEndpoint: Endpoint { client == .originator ? key.sourceEndpoint : key.destinationEndpoint }
  /// Address and port of the server.
  public var serverEndpoint: Endpoint { client == .originator ? key.destinationEndpoint : key.sourceEndpoint }
  /// Time from the first to the last packet; 0 if the capture's clock went back.
  public var duration: PacketDuration { PacketDuration(nanoseconds: max(0, lastInfo.time.nanoseconds &- start.nanoseconds)) }
}

/// Final report of one direction of a connection.
///
/// Two laws hold: `length == bytes + gapBytes`, and `payloadBytes == bytes + retransmittedBytes + dropped.total`.
public struct HalfReport: Sendable {
  /// Evidence for offset 0 of a direction.
  public enum Start: UInt8, Sendable {
    /// The SYN was captured; offset 0 is the byte after it.
    case syn
    /// The SYN was not captured in time; offset 0 is the lowest byte seen.
    case midstream
    /// No byte and no SYN was captured.
    case none
  }

  /// Segment that ended a direction.
  public enum End: UInt8, Sendable {
    /// The stream reached a FIN.
    case fin
    /// A reset of this direction was accepted.
    case rst
    /// Neither FIN nor reset.
    case none
  }

  /// Evidence for offset 0.
  public var start: Start
  /// Segment that ended the direction.
  public var end: End
  /// Sequence number of offset 0; nil if the start never became known.
  public var firstSequence: SequenceNumber?
  /// Number of segments of this direction.
  public var packets: UInt64
  /// Number of bytes delivered to the stream.
  public var bytes: Int64
  /// Length of the stream in bytes: the offset after its last byte or gap.
  public var length: Int64
  /// Number of payload bytes captured.
  public var payloadBytes: Int64
  /// Number of gaps.
  public var gapCount: UInt64
  /// Number of bytes in gaps.
  public var gapBytes: Int64
  /// Number of payload bytes that repeat delivered or queued bytes.
  public var retransmittedBytes: Int64
  /// Number of segments that came above a hole.
  public var outOfOrderPackets: UInt64
  /// Whether payload after a reset of this direction withdrew the reset.
  public var withdrawn: Bool
  /// Payload bytes that are not part of the stream, by reason.
  public var dropped: Tally<DropReason>
  /// Unusual packets, by kind.
  public var anomalies: Tally<Anomaly>
  /// Times of what this end sent; nil unless ``AssemblerOptions/measuresTiming`` is set.
  public var timing: DirectionTiming?

  /// Creates a report from its parts; the assembler makes its own, a test of a stream makes one here.
  public init(
    start: Start = .none, end: End = .none, firstSequence: SequenceNumber? = nil, packets: UInt64 = 0, bytes: Int64 = 0, length: Int64 = 0,
    payloadBytes: Int64 = 0, gapCount: UInt64 = 0, gapBytes: Int64 = 0, retransmittedBytes: Int64 = 0, outOfOrderPackets: UInt64 = 0,
    withdrawn: Bool = false, dropped: Tally<DropReason> = Tally(), anomalies: Tally<Anomaly> = Tally(),
    timing: DirectionTiming? = nil
  ) {
    self.start = start
    self.end = end
    self.firstSequence = firstSequence
    self.packets = packets
    self.bytes = bytes
    self.length = length
    self.payloadBytes = payloadBytes
    self.gapCount = gapCount
    self.gapBytes = gapBytes
    self.retransmittedBytes = retransmittedBytes
    self.outOfOrderPackets = outOfOrderPackets
    self.withdrawn = withdrawn
    self.dropped = dropped
    self.anomalies = anomalies
    self.timing = timing
  }
}
