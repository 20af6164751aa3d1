public import Packets

/// Prefetching: fetches the memory of the connections of the next packets.
extension Assembler {
  /// Approximate number of connections that fit into the processor's caches.
  private static let fewConnections = 4096

  /// Hints that `packet` will be assembled soon, so that its connection can be prefetched.
  ///
  /// If you have a batch of packets, hint at all of them before you assemble the first: the memory of their connections is fetched
  /// together. A hint changes no result. It costs O(1), and next to nothing for a packet of the same flow as the one before.
  ///
  /// - Parameters:
  ///   - packet: the captured bytes, from the first byte of the link layer.
  ///   - linkType: the link layer of the packet.
  /// - Returns: whether further hints are of use now; false if there are few connections, or if the link is not Ethernet.
  @inlinable
  public mutating func prefetch(packet: Span<UInt8>, linkType: LinkType) -> Bool {
    let fingerprint = FlowKey.fingerprint(quickParsing: packet, linkType: linkType)
    return (fingerprint == prefetchedFingerprint && fingerprint != 0) || prefetchAnother(packet, linkType, fingerprint)
  }

  @usableFromInline
  mutating func prefetchAnother(_ packet: Span<UInt8>, _ linkType: LinkType, _ fingerprint: UInt64) -> Bool {
    guard pool.count > Self.fewConnections, options.keyScopes.isEmpty, linkType == .ethernet else { return false }
    prefetchedFingerprint = fingerprint
    if let key = FlowKey(quickParsing: packet, linkType: linkType) { pool.prefetch(key.isCanonical ? key : key.reversed) }
    return true
  }
}
