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
  var gapTimers = GapTimers()
  var delivery = DeliveryBuffer()
  var scopes: FlowScopes
  var defragmenter: Defragmenter
  var clock = PacketClock()
  /// Nothing is due before this time on the clock.
  var nextDue = Int64.max
  /// Directions held back because their SYN was not seen, by the time of their first segment.
  var awaitingStart = AwaitingStartQueue()
  var lastID: UInt64 = 0
  /// Memory that far segments take.
  var outOfWindowBytes = 0
  /// Gaps that directions remember, and the memory of conflicts that wait for the start of a direction.
  var rememberedGaps = 0
  var earlyConflictBytes = 0
  /// Payload that pending SYN keep.
  var pendingSYNBytes = 0
  /// Of the conversation of the packet expected last.
  @usableFromInline var prefetchedFingerprint: UInt64 = 0
  /// Reused by the walk over queued segments.
  var overlapping = QueuedList()
  var path = QueuedList()
  /// The segments of the delivery at hand.
  var deliveredSegments = QueuedList()

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
    return handle(segment, info: info, fragmented: false)
  }

  /// Connections that are open now.
  public var connectionCount: Int { pool.openCount }
  /// Bytes of memory that queued and kept bytes take, pages and segments together, and the data of pending SYN.
  public var bufferedBytes: Int { pages.usedBytes + pendingSYNBytes }
  /// Pages in use.
  public var bufferedPages: Int { pages.used }
}
