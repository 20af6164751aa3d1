internal import Glibc
public import Paths
internal import Reassembly

/// Merge of the shards of a run into the directory that one run without shards would have written.
///
/// Files are moved and nothing is replaced. A merge that was interrupted can be repeated: it moves what is left, and writes the indexes anew.
public final class ShardMerge {
  /// Result of a merge.
  public struct Result: Sendable {
    /// Number of shards.
    public var shards = 0
    /// Number of connections.
    public var connections: UInt64 = 0
    /// Number of files.
    public var files: UInt64 = 0
    /// Exit status of the whole run.
    public var exitStatus: Int32 = 0
    /// Contents of run.json.
    public var report: [UInt8] = []
    /// Lines about limits that all connections share, where one run could have given up something else.
    public var notes: [String] = []
  }

  let path: FilePath
  let directory: OutputDirectory
  let folders: FolderReading
  let mover: FileMover
  private(set) var sources: [ShardSource] = []
  private(set) var report: MergedReport?
  private var result = Result()
  private let isInterrupted: () -> Bool

  // MARK: the order of events

  /// Numbers of the shards that have another event, in a heap by the place of that.
  private var heap: [Int] = []
  private var openConnections: UInt64 = 0
  private var mostConnections: UInt64 = 0
  /// Number of bytes that the searches of all shards take, and the greatest number that they took.
  private var searchMemory: Int64 = 0
  private var mostSearchMemory: Int64 = 0

  // MARK: the output

  private var names: MergedNames?
  /// Names of the files of HTTP in a tree.
  private var tree = TreeNames()
  /// Whether the files of HTTP lie in a tree.
  private(set) var isInTree = false
  /// Whether only connections in which something matched have lines.
  private var isSelective = false
  /// The indexes of the merged directory; nil for those that the run does not write.
  var index: LineFile?
  var chunks: LineFile?
  var exchanges: LineFile?
  var messages: LineFile?
  var archive: LineFile?
  var matches: LineFile?
  /// Recorder of what report.html shows; nil if the run does not write it.
  var recorder: ReportRecorder?
  /// Whether http.har has an entry.
  var hasEntries = false
  var marked = MarkedNames()
  /// Paths of certificates, which several shards may have; the number and the bytes of those that one run does not write.
  var certificates: Set<[UInt8]> = []
  var duplicates: (files: UInt64, bytes: UInt64) = (0, 0)

  /// Prepares a merge.
  ///
  /// - Parameters:
  ///   - path: the output directory, with the shards in its folder `shards`.
  ///   - isInterrupted: whether the merge is to end; asked for every connection.
  /// - Throws: `MergeRefusal` if it has no shards, or others than those of one run.
  public convenience init(_ path: FilePath, isInterrupted: @escaping () -> Bool = { false }) throws(MergeRefusal) {
    try self.init(path, isInterrupted: isInterrupted, calls: KernelCalls())
  }

  init(_ path: FilePath, isInterrupted: @escaping () -> Bool, calls: any SystemCalls) throws(MergeRefusal) {
    self.path = path
    self.isInterrupted = isInterrupted
    guard access(path.appending(ReservedNames.shards).terminated, F_OK) == 0 || Self.lacksOnlyItsEnd(path) else {
      throw MergeRefusal(path, "there are no shards here; make them with reasm --shard 0/N -o \(path) and so on")
    }
    do throws(OutputError) { directory = try OutputDirectory(merging: path, calls: calls) } catch { throw MergeRefusal(error) }
    folders = FolderReading(directory: directory.descriptor, calls: calls)
    mover = FileMover(folders)
  }

