public import Packets

/// From a captured packet to a segment.
extension Assembler {
  /// A datagram may lie in fragments of a datagram in fragments; this deep and no deeper.
  private static let maximumFragmentDepth = 4

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
    if options.decodeAs != nil { return try assembleOther(packet, linkType: linkType, info: info) }
    do {
      return take(try TCPSegment(decoding: packet, linkType: linkType, originalLength: info.originalLength), info: info, fragmented: false)
    } catch DecodeError.fragment where options.defragments {
      let fragment = try IPFragment(decoding: packet, linkType: linkType, originalLength: info.originalLength)
      return try take(fragment, isInAggregate: false, info: info)
    } catch DecodeError.aggregate {
      return try assembleOther(packet, linkType: linkType, info: info)
    }
  }

  @inline(never)
  private mutating func assembleOther(_ packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition {
    try assembleOther(packet, linkType: linkType, originalLength: info.originalLength, layers: LayerPath(), isInAggregate: false, info: info)
  }

  /// The same with numbers of the user's own, and for what is more or less than a segment.
  /// - Parameters:
  ///   - originalLength: bytes of `packet` on the wire.
  ///   - layers: those around `packet`.
  ///   - isInAggregate: it is one of several frames of a captured packet; an aggregate inside of one is not followed.
  private mutating func assembleOther(
    _ packet: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath, isInAggregate: Bool, info: CaptureInfo
  ) throws(DecodeError) -> Disposition {
    let decodeAs = options.decodeAs ?? .none
    do {
      let segment = try TCPSegment(
        decoding: packet, linkType: linkType, originalLength: originalLength, layers: layers, decodeAs: decodeAs)
      return take(segment, info: info, fragmented: false)
    } catch DecodeError.fragment where options.defragments {
      let fragment = try IPFragment(
        decoding: packet, linkType: linkType, originalLength: originalLength, layers: layers, decodeAs: decodeAs)
      return try take(fragment, isInAggregate: isInAggregate, info: info)
    } catch DecodeError.aggregate where !isInAggregate {
      return try assembleAggregate(packet, linkType: linkType, originalLength: originalLength, layers: layers, info: info)
    }
  }

  /// Assembles every frame of an aggregate.
  /// - Returns: what became of the last one that holds a segment.
  /// - Throws: why the first one holds none, where no other does.
  private mutating func assembleAggregate(
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

  /// Connections that fit into the processor's caches, about.
  private static let fewConnections = 4096

  /// Tells of a packet that will be assembled soon: once all that are at hand were told of, the memory of their connections is fetched
  /// together. Changes no result. O(1); next to nothing for a packet of the same conversation as the one before.
  ///
  /// - Returns: whether it is of any use now to tell of further packets; not where there are few connections, or the link is not Ethernet.
  @inlinable
  public mutating func expect(packet: Span<UInt8>, linkType: LinkType) -> Bool {
    let fingerprint = FlowKey.fingerprint(glancingAt: packet, linkType: linkType)
    return (fingerprint == expectedFingerprint && fingerprint != 0) || expectAnother(packet, linkType, fingerprint)
  }

  @usableFromInline
  mutating func expectAnother(_ packet: Span<UInt8>, _ linkType: LinkType, _ fingerprint: UInt64) -> Bool {
    guard pool.count > Self.fewConnections, options.keyScopes.isEmpty, linkType == .ethernet else { return false }
    expectedFingerprint = fingerprint
    if let key = FlowKey(glancingAt: packet, linkType: linkType) { pool.expect(key.isCanonical ? key : key.reversed) }
    return true
  }

  private mutating func take(_ fragment: IPFragment, isInAggregate: Bool, info: CaptureInfo) throws(DecodeError) -> Disposition {
    defer { statistics.fragments = defragmenter.statistics }
    let scope = options.keyScopes.isEmpty ? 0 : scopes.scope(of: fragment.layers, info)
    guard var whole = defragmenter.insert(fragment, scope: scope, at: clock.now) else { return Disposition(kind: .fragment) }
    for _ in 0..<Self.maximumFragmentDepth {
      let packet = whole.packet
      do {
        let segment = try TCPSegment(
          decoding: packet.span, linkType: .raw, originalLength: whole.originalLength, layers: whole.layers, decodeAs: options.decodeAs ?? .none)
        return take(segment, info: info, fragmented: true)
      } catch DecodeError.fragment {
        let inner = try IPFragment(
          decoding: packet.span, linkType: .raw, originalLength: whole.originalLength, layers: whole.layers, decodeAs: options.decodeAs ?? .none)
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
