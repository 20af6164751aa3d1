extension TCPSegment {
  /// Decodes the innermost TCP segment of a captured packet.
  ///
  /// One pass over the headers, no copy, no allocation: O(length of the headers). No content of `bytes` makes it trap.
  ///
  /// - Parameters:
  ///   - bytes: the captured bytes, from the link-layer header on.
  ///   - linkType: the link type of the packet.
  ///   - originalLength: the number of bytes that the packet had on the wire.
  ///   - layers: the layers that are already known around the packet: those of the fragments that it was reassembled from.
  /// - Throws: the reason why the packet is not a usable segment; `.fragment` if `IPFragment` can be decoded from it, `.aggregate` if
  ///   `AggregateFrames` can.
  @_lifetime(copy bytes)
  public init(
    decoding bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath = LayerPath()
  ) throws(DecodeError) {
    if layers.isEmpty, let plain = QuickFrame(bytes, linkType: linkType) {
      self.init(plain)
    } else {
      try self.init(walking: bytes, linkType: linkType, originalLength: originalLength, layers: layers)
    }
  }

  /// Decodes the innermost TCP segment of a captured packet, with user-defined meanings of ports, protocols and types.
  @_lifetime(copy bytes)
  public init(
    decoding bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath = LayerPath(), decodeAs: DecodeAs
  ) throws(DecodeError) {
    if layers.isEmpty, let plain = QuickFrame(bytes, linkType: linkType) {
      self.init(plain)
    } else {
      try self.init(walking: bytes, linkType: linkType, originalLength: originalLength, layers: layers, decodeAs: decodeAs)
    }
  }

  @inline(never)
  @_lifetime(copy bytes)
  private init(walking bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath) throws(DecodeError) {
    var cursor = PacketCursor(bytes, originalLength: originalLength, layers: layers)
    let arrival = try cursor.walk(bytes, from: linkType, DecodeAs())
    try self.init(cursor, at: arrival, in: bytes)
  }

  @inline(never)
  @_lifetime(copy bytes)
  private init(
    walking bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath, decodeAs: DecodeAs
  ) throws(DecodeError) {
    var cursor = PacketCursor(bytes, originalLength: originalLength, layers: layers)
    let arrival = try cursor.walk(bytes, from: linkType, decodeAs)
    try self.init(cursor, at: arrival, in: bytes)
  }

  /// Creates the segment that a walk ended at.
  @inline(__always)
  @_lifetime(copy bytes)
  private init(_ cursor: PacketCursor, at arrival: PacketCursor.Destination, in bytes: Span<UInt8>) throws(DecodeError) {
    guard arrival == .segment else { throw arrival == .fragment ? .fragment : .aggregate }

    guard cursor.wireLength >= 20 else { throw .tcpDataOffset }
    let segment = cursor.rest(of: bytes)
    guard segment.count >= 20 else { throw .truncated }
    let headerLength = Int(segment[12] >> 4) << 2
    guard headerLength >= 20, headerLength <= cursor.wireLength else { throw .tcpDataOffset }
    // The capture may end inside the options: number and length of the segment are known all the same, and no payload was captured.
    let captured = min(headerLength, segment.count)

    let (source, destination) = cursor.addresses(in: bytes)
    self.key = FlowKey(
      source: source, destination: destination, sourcePort: segment.uint16(at: 0), destinationPort: segment.uint16(at: 2))
    self.sequence = SequenceNumber(segment.uint32(at: 4))
    self.acknowledgment = SequenceNumber(segment.uint32(at: 8))
    self.flags = TCPFlags(rawValue: segment[13])
    self.window = segment.uint16(at: 14)
    self.urgentPointer = segment.uint16(at: 18)
    self.header = segment.extracting(first: captured)
    self.options = segment.extracting(20..<captured)
    self.payload = segment.extracting(droppingFirst: captured)
    self.missingLength = cursor.wireLength &- max(segment.count, headerLength)
    self.layers = cursor.layers
  }
}
