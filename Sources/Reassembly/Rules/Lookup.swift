import Packets

/// Lookup: which connection a segment belongs to, by one search for both directions.
///
/// Rules, section 2: Connections.
extension Assembler {
  /// Handles a segment after the clock was advanced to its time.
  mutating func handle(_ segment: TCPSegment, info: CaptureInfo, fragmented: Bool) -> Disposition {
    if entry == .share, isForeign(segment.key, payload: segment.payload.count) { return Disposition(kind: .foreign) }
    return handleOwn(segment, info: info, fragmented: fragmented)
  }

  /// Handles a segment of a connection that is assembled here.
  private mutating func handleOwn(_ segment: TCPSegment, info: CaptureInfo, fragmented: Bool) -> Disposition {
    defer { checkInvariantsOfFew() }
    // A wrong checksum is an anomaly of a connection only if all checksums are computed.
    let isRefused = isChecksumDue && checksumIsValid(segment) == false && options.verifiesChecksums
    let found = lookUp(segment.key, layers: segment.layers, payload: segment.payload.count, info: info)
    if segment.missingLength == 0, segment.layers.isEmpty, !fragmented, !isRefused, found.connection.exists,
      let disposition = fastPath(
        segment.flags, sequence: segment.sequence, acknowledgment: segment.acknowledgment, window: segment.window,
        payload: segment.payload, half(of: found), measuresTiming: options.measuresTiming, info: info)
    {
      return disposition
    }
    return route(segment, found, info: info, fragmented: fragmented, isRefused: isRefused)
  }

  /// Handles a packet from its quick parse.
  ///
  /// It becomes a `TCPSegment` only if it needs the slow path.
  @inline(always)
  mutating func handle(_ frame: QuickFrame, measuresTiming: Bool, info: CaptureInfo) -> Disposition {
    if isChecksumDue { return handleOwn(TCPSegment(frame), info: info, fragmented: false) }
    defer { checkInvariantsOfFew() }
    let payload = frame.payload
    let found = lookUp(frame.key, layers: LayerPath(), payload: payload.count, info: info)
    if found.connection.exists,
      let disposition = fastPath(
        frame.flags, sequence: frame.sequence, acknowledgment: frame.acknowledgment, window: frame.window, payload: payload,
        half(of: found), measuresTiming: measuresTiming, info: info)
    {
      return disposition
    }
    return route(TCPSegment(frame), found, info: info, fragmented: false, isRefused: false)
  }

  /// Result of the search for the connection of a segment.
  struct LookupResult {
    /// The connection; `.none` if there is none.
    var connection: ConnectionHandle
    /// Whether the key of the segment is canonical.
    var isCanonical: Bool
    /// Scope by `AssemblerOptions.keyScopes`; 0 leaves the scope of the key as it is.
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

  /// The direction of a segment whose connection was found.
  @inline(always)
  func half(of found: LookupResult) -> HalfHandle {
    let isFromOriginator = found.connection.state.flags.contains(.originatorIsCanonical) == found.isCanonical
    return found.connection.half(isFromOriginator ? .originator : .responder)
  }

  /// Passes a segment to its connection, or makes one.
  ///
  /// `isRefused` means that the checksum is wrong and segments with wrong checksums are rejected.
  @inline(always)
  private mutating func route(_ segment: TCPSegment, _ found: LookupResult, info: CaptureInfo, fragmented: Bool, isRefused: Bool)
    -> Disposition
  {
    guard found.connection.exists else {
      if isRefused { return stray(segment) }
      return create(segment, scope: found.scope, info: info, fragmented: fragmented)
    }
    let half = half(of: found)
    if found.connection.state.list == .timeWait {
      return handleInTimeWait(half, segment, scope: found.scope, info: info, fragmented: fragmented)
    }
    if fragmented { count(.fragmented, half) }
    if isRefused { return reject(segment, half, as: .badChecksum, info: info) }
    return handleSegment(segment, half, info: info)
  }

  /// Counts a segment that belongs to no connection and makes none.
  mutating func stray(_ segment: borrowing TCPSegment) -> Disposition {
    statistics.strayPackets &+= 1
    statistics.strayPayloadBytes &+= UInt64(segment.payload.count)
    return Disposition(kind: .stray)
  }

  /// Checks the invariants after each segment in debug builds, while there are few connections and queued segments.
  @inline(always)
  private func checkInvariantsOfFew() {
    #if DEBUG
      if pool.count <= 64, pages.usedSegments <= 256 { checkInvariants() }
    #endif
  }
}
