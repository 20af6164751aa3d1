public import Packets

/// Decoding: from a captured packet to a segment.
extension Assembler {
  /// Decodes one captured packet, puts IP fragments together, and assembles the segment in it.
  ///
  /// - Throws: why the packet holds no TCP segment; nothing else happens then but that the clock goes on.
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
