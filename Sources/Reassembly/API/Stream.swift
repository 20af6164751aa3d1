public import Packets

/// End of a connection.
///
/// It is stable for the whole life of a connection, unlike ``FlowDirection``.
public enum Side: UInt8, Sendable, CaseIterable {
  /// Sender of the first captured packet.
  case originator = 0
  /// Receiver of the first captured packet.
  case responder = 1

  /// The opposite end.
  @inlinable public var other: Side { self == .originator ? .responder : .originator }
}

/// Direction of travel of a segment, by the best knowledge at that moment.
///
/// A handshake that was captured late can swap client and server; ``ConnectionReport/client`` has the last word, and ``Side`` never
/// changes.
public enum FlowDirection: UInt8, Sendable {
  /// From client to server.
  case clientToServer = 0
  /// From server to client.
  case serverToClient = 1
}

/// Facts about a connection when it begins.
public struct ConnectionOpening: Sendable {
  /// Number of the connection, counted from 1 in the order of creation.
  public var id: UInt64
  /// Addresses and ports as the first packet carried them; the source is the originator.
  public var key: FlowKey
  /// Packet that made the connection.
  public var info: CaptureInfo
  /// Tags and tunnels around that packet.
  public var layers: LayerPath
}

/// Factory of the streams of new connections. (gopacket: `StreamFactory`.)
public protocol StreamFactory: AnyObject {
  /// Makes the stream of a new connection. (gopacket: `New`.)
  func makeStream(for opening: ConnectionOpening) -> any Stream
}

/// Consumer of the reassembled bytes of both directions of one connection. (gopacket: `reassembly.Stream`.)
///
/// The assembler calls it from the thread that feeds it, and never again after ``reassemblyComplete(_:)``.
public protocol Stream: AnyObject {
  /// Judges a segment before it is used. (gopacket: `Accept`.)
  ///
  /// A rejected segment is counted under its reason and changes nothing. Its bytes become a gap unless another copy comes.
  ///
  /// - Parameters:
  ///   - segment: the segment.
  ///   - info: the capture information of its packet.
  ///   - side: the end that sent it.
  ///   - next: the expected sequence number of its direction (RCV.NXT of the receiver); nil before the start is known.
  ///   - start: set it to true to make a direction whose SYN was not seen begin at this segment at once.
  /// - Returns: whether the segment is accepted.
  func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict

  /// Whether ``accept(_:info:from:next:start:)`` is called for segments outside of tags and tunnels too; true by default.
  ///
  /// It is read once, when the connection begins. A stream that accepts every segment saves a call for each packet.
  var judgesPlainSegments: Bool { get }

  /// Reports bytes that will not come, before the bytes behind the gap; gaps come in the order of offsets.
  func gap(_ gap: Gap, from side: Side)

  /// Delivers the next bytes of one direction, in order and each once.
  func reassembled(_ data: inout ReassembledData)

  /// Reports another copy of bytes that were already delivered.
  ///
  /// - Parameters:
  ///   - bytes: the copy.
  ///   - offset: stream offset of its first byte.
  ///   - stamp: the packet that brought it.
  ///   - side: the end that sent it.
  /// - Returns: whether the stream compared the copy with the delivered bytes.
  func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison

  /// Reports two captured copies of undelivered bytes that differ.
  func conflict(_ conflict: Conflict, from side: Side)

  /// Reports the end of the connection; called exactly once, as the last call.
  ///
  /// - Parameter report: what is known of the connection.
  /// - Returns: true to forget the connection at once; false to keep its addresses and ports in time-wait, so that late packets make no new
  ///   connection.
  func reassemblyComplete(_ report: ConnectionReport) -> Bool
}

/// Result of comparing another copy of delivered bytes.
public enum Comparison: Sendable {
  /// The copy was compared, and the stream noted the differences.
  case compared
  /// The delivered bytes are no longer available; the segment is counted as `unchecked`.
  case unchecked
}

extension Stream {
  /// True: the stream judges every segment.
  public var judgesPlainSegments: Bool { true }
  /// Accepts every segment.
  public func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict {
    .accepted
  }
  /// Ignores the gap.
  public func gap(_ gap: Gap, from side: Side) {}
  /// Compares nothing.
  public func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison { .unchecked }
  /// Ignores the conflict.
  public func conflict(_ conflict: Conflict, from side: Side) {}
}
