internal import Glibc
internal import HTTP
internal import Packets
internal import Paths

/// HTTP files of a run: http.ndjson, websocket.ndjson, http.har and the files in `http/`.
///
/// A second thread writes them where there is one; the reading thread calls `settle` before it uses them.
final class HTTPOutput: StageSource {
  static let indexName = "http.ndjson"
  static let messagesName = "websocket.ndjson"

  let directory: OutputDirectory
  let options: HTTPOutputOptions
  let context: HTTPContext
  let lines: LineFile
  /// File of WebSocket messages; nil before the first one.
  private(set) var messages: LineFile?
  private var messagesFailure: OutputError?
  /// Spool of the lines of connections that may not be written.
  let heldLines: Spool
  private var areHeldLinesLost = false
  private(set) var archive: HARFile?
  let namesInputs: Bool
  /// Order of the events of a shard; nil for a run that is none.
  var orderFile: OrderFile?
  /// Recorder of report.html; nil if none is written.
  var reporter: ReportRecorder?
  private var names = TreeNames()
  private let files: OutputFolders
  /// Archive that takes the files; nil if they lie in the directory.
  let tar: TarFile?
  /// Spool of the files that the archive will take.
  let memberSpool: Spool
  private var marked = MarkedNames()
  /// Body files with buffered bytes, ordered by use.
  @exclusivity(unchecked) private var buffered = RecencyList<BodyFile>()
  @exclusivity(unchecked) private var bufferedBytes = 0
  /// Unused buffers, kept for further files.
  private var idle: [[UInt8]] = []
  private static let mostIdle = 64
  private(set) var firstError: OutputError?
  private(set) var filesWritten: UInt64 = 0
  /// Number of exchanges, and number of bodies that have a byte or a gap.
  var exchanges: UInt64 = 0
  var bodies: UInt64 = 0
  private(set) var bytesWritten: UInt64 = 0
  /// Second thread, which decodes, hashes and writes bodies and messages, and writes their lines; nil before the first connection, and if
  /// one thread does all the work.
  private var thread: BatchQueue<ContentBatch>?
  private var mayHaveThread = true

  /// Creates the files.
  ///
  /// - Throws: an error if http.ndjson or http.har cannot be created.
  init(
    directory: OutputDirectory, options: HTTPOutputOptions, inputCount: Int, tar: TarFile? = nil
  ) throws(OutputError) {
    self.directory = directory
    self.options = options
    self.tar = tar
    memberSpool = directory.makeSpool(memoryLimit: 0)
    context = HTTPContext(options: options.reader)
    namesInputs = inputCount > 1
    files = OutputFolders(of: directory.descriptor, calls: directory.calls)
    lines = try LineFile(directory: directory, name: Self.indexName)
    heldLines = Spool(folder: directory.path, directory: directory.descriptor, memoryLimit: Spool.standardMemory, calls: directory.calls)
    // The order of the members would depend on when a second thread is done.
    if tar != nil { staysOnOneThread(decodesAtOnce: false) }
    guard options.writesHAR else { return }
    do throws(OutputError) {
      archive = try HARFile(self)
    } catch {
      directory.removeReserved(Self.indexName)
      throw error
    }
  }

  /// The line files that exist.
  var lineFiles: [LineFile] { [lines, messages, archive?.lineFile].compactMap(\.self) }

  func makeStages(for connection: ConnectionStream) -> (any ConnectionStages)? {
    beginThread()
    return HTTPConnection(connection, self)
  }

  private func beginThread() {
    guard mayHaveThread else { return }
    mayHaveThread = false
    thread = BatchQueue(directory.calls, makeBatch: ContentBatch.init, run: { $0.run() })
    context.queue = thread
  }

