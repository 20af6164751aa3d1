public import Packets

/// Everything the assembler knows of a connection when it is over.
public struct ConnectionReport: Sendable {
  /// By what the client was told from the server, best first.
  public enum ClientEvidence: UInt8, Sendable {
    case syn, synAck, port, first
  }

  public enum Handshake: UInt8, Sendable {
    /// SYN, SYN-ACK and its ACK were captured.
    case complete
    /// Some of them.
    case partial
    case none
  }

  /// What completed the connection.
  public enum Close: UInt8, Sendable {
    case fin
    case rst
    /// A reset answered the SYN.
    case refused
    /// A timer ran out.
    case idle
    /// A new connection took the addresses and ports.
    case reuse
    /// The connection limit was reached.
    case evicted
    /// The input ended first, or the assembler was flushed.
    case open
  }

  public var id: UInt64
  /// As in `ConnectionOpening`: its source is the originator.
  public var key: FlowKey
  public var client: Side
  public var clientBy: ClientEvidence
  public var handshake: Handshake
  public var close: Close
  /// The last packet that counted as part of the connection.
  public var lastInfo: CaptureInfo
  public var originator: HalfReport
  public var responder: HalfReport

  public subscript(side: Side) -> HalfReport { side == .originator ? originator : responder }
}

/// One direction of a connection when it is over.
///
/// Two laws hold: `length == bytes + gapBytes`, and `payloadBytes == bytes + retransmittedBytes + dropped.total`.
public struct HalfReport: Sendable {
  public enum Start: UInt8, Sendable {
    case syn
    /// The SYN was not captured; offset 0 is the lowest byte seen.
    case midstream
    /// No byte and no SYN was captured.
    case none
  }

  public enum End: UInt8, Sendable {
    case fin, rst, none
  }

  public var start: Start
  public var end: End
  /// Raw sequence number of offset 0; nil where the start never became known.
  public var firstSequence: SequenceNumber?
  public var packets: UInt64
  /// Bytes handed to the stream.
  public var bytes: Int64
  /// Offset behind the last byte or gap.
  public var length: Int64
  /// Payload bytes captured.
  public var payloadBytes: Int64
  public var gapCount: UInt64
  public var gapBytes: Int64
  public var retransmittedBytes: Int64
  public var outOfOrderPackets: UInt64
  /// Whether a reset of this direction was taken back by data behind it.
  public var withdrawn: Bool
  public var dropped: Tally<DropReason>
  public var anomalies: Tally<Anomaly>
}
