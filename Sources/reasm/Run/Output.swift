import FlowFiles
import Glibc
import HTTP
import Matching
import Paths
import Reassembly
import TLS

/// Output of the streams: the output folder with its files, the index and run.json; or the terminal; or both.
struct Output {
  /// Output folder; nil if no folder is written to.
  let directory: FilePath?
  /// What the files are in, the folder or the archive, for messages; nil if no files are written.
  let place: FilePath?
  private let files: FlowFileFactory?
  private let console: ConsoleFactory?
  /// List of the connections; nil if none is printed.
  private let listing: Listing?
  private let listener: RunListener?
  /// Choice of connections; nil if all are wanted.
  private let selection: ConnectionSelection?
  /// Whether only connections in which something matched are written.
  private let isSelective: Bool
  /// Program that shows what is printed; nil if there is none.
  private let pager: Pager?
  let factory: any StreamFactory
  /// Collector of figures about completed connections, for the summary.
  let overview = ConnectionOverview()

  /// Creates or empties the folder.
  ///
  /// - Parameters:
  ///   - command: the parsed command line.
  ///   - defaultDirectory: the folder to write to if the command line names none.
  ///   - inputs: the captures that are read; none in a live run.
  ///   - inputCount: the number of inputs.
  ///   - tls: the source of secrets; nil if TLS is not read.
  ///   - shard: the attempt at a shard; nil for a run that is none.
  /// - Throws: `OutputRefusal`, with advice, or `InputInFolder`.
  init(
    _ command: ReasmCommand, defaultDirectory: @autoclosure () -> FilePath, inputs: [FilePath] = [], inputCount: Int = 1,
    tls: TLSInput? = nil, shard: ShardAttempt? = nil
  ) throws {
    let options = command.output
    let prints = command.console.console
    let directory =
      shard?.folder.attempt ?? options.directory ?? (prints || command.list.isWanted || options.tar != nil ? nil : defaultDirectory())
    self.directory = shard?.folder.path ?? directory
    place = shard != nil ? self.directory : options.tar.map { $0 == "-" ? "standard output" : $0 } ?? self.directory
    if options.force, let directory, let input = inputs.first(where: { $0.isInside(directory) }) {
      throw InputInFolder(input: input, folder: directory)
    }
    listener = RunListener(command)
    isSelective = command.search.matching
    let patterns = try command.search.patternSet()
    // The memory that the search of the files takes is part of run.json, which does not depend on what is printed.
    let printed =
      !prints || command.console.live
      ? nil : directory == nil && options.tar == nil ? patterns : try patterns.map { try PatternSet(compiledLike: $0) }
    do {
      files = try Self.files(in: directory, command, inputs, inputCount, overview, shard)
      if options.report { files?.recordReport() }
      if let patterns { try files?.search(patterns, writesOnlyMatching: command.search.matching) }
      if let tls, tls.isWanted { files?.readTLS(tls.source, writesCertificates: command.tls.tlsCertificates) }
      if let listener { try files?.announce(to: listener) }
      if let shard { try files?.recordOrder(shard.order, of: shard.shard, contract: shard.contract) }
    } catch let error as OutputError {
      throw OutputRefusal(error: error, isArchive: error.path == options.tar)
    }
    // Without files the run is useless once its output is not read, so `reasm ... | head` ends with head.
    if files == nil || options.tar == "-" && directory == nil, command.live.write == nil { signal(SIGPIPE, SIG_DFL) }
    let folder = directory ?? Self.spoolFolder
    listing = command.list.isWanted ? Listing(command, spoolFolder: folder, observer: overview) : nil
    console = prints ? Self.console(command, files, printed, spoolFolder: folder, overview, tls) : nil
    guard let all: any StreamFactory = listing?.factory ?? console ?? files else {
      preconditionFailure("a run lists, prints or writes")
    }
    selection = try Self.selection(command, all, files)
    factory = selection ?? all
    pager = Pager.start(command)
  }

  private static func console(
    _ command: ReasmCommand, _ files: FlowFileFactory?, _ patterns: PatternSet?, spoolFolder folder: FilePath,
    _ overview: ConnectionOverview, _ tls: TLSInput?
  ) -> ConsoleFactory {
    let console = ConsoleFactory(
      command.console, command.reassembly, http: command.http.http ? HTTPContext() : nil,
      search: patterns.map(ConsoleSearch.init), files: files, spoolFolder: folder,
      isOrdered: !command.live.isLive && command.input.isAtRest, observer: overview)
    if let tls, tls.isWanted { console.tls = tls.source }
    return console
  }

  private static func selection(
    _ command: ReasmCommand, _ all: any StreamFactory, _ files: FlowFileFactory?
  ) throws -> ConnectionSelection? {
    guard !command.selection.patterns.isEmpty else { return nil }
    let others = PassedOverFactory(
      files: files, checksStates: command.reassembly.strictState, checksOptions: command.reassembly.strictOptions)
    return try ConnectionSelection(command.selection.patterns, selected: all, others: others)
  }

