internal import Packets
public import Paths
public import Reassembly
internal import TLS

/// Factory of streams that write every direction of every connection to a file of its own, and the index.
///
/// An output error ends only the direction that it occurs in. The run continues, and `connectionsWithErrors` and `firstError` report the
/// error. Other threads may write: the files of completed connections are complete after `flushBuffers`, `finish`, or any of the figures.
public final class FlowFileFactory: StreamFactory {
  let store: FileStore
  let index: IndexFile?
  /// Thread that writes the lines of the index; nil if the first thread does.
  private var indexThread: IndexThread?
  let chunks: ChunkFile?
  /// nil where TLS is not looked into.
  var tlsSource: TLSSource?
  /// Source of stages above TCP; nil if there are none.
  var stageSource: (any StageSource)?
  let http: HTTPOutput?
  /// Captures of connections, which are given every packet; nil if none are written.
  @exclusivity(unchecked) public private(set) var captures: ConnectionCaptures?
  /// Search of the connections; nil if nothing is searched for.
  var matches: MatchOutput?
  /// Recorder of report.html; nil if none is written.
  var reporter: ReportRecorder?
  /// Error because of which report.html is missing.
  var reportFailure: OutputError?
  private let observer: (any ConnectionObserver)?
  private var announcer: Announcer?
  /// Layers of the last connection that had some: the next one usually has the same.
  private var lastLayers: SharedLayers?
  private var failedConnections: UInt64 = 0
  private var truncatedBytes: UInt64 = 0
  private var withheldBytes: UInt64 = 0
  /// Completed connections whose files are not all closed; those before `concluded` are finished.
  @exclusivity(unchecked) private var waiting: [(connection: ConnectionStream, report: ConnectionReport)] = []
  @exclusivity(unchecked) private var concluded = 0
  /// Whether run.json could not be written.
  private var lacksReport = false
  private static let maxWaiting = 1_024

  /// Creates the factory of an output directory.
  ///
  /// - Parameters:
  ///   - directory: the output directory.
  ///   - options: the options.
  ///   - archive: the tar file that takes the files of streams and bodies, and copies of the others; nil if the directory has them.
  ///   - observer: an object that is notified of every completed connection; nil for none.
  /// - Throws: `OutputError` if the index cannot be created.
  public init(
    directory: OutputDirectory, options: FlowFileOptions = FlowFileOptions(), archive: TarFile? = nil,
    observer: (any ConnectionObserver)? = nil
  ) throws(OutputError) {
    store = FileStore(directory: directory, options: options, tar: archive)
    do throws(OutputError) {
      index = options.writesIndex ? try IndexFile(directory: directory, options: options) : nil
      chunks = options.writesChunks ? try ChunkFile(directory: directory, inputCount: options.inputCount) : nil
      http = try options.http.map { http throws(OutputError) in
        try HTTPOutput(directory: directory, options: http, inputCount: options.inputCount, tar: archive)
      }
    } catch {
      if options.writesIndex { directory.removeReserved(IndexFile.name) }
      if options.writesChunks { directory.removeReserved(ChunkFile.name) }
      directory.abandon()
      archive?.abandon()
      throw error
    }
    self.observer = observer
    if options.writers == 0 { http?.staysOnOneThread(decodesAtOnce: false) }
    stageSource = http
    if let options = options.captures { captures = ConnectionCaptures(self, options) }
    if mayWriteLinesAside { indexThread = index?.makeThread(store.calls) }
  }

  /// Whether a second thread may write lines of the index: it has no files to write, and nobody waits for a line.
  private var mayWriteLinesAside: Bool {
    store.options.writers > 0 && !store.writesFiles && http == nil && !store.options.writesLinesAtOnce
  }

  // Work that was not handed over refers to this object.
  deinit { http?.settle() }

  /// Path of the archive; nil if none is written.
  public var archivePath: FilePath? { store.tar?.path }

  /// Number of files of completed connections.
  public var filesWritten: UInt64 { figures.files }

  /// Number of connections with bytes that could not be written.
  public var connectionsWithErrors: UInt64 { figures.connectionsWithErrors }

  /// Number of completed connections that were not written, because nothing in them matched.
  public private(set) var connectionsPassedOver: UInt64 = 0

  /// First output error, with its path and the system's message.
  public var firstError: OutputError? {
    settle()
    return store.firstError ?? captures?.spool.failure ?? indexFailure ?? chunks?.failure ?? http?.failure ?? matches?.failure
      ?? reportFailure ?? reporter?.failure ?? store.tar?.failure
  }

  /// Error that makes lines of the index, or items in them, missing.
  private var indexFailure: OutputError? { index == nil ? nil : index?.failure ?? store.noteSpool.failure }

  /// Figures of the output so far.
  public var figures: RunReport.Output {
    settle()
    var figures = RunReport.Output(
      files: store.filesWritten &+ (http?.filesWritten ?? 0), bytes: store.bytesWritten &+ (http?.bytesWritten ?? 0),
      conflicts: store.conflicts, connectionsWithErrors: failedConnections,
      truncatedBytes: truncatedBytes, withheldBytes: withheldBytes)
    figures.gapsWithoutRoom = store.gapsWithoutRoom
    figures.mapsCut = store.mapsCut
    figures.keyWaitRefusals = tlsSource?.budget.refusals ?? 0
    figures.http = http?.figures
    figures.matches = matches?.figures
    if captures != nil { figures.captures = RunReport.CaptureFigures(files: store.capturesWritten, bytes: store.captureBytesWritten) }
    return figures
  }

