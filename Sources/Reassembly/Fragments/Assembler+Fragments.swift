import Packets

/// Fragments: a complete datagram is decoded like a packet.
///
/// Rules, section 8: IP fragments.
extension Assembler {
  /// Depth to which datagrams are reassembled that lie in the fragments of another datagram.
  private static let maximumFragmentDepth = 4

  /// Handles a fragment, and the segment in its datagram if that is complete.
  mutating func handle(_ fragment: IPFragment, isInAggregate: Bool, info: CaptureInfo) throws(DecodeError) -> Disposition {
    defer { statistics.fragments = defragmenter.statistics }
    let scope = options.keyScopes.isEmpty ? 0 : scopes.scope(of: fragment.layers, info)
    guard var whole = defragmenter.insert(fragment, scope: scope, at: clock.now) else { return Disposition(kind: .fragment) }
    for _ in 0..<Self.maximumFragmentDepth {
      let packet = whole.packet
      do {
        let segment = try TCPSegment(
          decoding: packet.span, linkType: .raw, originalLength: whole.originalLength, layers: whole.layers,
          decodeAs: options.decodeAs ?? .none)
        return handle(segment, info: info, fragmented: true)
      } catch DecodeError.fragment {
        let inner = try IPFragment(
          decoding: packet.span, linkType: .raw, originalLength: whole.originalLength, layers: whole.layers,
          decodeAs: options.decodeAs ?? .none)
        let scope = options.keyScopes.isEmpty ? 0 : scopes.scope(of: inner.layers, info)
        guard let next = defragmenter.insert(inner, scope: scope, at: clock.now) else { return Disposition(kind: .fragment) }
        whole = next
      } catch DecodeError.aggregate where !isInAggregate {
        return try assembleAggregate(
          packet.span, linkType: .raw, originalLength: whole.originalLength, layers: whole.layers, info: info)
      }
    }
    throw .tooDeep
  }
}
