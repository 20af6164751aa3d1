/// A frame as most are: Ethernet, an IPv4 header without options, whole and no fragment, and a TCP segment in it, captured to its end.
///
///     | Ethernet: 14 | IPv4: 20 | TCP: 20 to 60 | payload | padding |
///
/// Everything stands where it nearly always does, so fields are read when they are asked for, and none is copied before.
public struct QuickFrame: ~Escapable, BitwiseCopyable {
  @usableFromInline let bytes: Span<UInt8>
  /// Where the TCP header ends: the payload begins.
  @usableFromInline let headerEnd: Int
  /// Where the IP packet ends: what follows is padding.
  @usableFromInline let end: Int

  /// Reads a plain frame; `nil` for any other, right or wrong, which is walked header by header.
  ///
  /// O(1).
  @inlinable @inline(always)
  @_lifetime(copy bytes)
  public init?(_ bytes: Span<UInt8>, linkType: LinkType) {
    guard linkType == .ethernet, bytes.count >= 54, FlowKey.isPlain(bytes), bytes.uint16(at: 20) & 0x3fff == 0 else { return nil }
    let end = 14 &+ Int(bytes.uint16(at: 16))
    let headerLength = Int(bytes[46] >> 4) << 2
    let headerEnd = 34 &+ headerLength
    guard end <= bytes.count, headerLength >= 20, headerEnd <= end else { return nil }
    self.bytes = bytes
    self.headerEnd = headerEnd
    self.end = end
  }

  // All of these lie in the 54 bytes that every such frame has, and the payload in the frame.

  /// Addresses and ports, from the sender's side; scope 0.
  @inlinable public var key: FlowKey {
    @inline(always) get {
      FlowKey(v4Source: bytes.uint32(at: 26), destination: bytes.uint32(at: 30), ports: bytes.uint32(at: 34))
    }
  }

  /// Sequence number.
  @inlinable public var sequence: SequenceNumber { @inline(always) get { SequenceNumber(bytes.uint32(at: 38)) } }
  /// Acknowledgment number.
  @inlinable public var acknowledgment: SequenceNumber { @inline(always) get { SequenceNumber(bytes.uint32(at: 42)) } }
  /// Control bits.
  @inlinable public var flags: TCPFlags { @inline(always) get { TCPFlags(rawValue: bytes[47]) } }
  /// Window as it stands in the header.
  @inlinable public var window: UInt16 { @inline(always) get { bytes.uint16(at: 48) } }

  /// The payload.
  @inlinable public var payload: Span<UInt8> {
    @_lifetime(copy self)
    @inline(always) get { bytes.extracting(headerEnd..<end) }
  }
}

extension TCPSegment {
  /// The segment in a plain frame.
  ///
  /// O(1).
  @inlinable @inline(always)
  @_lifetime(copy frame)
  public init(_ frame: QuickFrame) {
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
