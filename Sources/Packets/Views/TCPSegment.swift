/// One TCP segment, as a view into a captured packet (RFC 9293, section 3.1): nothing is copied.
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
/// The view cannot outlive the bytes that it was decoded from.
public struct TCPSegment: ~Escapable, BitwiseCopyable {
  /// Addresses and ports, as the sender sees them; the scope is 0.
  public var key: FlowKey
  /// Sequence number of the first byte, or of the SYN.
  public var sequence: SequenceNumber
  /// Acknowledgment number, meaningful only if `flags` contains `.ack`.
  public var acknowledgment: SequenceNumber
  /// Control bits.
  public var flags: TCPFlags
  /// Window as in the header, not scaled.
  public var window: UInt16
  /// Urgent pointer: offset of the end of urgent data, meaningful only if `flags` contains `.urg`.
  public var urgentPointer: UInt16
  /// Whole header as captured, 20 to 60 bytes; empty in a segment that was created from its fields.
  public var header: Span<UInt8>
  /// Options as in the header, padding included: 0 to 40 bytes.
  public var options: Span<UInt8>
  /// Captured part of the payload.
  public var payload: Span<UInt8>
  /// Number of payload bytes that the segment had on the wire and that the capture lacks, because the snap length cut the packet.
  public var missingLength: Int
  /// VLAN tags, labels and tunnels around the segment, outermost first.
  public var layers: LayerPath

  /// Creates a segment from its fields, without header bytes.
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
