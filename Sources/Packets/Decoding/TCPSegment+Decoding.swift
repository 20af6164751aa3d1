extension TCPSegment {
  /// Finds the innermost TCP segment of a captured packet.
  ///
  /// One pass over the headers, no copy, no allocation: O(length of the headers). No content of `bytes` makes it trap.
  /// - Parameters:
  ///   - bytes: the captured bytes, from the link-layer header on.
  ///   - linkType: what that header is.
  ///   - originalLength: bytes that the packet had on the wire.
  ///   - layers: layers that are already known to lie around the packet: those of the fragments that it was put together from.
  /// - Throws: why the packet is not a segment that can be used; `.fragment` where `IPFragment` can be decoded from it.
  @_lifetime(copy bytes)
  public init(
    decoding bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath = LayerPath()
  ) throws(DecodeError) {
    if layers.isEmpty, let key = FlowKey(glancingAt: bytes, linkType: linkType), let end = Self.plainEnd(of: bytes) {
      self.init(plain: bytes, key: key, end: end)
    } else {
      try self.init(walking: bytes, linkType: linkType, originalLength: originalLength, layers: layers)
    }
  }

  // MARK: what any packet may be

  @inline(never)
  @_lifetime(copy bytes)
  private init(walking bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath) throws(DecodeError) {
    var cursor = PacketCursor(bytes, originalLength: originalLength, layers: layers)
    guard try cursor.walk(bytes, from: linkType) == .segment else { throw .fragment }

    guard cursor.wireLength >= 20 else { throw .tcpDataOffset }
    let segment = cursor.rest(of: bytes)
    guard segment.count >= 20 else { throw .truncated }
    let headerLength = Int(segment[12] >> 4) << 2
    guard headerLength >= 20, headerLength <= cursor.wireLength else { throw .tcpDataOffset }
    guard segment.count >= headerLength else { throw .truncated }

    let (source, destination) = cursor.addresses(in: bytes)
    self.key = FlowKey(
      source: source, destination: destination, sourcePort: segment.uint16(at: 0), destinationPort: segment.uint16(at: 2))
    self.sequence = SequenceNumber(segment.uint32(at: 4))
    self.acknowledgment = SequenceNumber(segment.uint32(at: 8))
    self.flags = TCPFlags(rawValue: segment[13])
    self.window = segment.uint16(at: 14)
    self.urgentPointer = segment.uint16(at: 18)
    self.header = segment.extracting(first: headerLength)
    self.options = segment.extracting(20..<headerLength)
    self.payload = segment.extracting(droppingFirst: headerLength)
    self.missingLength = cursor.wireLength &- segment.count
    self.layers = cursor.layers
  }

  // MARK: what most packets are

  /// Where the IP packet ends in a frame that has a key at a glance, if it is no fragment and was captured whole. `nil` of any other frame,
  /// right or wrong: that one is walked header by header.
  ///
  ///     | Ethernet: 14 | IPv4: 20 | TCP: 20 to 60 | payload | padding |
  @inline(always)
  private static func plainEnd(of frame: Span<UInt8>) -> Int? {
    guard frame.count >= 54, frame.uint16(at: 20) & 0x3fff == 0 else { return nil }
    let end = 14 &+ Int(frame.uint16(at: 16))
    let headerLength = Int(frame[46] >> 4) << 2
    return end <= frame.count && headerLength >= 20 && 34 &+ headerLength <= end ? end : nil
  }

  /// - Parameters:
  ///   - key: at a glance.
  ///   - end: what `plainEnd` answered.
  @inline(always)
  @_lifetime(copy frame)
  private init(plain frame: Span<UInt8>, key: FlowKey, end: Int) {
    // In bounds without a look at the length again: `plainEnd` has seen that 54 bytes are there, and the whole TCP header before `end`.
    let headerEnd = 34 &+ Int(frame[46] >> 4) << 2
    self.key = key
    sequence = SequenceNumber(frame.uint32(at: 38))
    acknowledgment = SequenceNumber(frame.uint32(at: 42))
    flags = TCPFlags(rawValue: frame[47])
    window = frame.uint16(at: 48)
    urgentPointer = frame.uint16(at: 52)
    header = frame.extracting(34..<headerEnd)
    options = frame.extracting(54..<headerEnd)
    payload = frame.extracting(headerEnd..<end)
    missingLength = 0
    layers = LayerPath()
  }
}

extension FlowKey {
  /// The key of a frame at a glance: of Ethernet with nothing but an IPv4 header without options before a TCP header. `nil` of any other
  /// frame, and no promise that this one holds a segment. O(1).
  @inlinable @inline(always)
  public init?(glancingAt frame: Span<UInt8>, linkType: LinkType) {
    guard linkType == .ethernet, frame.count >= 38, frame.uint16(at: 12) == 0x0800, frame[14] == 0x45, frame[23] == 6 else { return nil }
    self.init(v4Source: frame.uint32(at: 26), destination: frame.uint32(at: 30), ports: frame.uint32(at: 34))
  }

  /// A number that the frames of both directions have in common, and those of other conversations rarely; 0 of a frame that has none at a
  /// glance. Cheaper than a key. O(1).
  @inlinable @inline(always)
  public static func fingerprint(glancingAt frame: Span<UInt8>, linkType: LinkType) -> UInt64 {
    guard linkType == .ethernet, frame.count >= 38 else { return 0 }
    let ports = frame.uint32(at: 34)
    return UInt64(frame.uint32(at: 26) ^ frame.uint32(at: 30)) << 32 | UInt64((ports &+ ports << 16) >> 16)
  }
}