  /// Notifies a listener of all events from now on.
  ///
  /// - Parameter listener: the listener.
  /// - Throws: `OutputError` if lines for it cannot be created.
  public func announce(to listener: any FlowListener) throws(OutputError) {
    announcer = try Announcer(listener, options: store.options)
    store.announcer = announcer
  }

  /// Returns the stream that writes the files of a connection.
  public func makeStream(for opening: ConnectionOpening) -> any TCPStream {
    store.orderFile?.note(.made)
    announcer?.opened(opening)
    return ConnectionStream(opening: opening, factory: self)
  }

  func shared(_ layers: LayerPath) -> SharedLayers {
    if let lastLayers, lastLayers.path == layers { return lastLayers }
    let made = SharedLayers(layers)
    lastLayers = made
    return made
  }

  /// Completes a connection.
  ///
  /// It is concluded once its files are closed, in the order in which connections were completed.
  func complete(_ connection: ConnectionStream, _ report: ConnectionReport) {
    if waiting.isEmpty, connection.lastJob <= store.collected {
      conclude(connection, report)
      return
    }
    waiting.append((connection, report))
    // A listener waits for the line, or too many connections are waiting.
    let isAwaited = store.options.writesLinesAtOnce || announcer != nil
    if isAwaited { http?.settle() }
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

  /// Waits until the other threads have done all that was handed to them.
  private func settle() {
    http?.settle()
    store.settle()
    concludeWaiting()
    indexThread?.settle()
  }

  private func conclude(_ connection: ConnectionStream, _ report: ConnectionReport) {
    guard connection.isWanted else {
      connectionsPassedOver &+= 1
      connection.stages?.withdraw()
      connection.forgetFiles()
      return
    }
    var failed = connection.stages?.hasFailed == true || connection.capture?.isIncomplete == true
    for side in Side.allCases {
      let file = connection.existingFile(of: side)
      let account = FileAccount(report[side], file)
      truncatedBytes &+= UInt64(clamping: account.truncatedBytes)
      withheldBytes &+= account.withheldBytes
      if file?.failure != nil { failed = true }
    }
    if failed { failedConnections &+= 1 }
    if store.options.leavesOutCiphertext, connection.stages?.isEncrypted == true {
      for side in Side.allCases { connection.existingFile(of: side)?.remove() }
    }
    let keepsFiles = indexThread?.append(connection, report) ?? false
    if indexThread == nil { index?.append(connection, report) }
    if let log = connection.log { chunks?.append(report, log) { connection.existingFile(of: $0) } }
    connection.stages?.conclude(report, in: chunks)
    if store.options.writesLinesAtOnce {
      index?.lines.flushUnlessFailing()
      chunks?.lines.flushUnlessFailing()
      http?.flushLines()
      matches?.lines.flushUnlessFailing()
    }
    reporter?.completed(connection, report)
    announcer?.closed(connection, report)
    if let observer {
      let files = Side.allCases.compactMap { FileOutcome(report[$0], connection.existingFile(of: $0)) }
      let conflicts = Side.allCases.reduce(UInt64(0)) { $0 &+ (connection.existingFile(of: $1)?.notes?.conflictCount ?? 0) }
      observer.completed(report, hasSeveralVLANs: connection.hasSeveralVLANs, conflicts: conflicts, files: files)
    }
    if keepsFiles { connection.forgetRecords() } else { connection.forgetFiles() }
  }

  /// Writes all buffered bytes, for people who read the files of a live capture.
  ///
  /// The complete output does not depend on it. O(flows with bytes since the last call).
  public func flushBuffers() {
    settle()
    store.flushBuffers()
    index?.flush()
    chunks?.flush()
    http?.flush()
    matches?.lines.flush()
  }

  /// Writes the rest of the index, then run.json, and removes the marker.
  ///
  /// If one of them cannot be written, the others are written and the marker stays: incomplete output must not look finished, and the next
  /// run can remove it.
  ///
  /// - Parameter report: the report from the command, with `figures`.
  /// - Throws: `OutputError` if the index, chunks.ndjson or run.json could not be written at any time of the run; `unfinished` names them.
  public func finish(report: RunReport) throws(OutputError) {
    settle()
    index?.flush()
    chunks?.flush()
    http?.finish()
    matches?.lines.flush()
    store.orderFile?.finish(room: store.roomTaken, copies: store.retainsStreams ? store.pool.most : 0)
    var failure = indexFailure ?? chunks?.failure ?? http?.lineFailure ?? matches?.failure ?? reportFailure ?? reporter?.pageFiles?.failure
    failure = failure ?? store.orderFile?.failure
    if index != nil {
      do throws(OutputError) {
        try store.directory.write(report)
      } catch {
        lacksReport = true
        failure = failure ?? error
      }
    }
    if let archive = store.tar {
      archive.putIndexes(lineFiles, index == nil ? nil : report)
      archive.end()
      failure = failure ?? archive.failure
    }
    if let failure { throw failure }
    try store.directory.endRun()
  }

  /// Names of those files among the index, chunks.ndjson and run.json that are incomplete.
  public var unfinished: [String] {
    settle()
    var names: [String] = []
    if indexFailure != nil { names.append(IndexFile.name) }
    if let chunks, chunks.failure != nil || chunks.isIncomplete { names.append(ChunkFile.name) }
    names += http?.unfinished ?? []
    if let matches, matches.failure != nil || matches.isIncomplete { names.append(MatchOutput.name) }
    if let archive = store.tar, archive.failure != nil { names.append(archive.path == "-" ? "the archive" : archive.path.description) }
    if reportFailure != nil || reporter?.failure != nil { names.append(ReportRecorder.name) }
    if lacksReport { names.append(RunReport.fileName) }
    return names
  }
}
