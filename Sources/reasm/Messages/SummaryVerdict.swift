import FlowFiles
import Packets
import Reassembly

/// Beginning of the summary: the output, the number of whole files, and conflicts.
struct SummaryVerdict {
  let result: RunResult
  let report: OutputReport

  init(_ result: RunResult, _ report: OutputReport) {
    self.result = result
    self.report = report
  }

  /// One to three sentences, one line each.
  var lines: [String] { [output, files, gaps, conflicts].compactMap { $0 } }

  private var output: String {
    let all = DisplayText.count(result.statistics.connections, "connection")
    let connections = report.selected.map { "\($0) of \(all)" } ?? all
    guard let place = report.place else {
      if report.selected != nil { return "\(connections); -o writes files" }
      return "\(connections), \(DisplayText.size(result.statistics.reassembledBytes)); -o writes files"
    }
    let (files, bytes) = (report.figures.files, report.figures.bytes)
    return "\(connections), \(DisplayText.count(files, "file")) of \(DisplayText.size(bytes)) in \(place)"
  }

  private var files: String? {
    let (whole, others) = (report.overview.wholeFiles, report.overview.incompleteFiles)
    guard whole + others > 0 else { return nil }
    guard others > 0, let worst = report.overview.worstFile else {
      return whole == 1 ? "the file is whole" : "all \(whole) files of streams are whole"
    }
    let missing = worst.gapBytes > 0 ? "misses \(DisplayText.size(UInt64(worst.gapBytes)))" : "misses no byte in between"
    let end = "\(worst.path) \(missing) (\(worst.reasons.joined(separator: ", ")))"
    if whole == 0 { return others == 1 ? "1 file is not whole: \(end)" : "none of \(others) files is whole; the worst: \(end)" }
    let subject = "\(DisplayText.count(whole, "file")) \(whole == 1 ? "is" : "are") whole, \(others) \(others == 1 ? "is" : "are") not"
    return others == 1 ? "\(subject): \(end)" : "\(subject); the worst: \(end)"
  }

  /// What is missing, where no files say it.
  private var gaps: String? {
    let overview = report.overview
    guard report.place == nil, overview.gapBytes > 0 else { return nil }
    let number = "\(DisplayText.size(overview.gapBytes)) \(overview.gapBytes == 1 ? "is" : "are") missing"
    guard overview.connectionsWithGaps > 1 else { return "\(number) in connection \(overview.mostGaps.connection)" }
    return "\(number) in \(overview.connectionsWithGaps) connections, most in connection \(overview.mostGaps.connection)"
  }

  private var conflicts: String? {
    let overview = report.overview
    // With a selection, the engine counts those of other connections too.
    let count = report.selected == nil ? max(report.figures.conflicts, result.statistics.conflicts) : report.figures.conflicts
    guard count > 0 else { return nil }
    let number = DisplayText.count(count, "conflict")
    let place =
      switch overview.connectionsWithConflicts {
      case 0: ""
      case 1: " in connection \(overview.mostConflicts.connection)"
      default: " in \(overview.connectionsWithConflicts) connections, most in connection \(overview.mostConflicts.connection)"
      }
    return "\(number)\(place): somebody may have injected data"
  }
}
