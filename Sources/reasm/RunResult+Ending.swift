extension RunResult {
  /// Completes the output and shows the summary; what fails is said and becomes the status.
  mutating func end(_ output: Output, _ command: ReasmCommand) {
    let report = output.finish(self, command)
    if let problem = report.problem {
      StandardStream.error.message(problem)
      status = .partial
    }
    switch command.messages.summary {
    case .none: break
    case .text where command.messages.quiet: break
    case .text: StandardStream.error.show(SummaryText(self, report, command).lines)
    case .json:
      let error = report.json.withUnsafeBufferPointer { StandardStream.output.write($0) }
      if error != 0 {
        StandardStream.error.message(
          "standard output: \(StandardStream.words(for: error)); the summary did not fit, the files are complete")
        status = status.combined(with: .partial)
      }
    }
  }
}
