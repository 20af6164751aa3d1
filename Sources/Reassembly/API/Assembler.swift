public import Packets

/// Reassembles TCP segments into streams. (gopacket: `reassembly.Assembler`.)
///
/// One thread feeds one assembler; several assemblers over disjoint connections may run side by side. Packets are its only source of time.
/// It calls its streams while it works, so a stream must not call back into it.
public struct Assembler: ~Copyable {
  /// Timers, limits and policies that this assembler was made with.
  public let options: AssemblerOptions
  /// Counters over everything that this assembler has seen.
  public internal(set) var statistics = Statistics()

  let factory: any StreamFactory
  var pool: StreamPool
  var pages: PageCache
  var gapTimers = GapTimers()
  var delivery = DeliveryBuffer()
  var scopes: FlowScopes
  var defragmenter: Defragmenter
  var clock = PacketClock()
  /// Earliest time on the clock at which a timer can run out.
  var nextDue = Int64.max
  /// Directions whose SYN was not seen, in the order of their first segments.
  var awaitingStart = AwaitingStartQueue()
  /// Id of the newest connection.
  var lastID: UInt64 = 0
  /// Memory that out-of-window segments take, in bytes.
  var outOfWindowBytes = 0
  /// Number of gaps in the histories of all directions.
  var rememberedGaps = 0
  /// Memory of the conflicts that wait for the start of their direction, in bytes.
  var earlyConflictBytes = 0
  /// Payload bytes that all pending SYNs keep.
  var pendingSYNBytes = 0
  /// Fingerprint of the flow of the packet that was prefetched last.
  @usableFromInline var prefetchedFingerprint: UInt64 = 0
  /// Buffer of the queued clusters that a segment overlaps, reused for every segment.
  var overlapping = QueuedList()
  /// Buffer of the path of a search in a tree, reused for every search.
  var path = QueuedList()
  /// Queued segments of the delivery in progress.
  var deliveredSegments = QueuedList()
  /// Order in which the place of every event is noted; nil where nobody asks for it.
  package var order: EventOrder?
  /// Code for packets that the options ask for.
  @usableFromInline let entry: Entry

  /// Copies of the code for a packet.
  @usableFromInline
  enum Entry: UInt8 {
    /// Nothing is measured, and every connection is assembled.
    case plain
    /// Times are measured.
    case measured
    /// Only the connections of a shard are assembled.
    case share
  }

  /// Creates an assembler without connections.
  ///
  /// - Parameters:
  ///   - factory: makes the stream of each new connection.
  ///   - options: timers, limits and policies.
  public init(factory: any StreamFactory, options: AssemblerOptions = AssemblerOptions()) {
    self.options = options
    self.factory = factory
    pool = StreamPool(seed: options.seed, hasTimes: options.measuresTiming)
    pages = PageCache(seed: options.seed.word(2))
    scopes = FlowScopes(options.keyScopes)
    defragmenter = Defragmenter(options)
    entry = options.shard != nil ? .share : options.measuresTiming ? .measured : .plain
  }

  /// Creates an assembler that asks a function for the stream of each new connection.
  ///
  /// - Parameters:
  ///   - options: timers, limits and policies.
  ///   - makeStream: makes the stream of a connection.
  public init(options: AssemblerOptions = AssemblerOptions(), makeStream: @escaping (ConnectionOpening) -> any TCPStream) {
    self.init(factory: ClosureFactory(makeStream), options: options)
  }

  /// Assembles one segment. (gopacket: `AssembleWithContext`.)
  ///
  /// Segments must come in the order of capture. The cost is amortised O(payload + log of what the direction has queued). A segment that is
  /// in order is neither copied nor allocated for.
  ///
  /// - Parameters:
  ///   - segment: the decoded segment.
  ///   - info: the capture information of the packet that holds it.
  /// - Returns: what became of the segment.
  @discardableResult
  public mutating func assemble(_ segment: TCPSegment, info: CaptureInfo) -> Disposition {
    advance(to: info)
    return handle(segment, info: info, fragmented: false)
  }

  /// Number of connections that are open now.
  public var connectionCount: Int { pool.openCount }
  /// Memory of queued and kept bytes, in bytes: pages, segment records, and the data of pending SYNs.
  public var bufferedBytes: Int { pages.usedBytes + pendingSYNBytes }
  /// Number of pages in use.
  public var bufferedPages: Int { pages.used }
}

/// Factory that asks a function.
private final class ClosureFactory: StreamFactory {
  private let make: (ConnectionOpening) -> any TCPStream

  init(_ make: @escaping (ConnectionOpening) -> any TCPStream) { self.make = make }

  func makeStream(for opening: ConnectionOpening) -> any TCPStream { make(opening) }
}
