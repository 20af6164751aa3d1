import ArgumentParser
import FlowFiles
import Paths

/// Command line of `reasm merge`.
struct MergeCommand: ParsableCommand {
  /// First word of the command line.
  static let name = "merge"

  static let configuration = CommandConfiguration(
    commandName: "reasm merge",
    abstract: "Make of the shards of a run the folder that one run without shards writes.",
    discussion: """
      Files are moved, and nothing is replaced. A merge that was interrupted is continued by the next one.

      Exit status: that of the run; 1 if the shards are not whole, or not those of one run.
      """)

  @Argument(help: ArgumentHelp("The folder of -o, with the shards in its folder shards.", valueName: "dir"), completion: .directory)
  var directory: FilePath

  @Flag(name: [.customShort("q"), .long], help: "No summary, errors only.")
  var quiet = false

  /// Runs the command and ends the program.
  static func run(_ arguments: [String]) -> Never {
    let command: MergeCommand
    do {
      command = try MergeCommand.parse(arguments)
    } catch {
      if exitCode(for: error) == .success {
        StandardStream.output.showAndEnd(fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
      }
      StandardStream.error.message(message(for: error) + " (see: reasm merge --help)")
      ExitStatus.wrongUsage.exit()
    }
    Interruption.install()
    do throws(MergeRefusal) {
      let result = try ShardMerge(command.directory) { Interruption.isRequested }.perform()
      if !command.quiet {
        show(notesOf: result)
        show(result, command.directory)
      }
      (ExitStatus(rawValue: result.exitStatus) ?? .complete).exit()
    } catch {
      StandardStream.error.message(error.description)
      ExitStatus.failed.exit()
    }
  }

  /// Shows how much was merged.
  static func show(_ result: ShardMerge.Result, _ directory: FilePath) {
    let shards = result.shards == 0 ? "the rest" : DisplayText.count(UInt64(result.shards), "shard")
    StandardStream.error.message(
      "\(shards) merged: \(DisplayText.count(result.connections, "connection")), \(DisplayText.count(result.files, "file")) in \(directory)"
    )
  }

  /// Shows where a run without shards may differ.
  static func show(notesOf result: ShardMerge.Result) {
    for note in result.notes { StandardStream.error.message("one run without shards may differ: \(note)") }
  }
}
