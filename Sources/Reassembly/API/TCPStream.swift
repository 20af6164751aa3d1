public import Packets

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

  /// Creates an opening from its parts; the assembler makes its own, a test of a stream makes one here.
  public init(id: UInt64, key: FlowKey, info: CaptureInfo, layers: LayerPath = LayerPath()) {
    self.id = id
    self.key = key
    self.info = info
    self.layers = layers
  }
}

/// Factory of the streams of new connections. (gopacket: `StreamFactory`.)
public protocol StreamFactory: AnyObject {
  /// Makes the stream of a new connection. (gopacket: `New`.)
  func makeStream(for opening: ConnectionOpening) -> any TCPStream
}

/// Consumer of the reassembled bytes of both directions of one connection. (gopacket: `reassembly.Stream`.)
///
/// The assembler calls it from the thread that feeds it, and never again after ``reassemblyComplete(_:)``.
public protocol TCPStream: AnyObject {
  /// Filter that is asked before a segment of the connection is used; nil, the default, accepts every segment.
  ///
  /// Whether there is one is asked once, when the connection begins; it must not change later. ``Strictness`` is a filter.
  var segmentFilter: (any SegmentFilter)? { get }

  /// Observer that is shown the segments of the connection; nil by default.
  ///
  /// Whether there is one is asked once, when the connection begins; it must not change later.
  var segmentObserver: (any SegmentObserver)? { get }

  /// Reports bytes that will not come, before the bytes after the gap; gaps come in the order of offsets.
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

extension TCPStream {
  /// No filter: every segment is accepted.
  public var segmentFilter: (any SegmentFilter)? { nil }
  /// No observer.
  public var segmentObserver: (any SegmentObserver)? { nil }
  /// Ignores the gap.
  public func gap(_ gap: Gap, from side: Side) {}
  /// Compares nothing.
  public func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison { .unchecked }
  /// Ignores the conflict.
  public func conflict(_ conflict: Conflict, from side: Side) {}
}
