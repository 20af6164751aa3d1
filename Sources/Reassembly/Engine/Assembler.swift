public import Packets

/// Puts TCP segments back into streams. (gopacket: `reassembly.Assembler`.)
///
/// One thread feeds one assembler; several assemblers over disjoint connections may run side by side. Time comes from the packets alone.
/// It calls its streams while it works, so a stream must not call back into it.
public struct Assembler: ~Copyable {
  public let options: AssemblerOptions
  public internal(set) var statistics = Statistics()

  let factory: any StreamFactory
  var pool = StreamPool()
  var pages = PageCache()
  var waiting = WaitingHeap()
  var delivery = DeliveryBuffer()
  var scopes: FlowScopes
  var defragmenter: Defragmenter
  var clock = PacketClock()
  /// Nothing is due before this time on the clock.
  var nextDue = Int64.max
  /// Directions held back because their SYN was not seen, by the time of their first segment.
  var held = HeldQueue()
  var lastID: UInt64 = 0
  /// Memory that far segments take.
  var farBytes = 0
  /// Payload that candidate SYNs keep.
  var candidateBytes = 0
  /// Of the conversation of the packet expected last.
  @usableFromInline var expectedFingerprint: UInt64 = 0
  /// Reused by the walk over queued pieces.
  var overlapping = PieceList()
  var path = PieceList()
  /// The pieces of the delivery at hand.
  var taken = PieceList()

  public init(factory: any StreamFactory, options: AssemblerOptions = AssemblerOptions()) {
    self.options = options
    self.factory = factory
    scopes = FlowScopes(options.keyScopes)
    defragmenter = Defragmenter(options)
  }

  /// Takes one segment. Segments must come in the order of capture. (gopacket: `AssembleWithContext`.)
  ///
  /// Amortised O(payload + log of what the direction has queued); in order, nothing is copied or allocated.
  public mutating func assemble(_ segment: TCPSegment, info: CaptureInfo) -> Disposition {
    advance(to: info.time)
    return take(segment, info: info, fragmented: false)
  }

  /// A segment at the clock's present.
  mutating func take(_ segment: TCPSegment, info: CaptureInfo, fragmented: Bool) -> Disposition {
    defer { checkInvariantsOfFew() }
    let place = place(of: segment.key, layers: segment.layers, payload: segment.payload.count, info: info)
    if segment.missingLength == 0, segment.layers.isEmpty, !fragmented, place.connection.exists, !isChecksumDue,
      let disposition = takePredicted(
        segment.flags, sequence: segment.sequence, acknowledgment: segment.acknowledgment, window: segment.window,
        payload: segment.payload, half(place), info: info)
    {
      return disposition
    }
    return sort(segment, place, info: info, fragmented: fragmented)
  }

  /// The same of most packets: only those of which something is to be found out become a segment.
  @inline(always)
  mutating func take(_ frame: PlainFrame, info: CaptureInfo) -> Disposition {
    defer { checkInvariantsOfFew() }
    let payload = frame.payload
    let place = place(of: frame.key, layers: LayerPath(), payload: payload.count, info: info)
    if place.connection.exists, !isChecksumDue,
      let disposition = takePredicted(
        frame.flags, sequence: frame.sequence, acknowledgment: frame.acknowledgment, window: frame.window, payload: payload, half(place),
        info: info)
    {
      return disposition
    }
    return sort(TCPSegment(frame), place, info: info, fragmented: false)
  }

  /// Where a segment belongs.
  struct Place {
    var canonical: FlowKey
    var isCanonical: Bool
    /// `.none` where there is none yet.
    var connection: ConnectionIndex
  }

  /// Counts a segment and finds its connection.
  @inline(always)
  private mutating func place(of key: FlowKey, layers: LayerPath, payload: Int, info: CaptureInfo) -> Place {
    statistics.segments &+= 1
    statistics.payloadBytes &+= UInt64(payload)
    var key = key
    if !options.keyScopes.isEmpty { key.scope = scopes.scope(of: layers, info) }
    let isCanonical = key.isCanonical
    let canonical = isCanonical ? key : key.reversed
    return Place(canonical: canonical, isCanonical: isCanonical, connection: pool.connection(for: canonical))
  }

  /// The direction of a segment whose connection exists.
  @inline(always)
  private func half(_ place: Place) -> HalfIndex {
    let isFromOriginator = pool.slab[place.connection].flags.contains(.originatorIsCanonical) == place.isCanonical
    return HalfIndex(place.connection, isFromOriginator ? .originator : .responder)
  }

  /// To its connection, or to a new one.
  @inline(always)
  private mutating func sort(_ segment: TCPSegment, _ place: Place, info: CaptureInfo, fragmented: Bool) -> Disposition {
    // Wrong checksums are an anomaly of a connection only where all of them are computed.
    let refusedByChecksum = isChecksumDue && checksumIsValid(segment) == false && options.verifiesChecksums
    guard place.connection.exists else {
      if refusedByChecksum { return stray(segment) }
      return open(place.canonical, isCanonical: place.isCanonical, segment: segment, info: info, fragmented: fragmented)
    }
    let half = half(place)
    if pool.slab[place.connection].list == .lingering {
      return meetRemembered(
        place.connection, half.side, place.canonical, isCanonical: place.isCanonical, segment, info: info, fragmented: fragmented)
    }
    if fragmented { note(.fragmented, half) }
    if refusedByChecksum { return reject(segment, half, as: .badChecksum, info: info) }
    return process(segment, half, info: info)
  }

  /// Debug builds check the invariants after every segment while no more than a few connections and pieces are held.
  @inline(always)
  private func checkInvariantsOfFew() {
    #if DEBUG
      if pool.count <= 64, pages.usedPieces <= 256 { checkInvariants() }
    #endif
  }

  /// A segment that belongs to no connection and makes none.
  mutating func stray(_ segment: borrowing TCPSegment) -> Disposition {
    statistics.strayPackets &+= 1
    statistics.strayPayloadBytes &+= UInt64(segment.payload.count)
    return Disposition(kind: .stray)
  }

  /// Connections that are open now.
  public var connectionCount: Int { pool.openCount }
  /// Bytes of memory that queued and kept bytes take, pages and pieces together, and the data of candidate SYNs.
  public var bufferedBytes: Int { pages.usedBytes + candidateBytes }
  /// Pages in use.
  public var bufferedPages: Int { pages.used }
}

extension Assembler {
  /// Counts an anomaly of a direction and in all.
  mutating func note(_ anomaly: Anomaly, _ half: HalfIndex, count: UInt64 = 1) {
    ledger(half).anomalies[anomaly] &+= count
    statistics.anomalies[anomaly] &+= count
  }

  /// Accounts for payload bytes that are not part of the stream.
  mutating func drop(_ count: Int64, _ reason: DropReason, _ half: HalfIndex) {
    guard count > 0 else { return }
    ledger(half).dropped[reason] &+= UInt64(count)
    statistics.dropped[reason] &+= UInt64(count)
  }

  /// What the direction notes of the extraordinary.
  func ledger(_ half: HalfIndex) -> HalfLedger {
    if let ledger = pool.slab[half].ledger { return ledger }
    let ledger = HalfLedger()
    pool.slab[half].ledger = ledger
    return ledger
  }
}
