/// One TCP segment as it lies in a captured packet: a view, nothing is copied.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-------------------------------+-------------------------------+
///     |          source port          |       destination port        |
///     +-------------------------------+-------------------------------+
///     |                        sequence number                        |
///     +---------------------------------------------------------------+
///     |                     acknowledgment number                     |
///     +-------+-------+---------------+-------------------------------+
///     | offset|       |     flags     |            window             |
///     +-------+-------+---------------+-------------------------------+
///     |           checksum            |        urgent pointer         |
///     +-------------------------------+-------------------------------+
///
/// RFC 9293, section 3.1. The view cannot outlive the bytes it was decoded from.
public struct TCPSegment: ~Escapable, BitwiseCopyable {
  /// Addresses and ports, from the sender's side; scope 0.
  public var key: FlowKey
  /// Sequence number of the first byte, or of the SYN.
  public var sequence: SequenceNumber
  /// Meaningful only where `flags` has `.ack`.
  public var acknowledgment: SequenceNumber
  /// Control bits.
  public var flags: TCPFlags
  /// The window as it stands in the header, not scaled.
  public var window: UInt16
  /// Offset of the end of urgent data; meaningful only where `flags` has `.urg`.
  public var urgentPointer: UInt16
  /// The whole header as captured, 20 to 60 bytes; empty in a segment that was not decoded but made from its fields.
  public var header: Span<UInt8>
  /// Options as they stand in the header, padding included: 0 to 40 bytes.
  public var options: Span<UInt8>
  /// The captured part of the payload.
  public var payload: Span<UInt8>
  /// Payload bytes that the segment had on the wire and the capture lacks, because the snap length cut the packet.
  public var missingLength: Int
  /// VLAN tags, labels and tunnels that the segment was found in, outermost first.
  public var layers: LayerPath

  /// Makes a segment from its fields, without header bytes.
  @_lifetime(copy options, copy payload)
  public init(
    key: FlowKey, sequence: SequenceNumber, acknowledgment: SequenceNumber, flags: TCPFlags, window: UInt16, urgentPointer: UInt16 = 0,
    options: Span<UInt8>, payload: Span<UInt8>, missingLength: Int = 0, layers: LayerPath = LayerPath()
  ) {
    self.key = key
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.flags = flags
    self.window = window
    self.urgentPointer = urgentPointer
    self.header = Span()
    self.options = options
    self.payload = payload
    self.missingLength = missingLength
    self.layers = layers
  }
}
