import FlowFiles
import Glibc
import Reassembly

/// Where the streams go: the output folder, its files, the index and run.json.
struct Output {
  let directory: String
  private let files: FlowFileFactory
  private let listener: RunListener?

  /// Makes or empties the folder.
  ///
  /// - Throws: `OutputRefusal`, with what to do about it.
  init(_ command: ReasmCommand, defaultDirectory: String) throws {
    let options = command.output
    directory = options.directory ?? defaultDirectory
    listener = RunListener(command)
    var fileOptions = try options.flowFileOptions()
    fileOptions.writesLinesAtOnce = command.live.interface != nil
    do throws(OutputError) {
      files = try FlowFileFactory(directory: OutputDirectory(path: directory, force: options.force), options: fileOptions)
      if let listener { try files.announce(to: listener) }
    } catch {
      throw OutputRefusal(error: error)
    }
  }

  var factory: any StreamFactory { files }

  /// Gives everything to a user.
  func handOver(to identity: UserIdentity) throws { try files.handOver(user: identity.user, group: identity.group) }

  /// Writes what waits in buffers.
  func flush() { files.flushBuffers() }

  /// Looks after programs that were started.
  func poll() { listener?.closeCommand?.poll() }

  /// What was written so far.
  var soFar: OutputReport { OutputReport(directory: directory, figures: files.figures, json: []) }

  /// Writes what is left, the index and run.json.
  func finish(_ result: RunResult, _ command: ReasmCommand) -> OutputReport {
    var report = RunReport(result, files.figures, command)
    if files.firstError != nil { report.exitStatus = ExitStatus.partial.rawValue }
    var failure = files.firstError
    do throws(OutputError) {
      try files.finish(report: report)
    } catch {
      failure = failure ?? error
    }
    if failure != nil { report.exitStatus = ExitStatus.partial.rawValue }
    let problem = failure.map { error in
      let count = files.connectionsWithErrors
      let whose = count == 0 ? "the index or run.json is not complete" : "\(Words.count(count, "connection")) could not be written whole"
      return "\(error.description); \(whose), what was written stays"
    }
    listener?.closeCommand?.finish()
    var output = OutputReport(directory: directory, figures: files.figures, problem: problem, json: report.json())
    output.closeCommandFailures = listener?.closeCommand?.failures ?? 0
    output.closeCommandDropped = listener?.closeCommand?.dropped ?? 0
    if let error = listener?.outputError, error != 0, error != EPIPE {
      output.problem =
        output.problem ?? "standard output: \(StandardStream.words(for: error)); the events end there, the files are complete"
    }
    return output
  }
}

/// What the output has to say at the end.
struct OutputReport {
  var directory: String
  var figures: RunReport.Output
  /// What could not be written, in one line; nil where everything was.
  var problem: String?
  /// run.json.
  var json: [UInt8]
  /// Runs of the program of `--on-close` that failed, and connections it was not run for.
  var closeCommandFailures: UInt64 = 0
  var closeCommandDropped: UInt64 = 0
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
