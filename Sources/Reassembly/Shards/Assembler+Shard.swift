import Packets

/// Shards: an assembler with a shard passes over the segments of other connections before it searches for their connection.
///
/// Rules, section 12: Shards.
extension Assembler {
  /// Assembles a packet if its connection is in the shard; the clock and the fragments see every packet.
  @inline(never) @usableFromInline
  mutating func assembleShare(_ packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    advance(to: info)
    order?.beginSegments()
    defer { order?.note(connections: pool.count, bytes: bufferedBytes) }
    if let frame = QuickFrame(packet, linkType: linkType) {
      if isForeign(frame.key, payload: frame.payload.count) { return Disposition(kind: .foreign) }
      return handle(frame, measuresTiming: options.measuresTiming, info: info)
    }
    return try assembleWalked(packet, linkType: linkType, info: info)
  }

  /// Whether a segment belongs to a connection of another shard.
  ///
  /// All shards count all segments and their payload, because the sample of checksums goes by the number of segments.
  mutating func isForeign(_ key: FlowKey, payload: Int) -> Bool {
    guard let shard = options.shard else { return false }
    order?.beginSegment()
    if shard.contains(key) { return false }
    statistics.segments &+= 1
    statistics.payloadBytes &+= UInt64(payload)
    return true
  }
}
