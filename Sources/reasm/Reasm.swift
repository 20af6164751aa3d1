import ArgumentParser

/// Entry point: parses the command line, runs, and ends with one of four statuses.
@main
struct Reasm {
  static func main() {
    StandardStream.reserve()
    Interruption.ignoreSignalsOfWriting()
    // The language runtime reads the arguments there.
    if CommandLine.argc == 0 {
      StandardStream.error.message("the arguments cannot be read: /proc is not mounted")
      ExitStatus.failed.exit()
    }
    if ArgumentText.all.first == MergeCommand.name { MergeCommand.run(Array(ArgumentText.all.dropFirst())) }
    var command: ReasmCommand
    lazy var known = OptionNames(help: ReasmCommand.helpMessage())
    let all = ForeignOptions.understood(ArgumentText.all, known)
    let arguments = Array(all.prefix { $0 != "--" })
    let remark: String?
    do {
      command = try ReasmCommand.parse(arguments)
      if OptionNames.mayRepeat(arguments), let words = known.repetition(in: arguments) { throw ValidationError(words) }
      remark = try command.complete(filterWords: Array(all.dropFirst(arguments.count + 1)))
    } catch {
      end(with: error, arguments, known)
    }
    Interruption.install()
    if let remark, !command.messages.quiet { StandardStream.error.message(remark) }
    if command.live.listInterfaces { InterfaceListing.run() }
    if let count = command.shards.shards {
      var run = ShardsRun(command, count, words: arguments, filter: Array(all.dropFirst(arguments.count)), known)
      run.perform().exit()
    }
    if command.live.isLive {
      var run = LiveRun(command)
      run.perform().exit()
    }
    var run = ReadRun(command)
    run.perform().exit()
  }

  /// Ends the program: help and version go to standard output, a wrong command line yields one line on standard error and status 64.
  private static func end(with error: any Error, _ arguments: [String], _ known: OptionNames) -> Never {
    if ReasmCommand.exitCode(for: error) == .success {
      StandardStream.output.showAndEnd(
        ReasmCommand.fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
    let isLive = arguments.contains { $0 == "-i" || $0.hasPrefix("--interface") }
    // The parser reports missing arguments before unknown ones.
    if let unknown = known.firstUnknown(in: ListOptions.typed(arguments)), !unknown.hasPrefix("--generate-completion-script") {
      StandardStream.error.message(ForeignOptions.words(for: unknown, known: known, isLive: isLive) + " (see: reasm --help)")
      ExitStatus.wrongUsage.exit()
    }
    // The parser lists the values of an option in separate lines, and a message is one line.
    var words = ReasmCommand.message(for: error).replacing(":\n  - ", with: ": ").replacing("\n  - ", with: ", ")
    if words.contains("'--console' does not take any value") { words = "--console takes no value: say --console --format hex" }
    if words.contains("'--list' does not take any value") { words = "the forms of --list are csv, tsv and json: say --list=csv" }
    if words.contains("-c <packets>") { words += "; -c stops after so many packets: to print, as with tcpflow -c, say --console" }
    StandardStream.error.message(words + " (see: reasm --help)")
    ExitStatus.wrongUsage.exit()
  }
}
