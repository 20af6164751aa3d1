import Packets

/// Lookup: which connection a segment belongs to, with one search for both directions.
///
/// Rules, section 2: Connections.
extension Assembler {
  /// A segment at the clock's present.
  mutating func handle(_ segment: TCPSegment, info: CaptureInfo, fragmented: Bool) -> Disposition {
    defer { checkInvariantsOfFew() }
    // Wrong checksums are an anomaly of a connection only where all of them are computed.
    let isRefused = isChecksumDue && checksumIsValid(segment) == false && options.verifiesChecksums
    let place = lookUp(segment.key, layers: segment.layers, payload: segment.payload.count, info: info)
    if segment.missingLength == 0, segment.layers.isEmpty, !fragmented, !isRefused, place.connection.exists,
      let disposition = fastPath(
        segment.flags, sequence: segment.sequence, acknowledgment: segment.acknowledgment, window: segment.window,
        payload: segment.payload, half(of: place), info: info)
    {
      return disposition
    }
    return route(segment, place, info: info, fragmented: fragmented, isRefused: isRefused)
  }

  /// The same of most packets: only those of which something is to be found out become a segment.
  @inline(always)
  mutating func handle(_ frame: QuickFrame, info: CaptureInfo) -> Disposition {
    if isChecksumDue { return handle(TCPSegment(frame), info: info, fragmented: false) }
    defer { checkInvariantsOfFew() }
    let payload = frame.payload
    let place = lookUp(frame.key, layers: LayerPath(), payload: payload.count, info: info)
    if place.connection.exists,
      let disposition = fastPath(
        frame.flags, sequence: frame.sequence, acknowledgment: frame.acknowledgment, window: frame.window, payload: payload,
        half(of: place),
        info: info)
    {
      return disposition
    }
    return route(TCPSegment(frame), place, info: info, fragmented: false, isRefused: false)
  }

  /// Where a segment belongs.
  struct LookupResult {
    /// `.none` where there is none yet.
    var connection: ConnectionHandle
    /// Whether the key of the segment is canonical.
    var isCanonical: Bool
    /// By the key scopes; 0 leaves the one that the key brings.
    var scope: UInt32
  }

  /// Counts a segment and finds its connection.
  @inline(always)
  mutating func lookUp(_ key: FlowKey, layers: LayerPath, payload: Int, info: CaptureInfo) -> LookupResult {
    statistics.segments &+= 1
    statistics.payloadBytes &+= UInt64(payload)
    let scope = options.keyScopes.isEmpty ? 0 : scopes.scope(of: layers, info)
    var key = key
    if scope != 0 { key.scope = scope }
    let isCanonical = key.isCanonical
    return LookupResult(connection: pool.connection(for: isCanonical ? key : key.reversed), isCanonical: isCanonical, scope: scope)
  }

  /// The direction of a segment whose connection exists.
  @inline(always)
  func half(of place: LookupResult) -> HalfHandle {
    let isFromOriginator = place.connection.state.flags.contains(.originatorIsCanonical) == place.isCanonical
    return place.connection.half(isFromOriginator ? .originator : .responder)
  }

  /// To its connection, or to a new one.
  ///
  /// - Parameter isRefused: for its checksum.
  @inline(always)
  private mutating func route(_ segment: TCPSegment, _ place: LookupResult, info: CaptureInfo, fragmented: Bool, isRefused: Bool)
    -> Disposition
  {
    guard place.connection.exists else {
      if isRefused { return stray(segment) }
      return create(segment, scope: place.scope, info: info, fragmented: fragmented)
    }
    let half = half(of: place)
    if place.connection.state.list == .timeWait {
      return handleInTimeWait(half, segment, scope: place.scope, info: info, fragmented: fragmented)
    }
    if fragmented { count(.fragmented, half) }
    if isRefused { return reject(segment, half, as: .badChecksum, info: info) }
    return handleSegment(segment, half, info: info)
  }

  /// A segment that belongs to no connection and makes none.
  mutating func stray(_ segment: borrowing TCPSegment) -> Disposition {
    statistics.strayPackets &+= 1
    statistics.strayPayloadBytes &+= UInt64(segment.payload.count)
    return Disposition(kind: .stray)
  }

  /// Debug builds check the invariants after every segment while no more than a few connections and segments are held.
  @inline(always)
  private func checkInvariantsOfFew() {
    #if DEBUG
      if pool.count <= 64, pages.usedSegments <= 256 { checkInvariants() }
    #endif
  }
}
