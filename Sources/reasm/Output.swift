import FlowFiles
import Glibc
import HTTP
import Paths
import Reassembly

/// Where the streams go: the output folder, its files, the index and run.json; or the terminal; or both.
struct Output {
  /// nil: no files are written.
  let directory: FilePath?
  private let files: FlowFileFactory?
  private let console: ConsoleFactory?
  private let listener: RunListener?
  let factory: any StreamFactory
  /// Takes notes of every connection that is over, for the summary.
  let census = ConnectionCensus()

  /// Makes or empties the folder.
  ///
  /// - Throws: `OutputRefusal`, with what to do about it.
  init(_ command: ReasmCommand, defaultDirectory: @autoclosure () -> FilePath, inputCount: Int = 1) throws {
    let options = command.output
    let prints = command.console.console
    let directory = options.directory ?? (prints ? nil : defaultDirectory())
    self.directory = directory
    listener = RunListener(command)
    do {
      files = try Self.files(in: directory, command, inputCount, census)
      if let listener { try files?.announce(to: listener) }
    } catch let error as OutputError {
      throw OutputRefusal(error: error)
    }
    if let files, !prints {
      console = nil
      factory = files
      return
    }
    let folder = directory ?? getenv("TMPDIR").map { FilePath(cString: $0) } ?? "/var/tmp"
    let console = ConsoleFactory(
      command.console, command.reassembly, http: command.http.http ? HTTPContext() : nil, files: files, spoolFolder: folder,
      observer: census)
    self.console = console
    factory = console
    // Without files there is nothing left to do once nobody reads what is printed: `reasm ... | head` ends with head.
    if files == nil, command.live.write == nil { signal(SIGPIPE, SIG_DFL) }
  }

  private static func files(
    in directory: FilePath?, _ command: ReasmCommand, _ inputCount: Int, _ census: ConnectionCensus
  ) throws -> FlowFileFactory? {
    guard let directory else { return nil }
    var options = try command.output.flowFileOptions(command.reassembly)
    options.inputCount = inputCount
    options.http = command.http.outputOptions
    options.keepsNoStreams = command.http.only
    options.writesLinesAtOnce = command.live.isLive
    return try FlowFileFactory(
      directory: OutputDirectory(path: directory, force: command.output.force), options: options, observer: census)
  }

  /// Gives everything to a user and becomes that user.
  func handOver(to identity: UserIdentity) throws {
    try files?.handOver(user: identity.user, group: identity.group)
    try identity.assume()
    if let files, !files.canMakeFiles {
      throw PrivilegeError("\(directory ?? ""): \(identity.name) may not write to this folder; name a new one with -o")
    }
    try listener?.closeCommand?.check(as: identity)
  }

  /// Nothing is written after all.
  func abandon() { files?.abandon() }

  /// Writes what waits in buffers.
  func flush() { files?.flushBuffers() }

  /// The first thing that could not be written so far.
  var firstError: OutputError? { files?.firstError }

  /// Looks after programs that were started.
  func poll() { listener?.closeCommand?.poll() }

  /// What failed first, and all that is not whole because of it or of what came after.
  private static func words(for failure: OutputError, _ figures: RunReport.Output, unfinished: [String]) -> String {
    var losses: [String] = []
    if figures.connectionsWithErrors > 0 {
      losses.append("\(Words.count(figures.connectionsWithErrors, "connection")) could not be written whole")
    }
    if !unfinished.isEmpty {
      losses.append("\(unfinished.joined(separator: " and ")) \(unfinished.count == 1 ? "is" : "are") not complete")
    }
    return "\(failure.description); \((losses + ["what was written stays"]).joined(separator: ", "))"
  }

  /// Ends the run where somebody was to read along and has gone away.
  ///
  /// Files alone are reason enough to go on.
  func watchReader() {
    if console != nil && files == nil || listener?.wantsEvents == true, StandardStream.output.isUnread { Interruption.stop() }
  }

  /// What was written so far.
  var soFar: OutputReport {
    var report = OutputReport(directory: directory, figures: files?.figures ?? RunReport.Output(), json: [], census: census)
    report.take(listener?.closeCommand)
    return report
  }

  /// Writes what is left, the index and run.json.
  func finish(_ result: RunResult, _ command: ReasmCommand) -> OutputReport {
    console?.printer.finish()
    files?.flushBuffers()
    let figures = files?.figures ?? RunReport.Output()
    var report = RunReport(result, figures, command)
    if files?.firstError != nil || console?.problem != nil { report.exitStatus = ExitStatus.partial.rawValue }
    var failure = files?.firstError
    do throws(OutputError) {
      try files?.finish(report: report)
    } catch {
      failure = failure ?? error
    }
    var problem = console?.problem
    if let failure {
      problem = Self.words(for: failure, figures, unfinished: files?.unfinished ?? [])
    }
    if problem != nil { report.exitStatus = ExitStatus.partial.rawValue }
    listener?.closeCommand?.finish()
    var output = OutputReport(directory: directory, figures: figures, problem: problem, json: report.json(), census: census)
    output.take(listener?.closeCommand)
    if let error = listener?.outputError, error != 0, error != EPIPE {
      output.problem =
        output.problem ?? "standard output: \(StandardStream.words(for: error)); the events end there, the files are complete"
    }
    return output
  }
}

/// What the output has to say at the end.
struct OutputReport {
  /// nil: no files were written.
  var directory: FilePath?
  var figures: RunReport.Output
  /// What could not be written, in one line; nil where everything was.
  var problem: String?
  /// run.json.
  var json: [UInt8]
  var census: ConnectionCensus
  /// Runs of the program of `--on-close` that failed, and connections it was not run for.
  var closeCommandFailures: UInt64 = 0
  var closeCommandDropped: UInt64 = 0

  /// How the program has fared so far.
  mutating func take(_ command: CloseCommand?) {
    closeCommandFailures = command?.failures ?? 0
    closeCommandDropped = command?.dropped ?? 0
  }
}

/// The output folder cannot be used: nothing was read yet.
struct OutputRefusal: Error, CustomStringConvertible {
  var error: OutputError

  var description: String {
    guard case .system(let cause) = error.reason else { return error.description }
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
