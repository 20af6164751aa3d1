public import Packets

/// Decoding: from a captured packet to a segment.
extension Assembler {
  /// Decodes one captured packet and assembles the segment in it; IP fragments are reassembled first.
  ///
  /// - Parameters:
  ///   - packet: the captured bytes, from the first byte of the link layer.
  ///   - linkType: the link layer of the packet.
  ///   - info: the capture information of the packet.
  /// - Returns: what became of the segment, or `.fragment` while the datagram is incomplete.
  /// - Throws: the reason why the packet holds no TCP segment; such a packet only advances the clock.
  @discardableResult @inlinable
  public mutating func assemble(packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    switch entry {
    case .measured: return try assembleMeasured(packet, linkType: linkType, info: info)
    case .plain: return try assemblePlain(packet, linkType: linkType, info: info)
    case .share: return try assembleShare(packet, linkType: linkType, info: info)
    }
  }

  // Two copies of the same code, so that measuring costs nothing if nobody asks for it: with a test of the option inside, a packet in order
  // takes 18 instructions more. `assembleShare` is a third one.

  @inline(never) @usableFromInline
  mutating func assemblePlain(_ packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    try assemble(packet, linkType: linkType, measuresTiming: false, info: info)
  }

  @inline(never) @usableFromInline
  mutating func assembleMeasured(_ packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    try assemble(packet, linkType: linkType, measuresTiming: true, info: info)
  }

  @inline(always)
  private mutating func assemble(_ packet: Span<UInt8>, linkType: LinkType, measuresTiming: Bool, info: CaptureInfo) throws(DecodeError)
    -> Disposition
  {
    if pool.hasPrefetches { pool.runPrefetches() }
    advance(to: info)
    if let frame = QuickFrame(packet, linkType: linkType) { return handle(frame, measuresTiming: measuresTiming, info: info) }
    return try assembleWalked(packet, linkType: linkType, info: info)
  }

  /// Decodes one captured packet in an array and assembles the segment in it.
  ///
  /// - Parameters:
  ///   - packet: the captured bytes, from the first byte of the link layer.
  ///   - linkType: the link layer of the packet.
  ///   - info: the capture information of the packet.
  /// - Returns: what became of the segment.
  /// - Throws: the reason why the packet holds no TCP segment.
  @discardableResult
  public mutating func assemble(packet: [UInt8], linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    try assemble(packet: packet.span, linkType: linkType, info: info)
  }

  @inline(never)
  mutating func assembleWalked(_ packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    if options.decodeAs != nil { return try assembleOther(packet, linkType: linkType, info: info) }
    do {
      return handle(
        try TCPSegment(decoding: packet, linkType: linkType, originalLength: info.originalLength), info: info, fragmented: false)
    } catch DecodeError.fragment where options.defragments {
      let fragment = try IPFragment(decoding: packet, linkType: linkType, originalLength: info.originalLength)
      return try handle(fragment, isInAggregate: false, info: info)
    } catch DecodeError.aggregate {
      return try assembleOther(packet, linkType: linkType, info: info)
    }
  }

  @inline(never)
  private mutating func assembleOther(_ packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    try assembleOther(
      packet, linkType: linkType, originalLength: info.originalLength, layers: LayerPath(), isInAggregate: false, info: info)
  }

  /// Assembles what `assembleWalked` does not decode: packets under `decodeAs`, and aggregates of several frames.
  ///
  /// - Parameters:
  ///   - packet: the captured bytes.
  ///   - linkType: the link layer of the packet.
  ///   - originalLength: the length of `packet` on the wire, in bytes.
  ///   - layers: the layers around `packet`.
  ///   - isInAggregate: whether `packet` is one of several frames of a captured packet. An aggregate inside an aggregate is not followed.
  ///   - info: the capture information of the captured packet.
  /// - Returns: the result of the segment.
  /// - Throws: the reason why the packet holds no segment.
  private mutating func assembleOther(
    _ packet: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath, isInAggregate: Bool, info: CaptureInfo
  ) throws(DecodeError) -> Disposition {
    let decodeAs = options.decodeAs ?? .none
    do {
      let segment = try TCPSegment(
        decoding: packet, linkType: linkType, originalLength: originalLength, layers: layers, decodeAs: decodeAs)
      return handle(segment, info: info, fragmented: false)
    } catch DecodeError.fragment where options.defragments {
      let fragment = try IPFragment(
        decoding: packet, linkType: linkType, originalLength: originalLength, layers: layers, decodeAs: decodeAs)
      return try handle(fragment, isInAggregate: isInAggregate, info: info)
    } catch DecodeError.aggregate where !isInAggregate {
      return try assembleAggregate(packet, linkType: linkType, originalLength: originalLength, layers: layers, info: info)
    }
  }

  /// Assembles every frame of an aggregate.
  ///
  /// - Returns: what became of the last frame that holds a segment.
  /// - Throws: the reason why the first frame holds no segment, if none of them holds one.
  mutating func assembleAggregate(
    _ packet: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath, info: CaptureInfo
  ) throws(DecodeError) -> Disposition {
    var frames = try AggregateFrames(
      decoding: packet, linkType: linkType, originalLength: originalLength, layers: layers, decodeAs: options.decodeAs ?? .none)
    var disposition: Disposition?
    var reason: DecodeError?
    while let frame = frames.next() {
      do throws(DecodeError) {
        disposition = try assembleOther(
          frame.bytes, linkType: AggregateFrames.linkType, originalLength: frame.originalLength, layers: frames.layers,
          isInAggregate: true, info: info)
      } catch {
        reason = reason ?? error
      }
    }
    guard let disposition else { throw reason ?? .truncated }
    return disposition
  }
}
