internal import Packets
internal import Reassembly
internal import Stages

/// Layers around the first packet, shared by several connections.
final class SharedLayers {
  let path: LayerPath
  let outermostVLAN: UInt32?

  init(_ path: LayerPath) {
    self.path = path
    outermostVLAN = (0..<path.count).lazy.map { path[$0] }.first { $0.kind == .vlan }?.id
  }
}

/// Ethernet addresses of a connection's first packet, which few runs keep.
private final class FirstAddresses {
  let addresses: EthernetAddresses

  init(_ addresses: EthernetAddresses) { self.addresses = addresses }
}

/// File of one direction, owned by its connection.
///
/// While this is borrowed the file cannot be released, so the calls for every packet need no reference of their own: counting a reference
/// waits until the bytes of the packet have reached the cache.
private struct FileReference: ~Copyable {
  /// The file; nil before there is anything to record.
  var file: FlowFile?

  // Written as an optional chain and not inlined: elsewhere, and with a binding, the compiler would count a reference.
  @inline(never)
  borrowing func append(_ bytes: Span<UInt8>, _ info: PacketStamp) -> Int { file?.append(bytes, info: info) ?? 0 }
}

/// Feed of the stages of a connection, borrowed for each delivery like a ``FileReference``.
private struct FeedReference: ~Copyable {
  var feed: StageFeed?

  @inline(never)
  borrowing func reassembled(_ data: borrowing ReassembledData) { feed?.reassembled(data) }
}

/// Stream of one connection, which passes the assembler's data to the files of both directions.
final class ConnectionStream: TCPStream, SegmentObserver {
  let id: UInt64
  /// Endpoints of the connection, with the originator as the source.
  let key: FlowKey
  let start: Timestamp
  // A million connections may be open, so small properties are next to each other.
  let firstPacket: PacketReference
  @exclusivity(unchecked) private var isCounted = false
  /// Whether packets came in another VLAN than the first one.
  private(set) var hasSeveralVLANs = false
  /// Whether the connection is completed, so that its files are closed for good.
  private(set) var isFinishing = false
  /// Whether a file of the connection is resting.
  @exclusivity(unchecked) private var isResting = false
  @exclusivity(unchecked) private var originatorRest = RestingFile.none
  @exclusivity(unchecked) private var responderRest = RestingFile.none
  /// Number of earlier connections of these endpoints that wrote a file; known from the first byte of either direction on.
  @exclusivity(unchecked) private var earlierConnections: UInt32 = 0
  @exclusivity(unchecked) private var originatorFile = FileReference()
  @exclusivity(unchecked) private var responderFile = FileReference()
  @exclusivity(unchecked) private var feed = FeedReference()
  private let factory: FlowFileFactory
  /// Ethernet addresses of the first packet; nil if names of files do not contain them.
  private let ethernet: FirstAddresses?
  /// Layers around the first packet; nil if there are none.
  ///
  /// They are shared between connections, because a path is larger than the rest of the stream.
  let layers: SharedLayers?
  /// Origins of the bytes; nil unless chunks.ndjson is written.
  @exclusivity(unchecked) private(set) var log: ConversationLog?
  /// Stages above TCP; nil if there are none.
  private(set) var stages: (any ConnectionStages)?
  /// Capture of the connection; nil if none is written.
  private(set) var capture: ConnectionCapture?
  /// Record for report.html; nil if there is none.
  private(set) var record: SegmentRecord?
  /// Checks of segments; nil if every segment is accepted.
  private let strictness: Strictness?

  init(opening: ConnectionOpening, factory: FlowFileFactory) {
    id = opening.id
    key = opening.key
    start = opening.info.time
    ethernet = opening.info.ethernet.map(FirstAddresses.init)
    firstPacket = PacketReference(opening.info)
    layers = opening.layers.isEmpty ? nil : factory.shared(opening.layers)
    self.factory = factory
    strictness = Strictness.checking(states: factory.store.options.checksStates, options: factory.store.options.checksOptions)
    record = factory.reporter?.makeRecord()
    if let source = factory.stageSource { stages = source.makeStages(for: self) }
    feed.feed = stages?.feed
    if let captures = factory.captures { capture = captures.makeCapture(self, opening) }
  }

  func existingFile(of side: Side) -> FlowFile? {
    if isResting { wake(side) }
    return side == .originator ? originatorFile.file : responderFile.file
  }

  func file(of side: Side) -> FlowFile {
    if let file = existingFile(of: side) { return file }
    let file = FlowFile(conversation: self, side: side, store: factory.store)
    if side == .originator { originatorFile.file = file } else { responderFile.file = file }
    return file
  }

  @inline(never)
  private func wake(_ side: Side) {
    let resting = side == .originator ? originatorRest : responderRest
    guard resting.exists else { return }
    let file = resting.woken(conversation: self, side: side, store: factory.store)
    if side == .originator {
      (originatorFile.file, originatorRest) = (file, .none)
    } else {
      (responderFile.file, responderRest) = (file, .none)
    }
    isResting = originatorRest.exists || responderRest.exists
  }

  /// Replaces a file by the state that is needed to continue it, if that state is small.
  ///
  /// The caller ensures that the file is not in use.
  func rest(_ file: FlowFile) {
    if file.isCapture {
      capture?.rest(file)
      return
    }
    guard let resting = RestingFile(file) else { return }
    isResting = true
    if file.side == .originator {
      (originatorFile.file, originatorRest) = (nil, resting)
    } else {
      (responderFile.file, responderRest) = (nil, resting)
    }
  }