  private static func files(
    in directory: FilePath?, _ command: ReasmCommand, _ inputs: [FilePath], _ inputCount: Int, _ overview: ConnectionOverview,
    _ shard: ShardAttempt?
  ) throws -> FlowFileFactory? {
    guard directory != nil || command.output.tar != nil else { return nil }
    var options = try command.output.flowFileOptions(command.reassembly)
    options.inputCount = inputCount
    options.leavesOutCiphertext = command.tls.noCiphertext
    options.http = command.http.outputOptions
    options.keepsNoStreams = command.http.only || command.output.noStreams
    if command.output.noStreams {
      options.comparesInMemory = true
      options.bufferMemory = FlowFileOptions.comparedMemory
    }
    options.captures = try command.captures.options(command.limits, command.reassembly)
    options.writesLinesAtOnce = command.live.isLive
    let output = try Self.directory(directory, command)
    let archive: TarFile?
    do {
      archive = try Self.archive(command, inputs, output, shard)
    } catch {
      output.abandon()
      throw error
    }
    return try FlowFileFactory(directory: output, options: options, archive: archive, observer: overview)
  }

  /// Opens the output folder; for an archive alone, the folder of the temporary files.
  private static func directory(_ directory: FilePath?, _ command: ReasmCommand) throws(OutputError) -> OutputDirectory {
    if let directory { return try OutputDirectory(path: directory, force: command.output.force) }
    guard let tar = command.output.tar, tar != "-" else { return try OutputDirectory(unnamedIn: spoolFolder) }
    return try OutputDirectory(unnamedIn: tar.parent)
  }

  /// Creates the archive; nil if none is written.
  private static func archive(
    _ command: ReasmCommand, _ inputs: [FilePath], _ output: OutputDirectory, _ shard: ShardAttempt?
  ) throws(OutputError) -> TarFile? {
    guard let tar = command.output.tar else { return nil }
    if let archive = shard?.archive { return try TarFile(ofShard: archive, in: output) }
    if tar != "-" { try output.checkIsFree(tar) }
    let others = inputs + [command.live.write].compactMap(\.self) + command.tls.keylog + command.search.matchFile
    return try TarFile(path: tar, replaces: command.output.force, others: others)
  }

  /// Folder of temporary files if no other one is written to.
  private static var spoolFolder: FilePath { getenv("TMPDIR").map { FilePath(cString: $0) } ?? "/var/tmp" }

  /// Captures of connections, which are given every packet; nil if none are written.
  var captures: ConnectionCaptures? { files?.captures }

  /// Reads TLS in the connections that begin from now on.
  func beginTLS(_ tls: TLSInput, _ command: ReasmCommand) {
    files?.readTLS(tls.source, writesCertificates: command.tls.tlsCertificates)
    console?.tls = tls.source
  }

  /// Makes a user the owner of the output, and becomes that user.
  func handOver(to identity: UserIdentity) throws {
    try files?.handOver(user: identity.user, group: identity.group)
    try identity.assume()
    if let files, !files.canMakeFiles {
      throw PrivilegeError("\(place ?? ""): \(identity.name) may not write to this folder; name a new one with -o")
    }
    try listener?.closeCommand?.check(as: identity)
  }

  /// Removes the output of a run that cannot begin.
  func abandon() { files?.abandon() }

  /// Removes the output of a run without one of the connections that were asked for.
  ///
  /// - Parameter connections: the number of connections of the run.
  /// - Returns: one line that says so; nil if there was one, or all were wanted.
  func abandonIfNothingIsSelected(of connections: UInt64) -> String? {
    guard let selection, selection.selectedCount == 0 else { return nil }
    pager?.finish()
    listener?.closeCommand?.finish()
    files?.abandon()
    let wanted = selection.unmatched.prefix(3).map(\.description).joined(separator: ",") + (selection.unmatched.count > 3 ? ",..." : "")
    return "--connection \(wanted) is none of the \(DisplayText.count(connections, "connection")); --list shows them"
  }

  /// Writes the buffered output.
  func flush() { files?.flushBuffers() }

  /// First output error so far.
  var firstError: OutputError? { files?.firstError }

  /// Reaps programs that have ended, and starts others.
  func poll() { listener?.closeCommand?.poll() }

  /// Returns the message for an output error: the first error, and everything that is incomplete because of it or of later errors.
  private static func words(for failure: OutputError, _ figures: RunReport.Output, unfinished: [String]) -> String {
    var losses: [String] = []
    if figures.connectionsWithErrors > 0 {
      losses.append("\(DisplayText.count(figures.connectionsWithErrors, "connection")) could not be written whole")
    }
    if !unfinished.isEmpty {
      losses.append("\(DisplayText.list(unfinished)) \(unfinished.count == 1 ? "is" : "are") not complete")
    }
    return "\(failure.description); \((losses + ["what was written stays"]).joined(separator: ", "))"
  }

  /// Ends the run if the reader of standard output has closed the pipe.
  ///
  /// A run that only writes files continues.
  func watchReader() {
    if files == nil || listener?.wantsEvents == true || isArchivePrinted, StandardStream.output.isUnread { Interruption.stop() }
  }

