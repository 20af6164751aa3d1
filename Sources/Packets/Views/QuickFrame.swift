/// A plain frame, as most are: Ethernet, IPv4 without options and fragmentation, and a TCP segment, captured to its end.
///
///     | Ethernet: 14 | IPv4: 20 | TCP: 20 to 60 | payload | padding |
///
/// All fields are at fixed offsets, so each is read when it is needed, and none is copied before.
@usableFromInline
package struct QuickFrame: ~Escapable, BitwiseCopyable {
  @usableFromInline let bytes: Span<UInt8>
  /// Offset of the end of the TCP header, which is the start of the payload.
  @usableFromInline let headerEnd: Int
  /// Offset of the end of the IP packet; padding follows.
  @usableFromInline let end: Int

  /// Reads a plain frame; nil for any other frame, well-formed or not, which is then walked header by header.
  ///
  /// O(1).
  @inlinable @inline(always)
  @_lifetime(copy bytes)
  package init?(_ bytes: Span<UInt8>, linkType: LinkType) {
    guard linkType == .ethernet, bytes.count >= 54, FlowKey.isPlain(bytes), bytes.uint16(at: 20) & 0x3fff == 0 else { return nil }
    let end = 14 &+ Int(bytes.uint16(at: 16))
    let headerLength = Int(bytes[46] >> 4) << 2
    let headerEnd = 34 &+ headerLength
    guard end <= bytes.count, headerLength >= 20, headerEnd <= end else { return nil }
    self.bytes = bytes
    self.headerEnd = headerEnd
    self.end = end
  }

  // The 54 bytes that every plain frame has contain all of these fields, and the frame contains the payload.

  /// Addresses and ports, as the sender sees them; the scope is 0.
  @inlinable package var key: FlowKey {
    @inline(always) get {
      FlowKey(v4Source: bytes.uint32(at: 26), destination: bytes.uint32(at: 30), ports: bytes.uint32(at: 34))
    }
  }

  /// Sequence number.
  @inlinable package var sequence: SequenceNumber { @inline(always) get { SequenceNumber(bytes.uint32(at: 38)) } }
  /// Acknowledgment number.
  @inlinable package var acknowledgment: SequenceNumber { @inline(always) get { SequenceNumber(bytes.uint32(at: 42)) } }
  /// Control bits.
  @inlinable package var flags: TCPFlags { @inline(always) get { TCPFlags(rawValue: bytes[47]) } }
  /// Window as in the header, not scaled.
  @inlinable package var window: UInt16 { @inline(always) get { bytes.uint16(at: 48) } }

  /// Payload.
  @inlinable package var payload: Span<UInt8> {
    @_lifetime(copy self)
    @inline(always) get { bytes.extracting(headerEnd..<end) }
  }
}

extension TCPSegment {
  /// Creates a view of the segment in a plain frame.
  ///
  /// O(1).
  @inlinable @inline(always)
  @_lifetime(copy frame)
  package init(_ frame: QuickFrame) {
    let bytes = frame.bytes
    key = frame.key
    sequence = frame.sequence
    acknowledgment = frame.acknowledgment
    flags = frame.flags
    window = frame.window
    urgentPointer = bytes.uint16(at: 52)
    header = bytes.extracting(34..<frame.headerEnd)
    options = bytes.extracting(54..<frame.headerEnd)
    payload = frame.payload
    missingLength = 0
    layers = LayerPath()
  }
}
