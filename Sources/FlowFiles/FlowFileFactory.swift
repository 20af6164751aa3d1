internal import Packets
public import Reassembly

/// Writes every direction of every connection to a file of its own, and the index.
///
/// A failure of the output ends the one direction it befell; the run goes on, and `connectionsWithErrors` and `firstError` tell.
/// A second thread may write: the files of connections that are over are complete after `flushBuffers`, `finish`, or any of the figures.
public final class FlowFileFactory: StreamFactory {
  let store: FileStore
  let index: IndexFile?
  let chunks: ChunkFile?
  /// nil where nobody reads more than the streams.
  var stageSource: (any StageSource)?
  let http: HTTPOutput?
  private let observer: (any ConnectionObserver)?
  private var announcer: Announcer?
  /// The layers of the last connection that had some: the next one mostly has the same.
  private var lastLayers: SharedLayers?
  private var failedConnections: UInt64 = 0
  private var truncatedBytes: UInt64 = 0
  private var withheldBytes: UInt64 = 0
  /// Connections that are over and whose files are not all closed; those before `concluded` are done with.
  @exclusivity(unchecked) private var waiting: [(connection: ConnectionStream, report: ConnectionReport)] = []
  @exclusivity(unchecked) private var concluded = 0
  /// run.json could not be written.
  private var lacksReport = false
  private static let maxWaiting = 1_024

  /// - Throws: where the index cannot be made.
  public init(
    directory: OutputDirectory, options: FlowFileOptions = FlowFileOptions(), observer: (any ConnectionObserver)? = nil
  ) throws(OutputError) {
    store = FileStore(directory: directory, options: options)
    do throws(OutputError) {
      index = options.writesIndex ? try IndexFile(directory: directory, inputCount: options.inputCount) : nil
      chunks = options.writesChunks ? try ChunkFile(directory: directory, inputCount: options.inputCount) : nil
      http = try options.http.map { http throws(OutputError) in
        try HTTPOutput(directory: directory, options: http, inputCount: options.inputCount)
      }
    } catch {
      if options.writesIndex { directory.removeReserved(IndexFile.name) }
      if options.writesChunks { directory.removeReserved(ChunkFile.name) }
      directory.abandon()
      throw error
    }
    self.observer = observer
    stageSource = http
  }

  /// Files of connections that are over.
  public var filesWritten: UInt64 { figures.files }

  /// Connections of which some bytes could not be written.
  public var connectionsWithErrors: UInt64 { figures.connectionsWithErrors }

  /// The first thing that failed, with its path and the system's words.
  public var firstError: OutputError? {
    settle()
    return store.firstError ?? indexFailure ?? chunks?.failure ?? http?.failure
  }

  /// Why lines are missing from the index, or what they list.
  private var indexFailure: OutputError? { index == nil ? nil : index?.failure ?? store.noteSpool.failure }

  /// What was written so far.
  public var figures: RunReport.Output {
    settle()
    var figures = RunReport.Output(
      files: store.filesWritten &+ (http?.filesWritten ?? 0), bytes: store.bytesWritten &+ (http?.bytesWritten ?? 0),
      conflicts: store.conflicts, connectionsWithErrors: failedConnections,
      truncatedBytes: truncatedBytes, withheldBytes: withheldBytes)
    figures.gapsWithoutRoom = store.gapsWithoutRoom
    figures.mapsCut = store.mapsCut
    return figures
  }

  /// Tells a listener of everything from now on.
  ///
  /// - Throws: where the lines for it cannot be made.
  public func announce(to listener: any FlowListener) throws(OutputError) {
    announcer = try Announcer(listener, inputCount: store.options.inputCount)
    store.announcer = announcer
  }

  /// The stream that writes the files of a connection.
  public func makeStream(for opening: ConnectionOpening) -> any Stream {
    announcer?.opened(opening)
    return ConnectionStream(opening: opening, factory: self)
  }

  func shared(_ layers: LayerPath) -> SharedLayers {
    if let lastLayers, lastLayers.path == layers { return lastLayers }
    let made = SharedLayers(layers)
    lastLayers = made
    return made
  }

  /// A connection is over.
  ///
  /// It is concluded once its files are closed, and in the order in which connections were completed.
  func complete(_ connection: ConnectionStream, _ report: ConnectionReport) {
    if waiting.isEmpty, connection.lastJob <= store.collected {
      conclude(connection, report)
      return
    }
    waiting.append((connection, report))
    // Somebody watches, or nobody may be kept waiting by more.
    let isAwaited = store.options.writesLinesAtOnce || announcer != nil
    if isAwaited || waiting.count - concluded >= Self.maxWaiting { store.settle() }
    concludeWaiting()
  }

  private func concludeWaiting() {
    while concluded < waiting.count, waiting[concluded].connection.lastJob <= store.collected {
      let (connection, report) = waiting[concluded]
      concluded += 1
      conclude(connection, report)
    }
    guard concluded == waiting.count || concluded >= Self.maxWaiting else { return }
    waiting.removeFirst(concluded)
    concluded = 0
  }

  /// Waits for all that the second thread has to do.
  private func settle() {
    store.settle()
    concludeWaiting()
  }

  private func conclude(_ connection: ConnectionStream, _ report: ConnectionReport) {
    for side in Side.allCases {
      let account = FileAccount(report[side], connection.existingFile(of: side))
      truncatedBytes &+= UInt64(clamping: account.truncatedBytes)
      withheldBytes &+= account.withheldBytes
    }
    let failed = connection.existingFile(of: .originator)?.failure != nil || connection.existingFile(of: .responder)?.failure != nil
    if failed { failedConnections &+= 1 }
    index?.append(connection, report)
    if let log = connection.log { chunks?.append(connection, report, log) }
    if store.options.writesLinesAtOnce {
      index?.lines.flushUnlessFailing()
      chunks?.lines.flushUnlessFailing()
      http?.flushLines()
    }
    announcer?.closed(connection, report)
    observer?.completed(report, start: connection.start, hasSeveralVLANs: connection.hasSeveralVLANs)
    connection.forgetFiles()
  }

  /// Writes everything that waits in buffers, for people who read the files of a live capture.
  ///
  /// What comes later is not affected. O(flows that took bytes since the last call).
  public func flushBuffers() {
    settle()
    store.flushBuffers()
    index?.flush()
    chunks?.flush()
    http?.flush()
  }

  /// Writes the rest of the index, then run.json, and takes the marker away. Where one of them cannot be written the others are, and the
  /// marker stays: what is not whole does not look finished, and the next run can remove it.
  ///
  /// - Parameter report: as the command filled it, `figures` included.
  /// - Throws: where the index, chunks.ndjson or run.json could not be written, at whatever time of the run: `unfinished` has which.
  public func finish(report: RunReport) throws(OutputError) {
    settle()
    guard let index else { return try store.directory.endRun() }
    index.flush()
    chunks?.flush()
    http?.finish()
    var failure = indexFailure ?? chunks?.failure ?? http?.lineFailure
    do throws(OutputError) {
      try store.directory.write(report)
    } catch {
      lacksReport = true
      failure = failure ?? error
    }
    if let failure { throw failure }
    try store.directory.endRun()
  }

  /// The names of the index, chunks.ndjson and run.json, as far as they are not complete.
  public var unfinished: [String] {
    var names: [String] = []
    if indexFailure != nil { names.append(IndexFile.name) }
    if let chunks, chunks.failure != nil || chunks.isIncomplete { names.append(ChunkFile.name) }
    names += http?.unfinished ?? []
    if lacksReport { names.append(RunReport.fileName) }
    return names
  }
}