  /// Returns the values of the tokens in the name of a direction.
  ///
  /// The first call is made for the first byte, which is when a connection is counted.
  func nameValues(of side: Side) -> NameValues {
    if !isCounted {
      isCounted = true
      earlierConnections = factory.store.connectionCount(for: key)
    }
    return NameValues(
      of: side, key: key, vlan: layers?.outermostVLAN, count: earlierConnections, id: id, time: start, ethernet: ethernet?.addresses)
  }

  var segmentFilter: (any SegmentFilter)? { strictness }
  var segmentObserver: (any SegmentObserver)? { self }
  /// Segments without layers change nothing if the first packet had none, unless all are recorded or a stage looks at them.
  ///
  /// A capture is given the packets of the disposition. What that does not name is observed: the packets of the SYN that the connection
  /// began with if it came on the connection before, and the segments of a packet with several frames.
  var observedSegments: ObservedSegments {
    let isCapturedAll = capture?.isHeir == true || factory.captures?.mayAggregate == true
    let seesAll = layers != nil || record != nil || isCapturedAll || stages?.observesSegments == true
    return seesAll ? .all : .encapsulated
  }

  func observe(_ segment: TCPSegment, info: CaptureInfo, from side: Side) {
    record?.observe(segment, info, from: side)
    if capture != nil { factory.captures?.observed(id, info) }
    stages?.observe(segment, info, from: side)
    guard !hasSeveralVLANs, layers == nil ? !segment.layers.isEmpty : layers?.path != segment.layers else { return }
    hasSeveralVLANs = SharedLayers(segment.layers).outermostVLAN != layers?.outermostVLAN
  }

  func gap(_ gap: Gap, from side: Side) {
    file(of: side).append(gap)
    factory.store.announcer?.found(gap, in: self, from: side)
    stages?.feed.gap(gap, from: side)
    if let record { factory.reporter?.note(gap, in: record, from: side) }
  }

  func reassembled(_ data: inout ReassembledData) {
    defer { if feed.feed != nil { feed.reassembled(data) } }
    if let record { factory.reporter?.note(data, in: record) }
    guard data.count > data.keptCount else { return }
    if (data.side == .originator ? originatorFile.file : responderFile.file) == nil { _ = file(of: data.side) }
    // No bytes are ever kept, so every chunk is new.
    for index in 0..<data.chunkCount {
      let stamp = data.captureInfo(ofChunk: index)
      let taken =
        data.side == .originator
        ? originatorFile.append(data.chunk(at: index), stamp) : responderFile.append(data.chunk(at: index), stamp)
      if taken > 0, let chunks = factory.chunks { note(data, chunk: index, taken: taken, in: chunks) }
    }
  }

  /// Records the origin of the bytes of a chunk, of which the file took the first ones.
  private func note(_ data: borrowing ReassembledData, chunk index: Int, taken: Int, in chunks: ChunkFile) {
    let log = log ?? ConversationLog(chunks.spool, keepsBytes: false)
    self.log = log
    log.append(
      data.chunk(at: index).extracting(first: taken), offset: data.offset(ofNewChunk: index),
      fileOffset: file(of: data.side).fileEnd &- Int64(taken), stamp: data.captureInfo(ofChunk: index), from: data.side)
  }

  func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison {
    existingFile(of: side)?.compare(bytes, at: offset, info: stamp) ?? .unchecked
  }

  func conflict(_ conflict: Conflict, from side: Side) {
    file(of: side).note(conflict)
    stages?.feed.disputed(at: conflict.offset, length: Int64(conflict.kept.count), from: side)
  }

  /// The assembler keeps addresses and ports for the time-wait period: late packets must not create files.
  func reassemblyComplete(_ report: ConnectionReport) -> Bool {
    isFinishing = true
    if factory.store.options.writesEmpty {
      for side in Side.allCases { _ = file(of: side) }
    }
    // A search can end with the last bytes, and says whether the files are wanted. A member cannot be removed from an archive.
    stages?.feed.complete(report)
    stages?.finish(report)
    existingFile(of: .originator)?.finish(bytes: report.originator.bytes, isWanted: isWanted)
    existingFile(of: .responder)?.finish(bytes: report.responder.bytes, isWanted: isWanted)
    if let record { factory.reporter?.endContent(of: record, report) }
    factory.store.orderFile?.note(.completed(id: id))
    if let capture, let captures = factory.captures {
      captures.complete(self, capture, report)
    } else {
      factory.complete(self, report)
    }
    return false
  }

  /// Whether the connection is written; known at its end.
  var isWanted: Bool { stages?.isWanted ?? true }

  /// Releases the records that the index line is not made of; their room on the disk is used again.
  func forgetRecords() {
    log = nil
    record = nil
  }

  /// Releases the files, after the index line is written.
  func forgetFiles() {
    forgetRecords()
    stages = nil
    feed.feed = nil
    capture = nil
    originatorFile.file?.forgetNotes()
    responderFile.file?.forgetNotes()
    originatorFile.file = nil
    responderFile.file = nil
    factory.store.forgetQuiet(of: self)
  }

  /// Number of the last job of a writer for this connection.
  var lastJob: UInt64 {
    let ofFiles = max(originatorFile.file?.lastJob ?? 0, responderFile.file?.lastJob ?? 0)
    return max(ofFiles, max(stages?.lastJob ?? 0, capture?.lastJob ?? 0))
  }
}