  /// Leaves everything to the reading thread.
  ///
  /// - Parameter decodesAtOnce: whether every packet's bytes are decoded with the packet, for a search of bodies, which says which packet
  ///   completed a match. Otherwise the output is that of two threads, in which the limit of decoded bytes counts the same coded ones.
  func staysOnOneThread(decodesAtOnce: Bool) {
    mayHaveThread = false
    if decodesAtOnce { context.decodesAtOnce = true }
  }

  /// Waits until the second thread has done all that was handed to it.
  func settle() {
    guard let thread else { return }
    context.handOver()
    thread.settle()
  }

  /// Figures for the run summary.
  var figures: RunReport.HTTPFigures {
    let bounds = options.reader
    let all: [(name: String, value: Int64, hits: UInt64)] = [
      ("http_max_body", bounds.maxBody, context.bodiesCut), ("http_head", Int64(bounds.maxHead), context.headsCut),
      ("http2_open_heads", Int64(bounds.maxOpenHeads), context.openHeadsCut),
      ("http_header_lines", Int64(bounds.maxHeaderLines), context.fieldsCut),
      ("http_open_requests", Int64(bounds.maxOpenRequests), context.requestsGivenUp),
      ("http_codings", Int64(bounds.maxCodings), context.codingsRefused),
      ("http_decoders", Int64(bounds.maxDecoders), context.decodersRefused),
      ("http_decoder_memory", Int64(bounds.maxDecoderMemory), context.decoderMemoryRefused),
      ("http_parts", Int64(bounds.maxParts), context.partsCut), ("http2_streams", Int64(bounds.maxStreams), context.streamsCut),
      ("http_held", Int64(bounds.maxHeld), context.holdsCut),
    ]
    let limits = all.filter { $0.hits > 0 }.map {
      RunReport.Limit(name: $0.name, value: $0.value == .max ? nil : $0.value, hits: $0.hits)
    }
    return RunReport.HTTPFigures(exchanges: exchanges, bodies: bodies, limits: limits)
  }

  var failure: OutputError? { firstError ?? lineFailure }

  /// First error of a line file; nil if all lines were written.
  var lineFailure: OutputError? {
    lines.failure ?? messages?.failure ?? messagesFailure ?? archive?.failure ?? heldLines.failure
  }

  /// Notes that lines were lost because the spool could not be written or read.
  func lostHeldLines() { areHeldLinesLost = true }

  /// Names of the files whose lines are incomplete.
  var unfinished: [String] {
    var names: [String] = []
    if lines.failure != nil || areHeldLinesLost { names.append(Self.indexName) }
    if messages?.failure != nil || messagesFailure != nil { names.append(Self.messagesName) }
    if archive?.failure != nil { names.append(HARFile.name) }
    return names
  }

  func note(_ error: OutputError) { if firstError == nil { firstError = error } }

  /// File of WebSocket messages, created at the first use; nil if it cannot be created.
  func messageLines() -> LineFile? {
    if let messages { return messages }
    guard messagesFailure == nil else { return nil }
    do throws(OutputError) {
      messages = try LineFile(directory: directory, name: Self.messagesName)
    } catch {
      messagesFailure = error
    }
    return messages
  }

  /// Writes the buffered bytes of all files.
  func flush() {
    settle()
    for file in buffered.takeRecent() { file.flush() }
    lines.flush()
    messages?.flush()
    archive?.flush()
  }

  /// Completes the files at the end of the run.
  func finish() {
    flush()
    archive?.finish()
  }

  /// Writes the buffered lines, so that they can be read while the run goes on.
  func flushLines() {
    settle()
    lines.flushUnlessFailing()
    messages?.flushUnlessFailing()
  }

  // MARK: buffers

  func lendBuffer() -> [UInt8] { idle.popLast() ?? [] }

  /// Records that the buffer of a file grew or shrank.
  ///
  /// If all buffers together exceed the limit, the least recently used ones are written.
  func changed(_ file: BodyFile, by count: Int) {
    bufferedBytes += count
    guard count > 0 else { return }
    if file.slot < 0 { file.slot = buffered.insert(file) } else { buffered.touch(file.slot) }
    while bufferedBytes > options.bufferMemory, let oldest = buffered.oldest {
      oldest.flush()
      leave(oldest)
    }
  }

