public import Packets

/// Decoding: from a captured packet to a segment.
extension Assembler {
  /// Decodes one captured packet, puts IP fragments together, and assembles the segment in it.
  ///
  /// - Throws: why the packet holds no TCP segment; nothing else happens then but that the clock goes on.
  public mutating func assemble(packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    if pool.isExpecting { pool.fetchExpected() }
    advance(to: info.time)
    if let frame = PlainFrame(packet, linkType: linkType) { return take(frame, info: info) }
    return try assembleWalked(packet, linkType: linkType, info: info)
  }

  @inline(never)
  private mutating func assembleWalked(_ packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    do {
      return take(try TCPSegment(decoding: packet, linkType: linkType, originalLength: info.originalLength), info: info, fragmented: false)
    } catch DecodeError.fragment where options.defragments {
      let fragment = try IPFragment(decoding: packet, linkType: linkType, originalLength: info.originalLength)
      return try take(fragment, info: info)
    }
  }
}
