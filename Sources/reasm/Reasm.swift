import ArgumentParser

/// The program: parses the command line, runs, and ends with one of four statuses.
@main
struct Reasm {
  static func main() {
    StandardStream.reserve()
    Interruption.ignoreSignalsOfWriting()
    let command: ReasmCommand
    do {
      command = try ReasmCommand.parse()
    } catch {
      end(with: error)
    }
    Interruption.install()
    if command.live.listInterfaces { InterfaceListing.run().exit() }
    if let interface = command.live.interface {
      var run = LiveRun(command, interface: interface)
      run.perform().exit()
    }
    var run = ReadRun(command)
    run.perform().exit()
  }

  /// Help and version go to standard output; a wrong command line is one line on standard error, and status 64.
  private static func end(with error: any Error) -> Never {
    if ReasmCommand.exitCode(for: error) == .success {
      StandardStream.output.write(ReasmCommand.fullMessage(for: error) + "\n")
      ExitStatus.complete.exit()
    }
    // The parser lists the values of an option on lines of their own; a message is one line.
    let words = ReasmCommand.message(for: error).replacing(":\n  - ", with: ": ").replacing("\n  - ", with: ", ")
    StandardStream.error.message(words + " (see: reasm --help)")
    ExitStatus.wrongUsage.exit()
  }
}
