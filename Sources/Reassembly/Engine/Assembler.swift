public import Packets

/// Puts TCP segments back into streams. (gopacket: `reassembly.Assembler`.)
///
/// One thread feeds one assembler; several assemblers over disjoint connections may run side by side. Time comes from the packets alone.
/// It calls its streams while it works, so a stream must not call back into it.
public struct Assembler: ~Copyable {
  public let options: AssemblerOptions
  public internal(set) var statistics = Statistics()

  let factory: any StreamFactory
  var pool: StreamPool
  var pages: PageCache
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
    pool = StreamPool(seed: options.seed)
    pages = PageCache(seed: options.seed.word(2))
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

  /// What the direction notes of the extraordinary, to be written to.
  func ledger(_ half: HalfIndex) -> HalfLedger {
    pool.slab[half.connection].flags.insert(.noted)
    if let ledger = pool.slab[half].ledger { return ledger }
    let ledger = HalfLedger()
    pool.slab[half].ledger = ledger
    return ledger
  }
}
