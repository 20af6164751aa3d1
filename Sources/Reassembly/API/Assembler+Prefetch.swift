public import Packets

/// Prefetching: the memory of the connections of the next packets.
extension Assembler {
  /// Connections that fit into the processor's caches, about.
  private static let fewConnections = 4096

  /// Tells of a packet that will be assembled soon: once all that are at hand were told of, the memory of their connections is fetched
  /// together. Changes no result. O(1); next to nothing for a packet of the same conversation as the one before.
  ///
  /// - Returns: whether it is of any use now to tell of further packets; not where there are few connections, or the link is not Ethernet.
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
