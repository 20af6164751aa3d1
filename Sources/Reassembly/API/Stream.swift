public import Packets

/// Which end of a connection sent something. Stable for the whole life of a connection, unlike `FlowDirection`.
public enum Side: UInt8, Sendable, CaseIterable {
  /// The sender of the connection's first captured packet.
  case originator = 0
  /// The other end.
  case responder = 1

  @inlinable public var other: Side { self == .originator ? .responder : .originator }
}

/// The way a segment travels, by the best knowledge at that moment.
///
/// A handshake that was captured late can turn client and server round; `ConnectionReport.client` has the last word, and `Side`
/// never changes.
public enum FlowDirection: UInt8, Sendable {
  case clientToServer = 0
  case serverToClient = 1
}

/// What is known of a connection when it begins.
public struct ConnectionOpening: Sendable {
  /// Counts connections from 1 in the order in which they were made.
  public var id: UInt64
  /// As the first packet carried it: its source is the originator.
  public var key: FlowKey
  /// The packet that made the connection.
  public var info: CaptureInfo
  /// The layers around that packet.
  public var layers: LayerPath
}

/// Makes the stream of each new connection.
public protocol StreamFactory: AnyObject {
  func makeStream(for opening: ConnectionOpening) -> any Stream
}

/// One conversation: takes the reassembled bytes of both directions of one connection. (gopacket: `reassembly.Stream`.)
///
/// The assembler calls it from the thread that feeds it, and never again after `reassemblyComplete`.
public protocol Stream: AnyObject {
  /// Judges a segment before it is used. One that is rejected is counted, with its reason, and changes nothing; its place in the stream
  /// becomes a gap unless another copy comes. Setting `start` makes a direction whose SYN was not seen begin at this segment at once.
  ///
  /// - Parameters:
  ///   - next: the sequence number expected next in this direction; `nil` before its start is known.
  func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict

  /// Whether `accept` is asked about segments that stand in no tag and no tunnel too; `true` unless the stream says otherwise. Asked once,
  /// when the connection begins: a stream that takes whatever comes spares itself a call for every packet.
  var judgesPlainSegments: Bool { get }

  /// Bytes that will not come: called before the bytes that follow the gap, in order of offset.
  func gap(_ gap: Gap, from side: Side)

  /// The next bytes of one direction, in order and each once.
  func reassembled(_ data: inout ReassembledData)

  /// A further copy of bytes that were already handed on; `offset` is that of its first byte. Answers whether the copy was compared.
  func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison

  /// Two captured copies of bytes not yet handed on that differ.
  func conflict(_ conflict: Conflict, from side: Side)

  /// The connection is over; called exactly once, last. `true` lets the assembler forget it at once; `false` keeps its addresses
  /// for the straggler time, so that late packets do not make a new connection.
  func reassemblyComplete(_ report: ConnectionReport) -> Bool
}

/// What a stream did with a further copy of delivered bytes.
public enum Comparison: Sendable {
  /// Compared with the bytes delivered first; differences were noted by the stream.
  case compared
  /// The bytes delivered first are no longer at hand: counted as `unchecked`.
  case unchecked
}

extension Stream {
  public var judgesPlainSegments: Bool { true }
  public func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict {
    .accepted
  }
  public func gap(_ gap: Gap, from side: Side) {}
  public func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison { .unchecked }
  public func conflict(_ conflict: Conflict, from side: Side) {}
}