  /// Whether a merge was killed here when nothing but its marker was left to remove.
  private static func lacksOnlyItsEnd(_ path: FilePath) -> Bool {
    guard access(path.appending(Array(RunReport.fileName.utf8)).terminated, F_OK) == 0 else { return false }
    let marker = Glibc.open(path.appending(RunMarker.name).terminated, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard marker >= 0 else { return false }
    defer { close(marker) }
    var words = [UInt8](repeating: 0, count: RunMarker.wordsOfMerge.count)
    return read(marker, &words, words.count) == words.count && words == RunMarker.wordsOfMerge
  }

  /// Merges the shards.
  ///
  /// - Returns: what was merged.
  /// - Throws: `MergeRefusal`; what was moved stays where it is, and the next attempt continues.
  public func perform() throws(MergeRefusal) -> Result {
    do throws(MergeRefusal) {
      if directory.exists(Array(RunReport.fileName.utf8)), !directory.marker.isNew {
        // An earlier attempt was interrupted when everything was written.
        try readResult()
        // It may have been killed while run.json had two names.
        directory.removeReserved(String(decoding: ReservedNames.partOfReport, as: UTF8.self))
      } else {
        try open()
        try mergeEvents()
        try finish()
      }
      try removeShards()
      do throws(OutputError) { try directory.endRun() } catch { throw MergeRefusal(error) }
    } catch {
      if hasMoved { throw error.afterMoves(in: path) }
      directory.abandon()
      throw error
    }
    return result
  }

  /// Whether a file was moved, or may have been by an earlier attempt.
  private var hasMoved = false

  func reading<Value>(_ path: [UInt8], _ body: () throws(SystemError) -> Value) throws(MergeRefusal) -> Value {
    do throws(SystemError) { return try body() } catch { throw MergeRefusal(self.path.appending(path), error) }
  }

  // MARK: the shards

  private func open() throws(MergeRefusal) {
    hasMoved = !directory.marker.isNew
    let found = try ShardFolders(in: path, folders)
    for name in found.whole { sources.append(try ShardSource(name, in: path, folders)) }
    try found.check(sources)
    let merged = try MergedReport(sources.map(\.report), sources.map(\.path))
    // An interrupted attempt has checked the files and moved some.
    if !hasMoved {
      for source in sources {
        try source.checkFiles()
        if merged.value(at: ["options", "report"]) != nil { try source.checkPageFiles() }
      }
    }
    report = merged
    result.shards = sources.count
    names = MergedNames(try options(of: merged))
    if merged.value(at: ["options", "http_names"])?.string?.elementsEqual(BodyNaming.tree.rawValue.utf8) == true { isInTree = true }
    isSelective = merged.value(at: ["options", "matching"]) != nil
  }

  /// Options of the run that names depend on.
  private func options(of report: MergedReport) throws(MergeRefusal) -> FlowFileOptions {
    var options = FlowFileOptions()
    options.template = try template("name_template", of: report) ?? .standard
    if let template = try template("pcap_template", of: report) {
      options.captures = CaptureFileOptions(template: template, fragmentTimeout: nil)
    }
    return options
  }

  private func template(_ option: String, of report: MergedReport) throws(MergeRefusal) -> NameTemplate? {
    guard let value = report.value(at: ["options", option]) else { return nil }
    let base64 = report.value(at: ["options", option + "_base64"])?.string
    guard var text = base64.flatMap({ [UInt8](base64: $0) }) ?? value.string else {
      throw MergeRefusal(sources[0].path, "run.json: options.\(option) is no text; make the shard again")
    }
    if option == "pcap_template", text.count > FlowFileOptions.captureEnding.count,
      text.suffix(FlowFileOptions.captureEnding.count) == FlowFileOptions.captureEnding[...]
    {
      text.removeLast(FlowFileOptions.captureEnding.count)
    }
    do throws(NameTemplateError) { return try NameTemplate(FilePath(text)) } catch {
      throw MergeRefusal(sources[0].path, "run.json: options.\(option): \(error)")
    }
  }

  // MARK: events

  private func mergeEvents() throws(MergeRefusal) {
    hasMoved = true
    try makeIndexes()
    for source in sources { try source.advance() }
    heap = sources.indices.filter { sources[$0].next != nil }
    for place in heap.indices.reversed() { sink(place) }
    while let first = heap.first {
      let source = sources[first]
      guard let record = source.next else { break }
      try take(record.event, of: source)
      try source.advance()
      if source.next == nil {
        let last = heap.removeLast()
        if heap.isEmpty { break }
        heap[0] = last
      }
      sink(0)
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    guard let first = sources[a].next?.place, let second = sources[b].next?.place else { return false }
    // Events at one place are those of one shard.
    return first == second ? a < b : first < second
  }

  private func sink(_ start: Int) {
    var place = start
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
      guard precedes(heap[child], heap[place]) else { return }
      heap.swapAt(child, place)
      place = child
    }
  }

  private func take(_ event: OrderRecord.Event, of source: ShardSource) throws(MergeRefusal) {
    switch event {
    case .made:
      result.connections &+= 1
      source.add(result.connections)
      openConnections &+= 1
      mostConnections = max(mostConnections, openConnections)
    case .named(let file):
      let id = try source.id(file.values.id)
      let known = source.renamed[file.values.id] ?? []
      if let renamed = names?.rename(file, id: id, known) { source.renamed[file.values.id] = known + [renamed] }
    case .exchange(let id, let hasEntry):
      guard try moveExchange(of: id, source) else { throw source.damaged(HTTPOutput.indexName) }
      if hasEntry { try moveEntry(of: id, source) }
    case .entry(let id): try moveEntry(of: id, source)
    case .message(let id): guard try moveMessage(of: id, source) else { throw source.damaged(HTTPOutput.messagesName) }
    case .body(let name, let path):
      source.bodies.rename(name, path, id: try source.id(name.connection), in: &tree)
    case .memory(let most, let after):
      mostSearchMemory = max(mostSearchMemory, searchMemory &+ most)
      searchMemory &+= after
    case .completed(let id):
      openConnections &-= 1
      try complete(id, source, isSelective: isSelective)
      if isInterrupted() { throw MergeRefusal(path, "interrupted; what was moved stays, and reasm merge \(path) continues") }
    }
  }

  // MARK: the end

  private func finish() throws(MergeRefusal) {
    for source in sources {
      try check(source)
      if let archive = source.contract.archive(of: Int(clamping: source.shard.index)) { try move(archive, to: archive, source) }
    }
    archive?.append { json in json.appendPlain { $0 += HARFile.ending } }
    for lines in [index, chunks, exchanges, messages, archive, matches].compactMap(\.self) {
      lines.flush()
      if let failure = lines.failure { throw MergeRefusal(failure) }
    }
    guard var report else { return }
    report.set(JSONValue(count: mostConnections), at: ["connections", "most_at_once"])
    let files = (report.value(at: ["output", "files"])?.count ?? 0) &- duplicates.files
    report.set(JSONValue(count: files), at: ["output", "files"])
    report.set(JSONValue(count: (report.value(at: ["output", "bytes"])?.count ?? 0) &- duplicates.bytes), at: ["output", "bytes"])
    if report.value(at: ["output", "match_memory_peak"]) != nil {
      report.set(JSONValue(count: UInt64(clamping: mostSearchMemory)), at: ["output", "match_memory_peak"])
    }
    self.report = report
    result.notes = notes(report)
    take(report.report)
    try writePage(report.report)
    do throws(OutputError) { try directory.write(result.report, as: RunReport.fileName) } catch { throw MergeRefusal(error) }
  }

  private func take(_ report: JSONValue) {
    result.files = report["output"]?["files"]?.count ?? 0
    result.connections = report["connections"]?["total"]?.count ?? result.connections
    result.exitStatus = Int32(clamping: report["exit_status"]?.count ?? 0)
    var json = JSONWriter(isIndented: true)
    report.write(to: &json)
    json.endLine()
    result.report = json.bytes
  }

  /// Takes the result from run.json, which an earlier attempt wrote.
  private func readResult() throws(MergeRefusal) {
    hasMoved = true
    let name = Array(RunReport.fileName.utf8)
    let text = try reading(name) { () throws(SystemError) in try folders.contents(of: name, most: 64 << 20) }
    if let report = JSONValue(text) { take(report) }
  }

  /// Checks that all lines of a shard were merged.
  private func check(_ source: ShardSource) throws(MergeRefusal) {
    try checkPage(source)
    guard source.summary != nil, source.report["connections"]?["total"]?.count == UInt64(source.ids.count) else {
      throw source.damaged(OrderFile.name)
    }
    let readers = [
      (index, source.index, IndexFile.name), (chunks, source.chunks, ChunkFile.name), (exchanges, source.exchanges, HTTPOutput.indexName),
      (messages, source.messages, HTTPOutput.messagesName), (archive, source.archive, HARFile.name),
      (matches, source.matches, MatchOutput.name),
    ]
    if archive != nil {
      let ending = try source.reading { () throws(SystemError) in try source.archive.take() }
      if ending != HARFile.ending { throw source.damaged(HARFile.name) }
    }
    for (lines, reader, name) in readers where lines != nil {
      let isAtEnd = try source.reading { () throws(SystemError) in try reader.isAtEnd() }
      if !isAtEnd { throw source.damaged(name) }
    }
  }

  /// Lines about common limits that may have been reached.
  private func notes(_ report: MergedReport) -> [String] {
    var notes = report.sharedHits.map { "\($0.name) was reached \($0.hits == 1 ? "once" : "\($0.hits) times") in the shards" }
    let summaries = sources.compactMap(\.summary)
    func compare(_ name: String, _ used: UInt64, _ limit: JSONValue?, _ what: String) {
      guard let most = limit?.count, used > most, !report.sharedHits.contains(where: { $0.name == name }) else { return }
      notes.append("the shards had up to \(used) \(what) together, and \(name) is \(most)")
    }
    func sum(_ value: (OrderSummary) -> UInt64) -> UInt64 { summaries.reduce(0) { $0 &+ value($1) } }
    compare("memory_limit", sum(\.mostBytes), report.value(at: ["limits", "memory_limit", "value"]), "bytes queued")
    compare("max_connections", sum(\.mostConnections), report.value(at: ["limits", "max_connections", "value"]), "connections")
    let holes = report.value(at: ["options", "max_holes"]) ?? JSONValue(count: UInt64(FlowFileOptions().maxHoles))
    compare("max_holes", sum(\.room), holes, "bytes of gaps in files")
    if sum(\.mostCopies) > FlowFileOptions.comparedMemory / 2 {
      notes.append(
        "the shards had up to \(sum(\.mostCopies)) bytes of streams in memory together to compare copies with them, and one run keeps "
          + "\(FlowFileOptions.comparedMemory / 2)")
    }
    let searches = report.value(at: ["options", "match_memory"])
    compare("match_memory", UInt64(clamping: mostSearchMemory), searches, "bytes of searches")
    if result.connections > UInt64(FileNames.maxTuples) {
      notes.append("there are \(result.connections) connections, and names are remembered for \(FileNames.maxTuples)")
    }
    return notes
  }

  private func removeShards() throws(MergeRefusal) {
    mover.close()
    let isGone = try reading(ReservedNames.shards) { () throws(SystemError) in
      let names: [[UInt8]]
      do throws(SystemError) { names = try folders.names(in: ReservedNames.shards) } catch {
        if error.code == ENOENT { return true }
        throw error
      }
      for name in names { try folders.removeFolder(ReservedNames.shards + [0x2f] + name) { ReservedNames.written.contains($0) } }
      return try folders.removeFolder(ReservedNames.shards)
    }
    if !isGone {
      throw MergeRefusal(
        path.appending(ReservedNames.shards), "everything is merged, and files are left here that no shard names; move them away")
    }
  }
}
