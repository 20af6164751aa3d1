public import Packets

/// From a captured packet to a segment.
extension Assembler {
  /// A datagram may lie in fragments of a datagram in fragments; this deep and no deeper.
  private static let maximumFragmentDepth = 4

  /// Decodes one captured packet, puts IP fragments together, and assembles the segment in it.
  ///
  /// - Throws: why the packet holds no TCP segment; nothing else happens then but that the clock goes on.
  public mutating func assemble(packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    advance(to: info.time)
    do {
      return take(try TCPSegment(decoding: packet, linkType: linkType, originalLength: info.originalLength), info: info, fragmented: false)
    } catch DecodeError.fragment where options.defragments {
      let fragment = try IPFragment(decoding: packet, linkType: linkType, originalLength: info.originalLength)
      return try take(fragment, info: info)
    }
  }

  /// Connections that fit into the processor's caches, about.
  private static let fewConnections = 4096

  /// Tells of a packet that will be assembled soon, about five packets from now: the memory of its connection is fetched while those
  /// before it are worked on, a step at each call. Changes no result. O(1); next to nothing where there are few connections.
  public mutating func expect(packet: Span<UInt8>, linkType: LinkType) {
    guard pool.count > Self.fewConnections else { return }
    fetch(packet, linkType)
  }

  private mutating func fetch(_ packet: Span<UInt8>, _ linkType: LinkType) {
    guard options.keyScopes.isEmpty, let key = FlowKey(glancingAt: packet, linkType: linkType) else { return }
    pool.expect(key.isCanonical ? key : key.reversed)
  }

  private mutating func take(_ fragment: IPFragment, info: CaptureInfo) throws(DecodeError) -> Disposition {
    defer { statistics.fragments = defragmenter.statistics }
    let scope = options.keyScopes.isEmpty ? 0 : scopes.scope(of: fragment.layers, info)
    guard var whole = defragmenter.insert(fragment, scope: scope, at: clock.now) else { return Disposition(kind: .fragment) }
    for _ in 0..<Self.maximumFragmentDepth {
      let packet = whole.packet
      do {
        let segment = try TCPSegment(decoding: packet.span, linkType: .raw, originalLength: whole.originalLength, layers: whole.layers)
        return take(segment, info: info, fragmented: true)
      } catch DecodeError.fragment {
        let inner = try IPFragment(decoding: packet.span, linkType: .raw, originalLength: whole.originalLength, layers: whole.layers)
        let scope = options.keyScopes.isEmpty ? 0 : scopes.scope(of: inner.layers, info)
        guard let next = defragmenter.insert(inner, scope: scope, at: clock.now) else { return Disposition(kind: .fragment) }
        whole = next
      }
    }
    throw .tooDeep
  }
}