  /// Whether standard output takes an archive.
  private var isArchivePrinted: Bool { files?.archivePath == "-" }

  /// Figures of the files; without files, the refusals to keep ciphertext of printed connections.
  private var figures: RunReport.Output {
    var figures = files?.figures ?? RunReport.Output()
    figures.conflicts &+= (listing?.factory.conflicts ?? 0) &+ (console?.conflicts ?? 0)
    if files == nil {
      figures.keyWaitRefusals = console?.tls?.budget.refusals ?? 0
      figures.matches = console?.search?.figures
    }
    return figures
  }

  /// Report of the output so far.
  var soFar: OutputReport {
    var report = OutputReport(place: place, figures: figures, json: [], overview: overview)
    report.take(selection)
    report.take(listener?.closeCommand)
    return report
  }

  /// Writes the rest of the output, the index and run.json.
  func finish(_ result: RunResult, _ command: ReasmCommand) -> OutputReport {
    console?.finish()
    files?.flushBuffers()
    let figures = figures
    var report = RunReport(result, figures, command)
    report.connectionsPassedOver = selection?.passedOver
    if isSelective { report.connectionsPassedOver = (selection?.passedOver ?? 0) &+ (files?.connectionsPassedOver ?? 0) }
    files?.writeReport(report)
    if files?.firstError != nil || console?.problem != nil { report.exitStatus = ExitStatus.partial.rawValue }
    var failure = files?.firstError
    do throws(OutputError) {
      try files?.finish(report: report)
    } catch {
      failure = failure ?? error
    }
    var problem = console?.problem ?? listing?.print()
    pager?.finish()
    if let failure {
      problem = Self.words(for: failure, figures, unfinished: files?.unfinished ?? [])
    }
    if problem != nil { report.exitStatus = ExitStatus.partial.rawValue }
    listener?.closeCommand?.finish()
    var output = OutputReport(place: place, figures: figures, problem: problem, json: report.json(), overview: overview)
    output.take(selection)
    output.take(listener?.closeCommand)
    if let error = listener?.outputError, error != 0, error != EPIPE {
      output.problem =
        output.problem ?? "standard output: \(StandardStream.words(for: error)); the events end there, the files are complete"
    }
    return output
  }
}

/// Report of the output at the end of the run.
struct OutputReport {
  /// What the files are in; nil if no files were written.
  var place: FilePath?
  var figures: RunReport.Output
  /// One line that states an output error; nil if there was none.
  var problem: String?
  /// Contents of run.json.
  var json: [UInt8]
  var overview: ConnectionOverview
  /// Number of failed runs of the `--on-close` program; `closeCommandDropped` is the number of connections that it was not run for.
  var closeCommandFailures: UInt64 = 0
  var closeCommandDropped: UInt64 = 0
  /// Number of connections that `--connection` named; nil without it.
  var selected: UInt64?
  /// Descriptions of connections that matched none.
  var unmatched: [String] = []

  /// Copies the results of `--connection`.
  mutating func take(_ selection: ConnectionSelection?) {
    selected = selection?.selectedCount
    unmatched = selection?.unmatched.map(\.description) ?? []
  }

  /// Copies the counters of the `--on-close` program.
  mutating func take(_ command: CloseCommand?) {
    closeCommandFailures = command?.failures ?? 0
    closeCommandDropped = command?.dropped ?? 0
  }
}

/// Error that the output folder or the archive cannot be used; nothing was read yet.
struct OutputRefusal: Error, CustomStringConvertible {
  var error: OutputError
  var isArchive = false

  var description: String {
    guard case .system(let cause) = error.reason else { return error.description }
    if isArchive { return "\(error.description); name another file for --tar, in a folder that you may write to" }
    let advice =
      switch cause.code {
      case ENOENT: "make the folder that it is to lie in first: mkdir -p"
      case ENOTDIR, EEXIST: "a file stands in the way; name another folder with -o"
      case EACCES, EPERM, EROFS: "name a folder with -o that you may write to"
      case ENOSPC, EDQUOT: "make room, or name a folder elsewhere with -o"
      default: "name another folder with -o"
      }
    return "\(error.description); \(advice)"
  }
}

/// Refusal of `--force` for a folder that holds an input: clearing the folder could remove the capture that is being read.
struct InputInFolder: Error, CustomStringConvertible {
  let input: FilePath
  let folder: FilePath

  var description: String { "\(input) lies in \(folder), which --force would clear; name another folder with -o" }
}

extension FilePath {
  /// Whether the file lies in a folder or below it, links resolved; false if one of them does not exist.
  fileprivate func isInside(_ folder: FilePath) -> Bool {
    guard let file = resolved, let folder = folder.resolved else { return false }
    return file.count > folder.count && file.starts(with: folder) && (folder.last == 0x2f || file[folder.count] == 0x2f)
  }

  private var resolved: [UInt8]? {
    guard let path = realpath(terminated, nil) else { return nil }
    defer { free(path) }
    return FilePath(cString: path).bytes
  }
}