  private func leave(_ file: BodyFile) {
    if file.slot >= 0 { buffered.remove(file.slot) }
    file.slot = -1
  }

  /// Keeps the buffer of a closed file for another file.
  func takeBack(_ buffer: consuming [UInt8], _ file: BodyFile) {
    leave(file)
    guard idle.count < Self.mostIdle, buffer.capacity <= BodyFile.most * 2, buffer.capacity > 0 else { return }
    buffer.removeAll(keepingCapacity: true)
    idle.append(buffer)
  }

  // MARK: files

  /// Reserves a path that differs from all reserved ones, compared without case, and from all files that the folder had before.
  func reserve(_ name: BodyName) -> [UInt8] {
    let isFlat = options.naming == .flat
    // Flat names are unique, because they contain the numbers of the connection and the exchange.
    let mayExist = tar == nil && directory.hadEntries
    if isFlat, !mayExist { return name.path }
    let path = names.reserve(name.path, isInTree: !isFlat) { mayExist && files.exists($0) }
    if !isFlat { orderFile?.note(.body(name, path: path)) }
    return path
  }

  /// Creates a file, under a numbered path if the path exists.
  ///
  /// - Parameter path: the path; set to the path of the created file.
  /// - Returns: the descriptor.
  /// - Throws: an error if the file cannot be created.
  func make(_ path: inout [UInt8]) throws(SystemError) -> Int32 {
    var attempt: UInt32 = 1
    let wanted = path
    while true {
      try mark(.own, path)
      do throws(SystemError) {
        var name = path
        let descriptor = try files.openFile(&name, flags: O_RDWR | O_CREAT | O_EXCL)
        filesWritten &+= 1
        return descriptor
      } catch {
        guard error.code == EEXIST, attempt < 1_000 else { throw error }
        try mark(.foreign, path)
        attempt += 1
        path = FileNames.numbered(wanted, attempt)
      }
    }
  }

  func open(_ path: [UInt8]) throws(SystemError) -> Int32 {
    var name = path
    return try files.openFile(&name, flags: O_RDWR)
  }

  /// Reads bytes of a file.
  ///
  /// - Returns: the bytes, fewer than `count` at the end of the file; nil if an error occurs.
  func read(_ file: BodyFile, at offset: Int64, count: Int) -> [UInt8]? {
    if tar != nil { return file.readMember(at: offset, count: count) }
    let path = file.path
    do throws(SystemError) {
      let descriptor = try open(path)
      var bytes = [UInt8](repeating: 0, count: count)
      var failure: SystemError?
      let read = bytes.withUnsafeMutableBytes { memory -> Int in
        do throws(SystemError) {
          return try directory.calls.readFully(descriptor, into: memory, at: offset)
        } catch {
          failure = error
          return 0
        }
      }
      try directory.calls.close(descriptor)
      if failure != nil { return nil }
      return read == count ? bytes : Array(bytes.prefix(read))
    } catch {
      return nil
    }
  }

  /// Counts a file that the archive has.
  func countMember(_ size: Int64) {
    filesWritten &+= 1
    count(size)
  }

  func remove(_ path: [UInt8]) {
    guard let size = files.removeFile(path) else { return }
    filesWritten &-= 1
    bytesWritten &-= size
  }

  /// Counts the bytes by which a file has grown, holes included.
  func count(_ bytes: Int64) { bytesWritten &+= UInt64(clamping: bytes) }

  private func mark(_ mark: MarkedNames.Mark, _ path: [UInt8]) throws(SystemError) {
    marked.removeAll()
    marked.add(mark, path)
    try directory.marker.note(marked)
  }
}

extension BatchQueue: ContentQueue where Batch == ContentBatch {}
