import FlowFiles
import Glibc
import Reassembly

/// Where the streams go: the output folder, its files, the index and run.json.
struct Output {
  let directory: String
  private let files: FlowFileFactory

  /// Makes or empties the folder.
  ///
  /// - Throws: `OutputRefusal`, with what to do about it.
  init(_ options: OutputOptions, _ reassembly: ReassemblyOptions, input: String) throws {
    directory = options.directory ?? DefaultDirectory.name(for: input)
    do {
      files = try FlowFileFactory(
        directory: OutputDirectory(path: directory, force: options.force), options: options.flowFileOptions(reassembly))
    } catch let error as OutputError {
      throw OutputRefusal(error: error)
    }
  }

  var factory: any StreamFactory { files }

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
    return OutputReport(directory: directory, figures: files.figures, problem: problem, json: report.json())
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
