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
  public mutating func assemble(packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    if pool.hasPrefetches { pool.runPrefetches() }
    advance(to: info.time)
    if let frame = QuickFrame(packet, linkType: linkType) { return handle(frame, info: info) }
    return try assembleWalked(packet, linkType: linkType, info: info)
  }

  @inline(never)
  private mutating func assembleWalked(_ packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    do {
      return handle(
        try TCPSegment(decoding: packet, linkType: linkType, originalLength: info.originalLength), info: info, fragmented: false)
    } catch DecodeError.fragment where options.defragments {
      let fragment = try IPFragment(decoding: packet, linkType: linkType, originalLength: info.originalLength)
      return try handle(fragment, info: info)
    }
  }
}
