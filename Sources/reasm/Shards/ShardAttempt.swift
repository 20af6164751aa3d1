import FlowFiles
import Paths
import Reassembly

/// Attempt at one shard of a run: its output goes to a folder of its own, which is renamed when it is whole.
struct ShardAttempt {
  let shard: Shard
  let folder: ShardFolder
  /// Whether the shard was made before, with the same options and inputs.
  let isMade: Bool
  let order = EventOrder()
  /// What all shards of the run have alike.
  let contract: ShardContract

  /// Prepares the attempt; nil without `--shard`.
  ///
  /// - Parameters:
  ///   - command: the parsed command line.
  ///   - defaultDirectory: the output folder of the run if the command line names none.
  ///   - inputs: the captures, of which nothing was read yet.
  /// - Throws: `MergeRefusal` if the shard was made with other options or inputs, the folder cannot be used, or a key log or a file of
  ///   patterns cannot be read by every shard.
  init?(_ command: ReasmCommand, defaultDirectory: FilePath, _ inputs: [RunResult.Input]) throws {
    guard let argument = command.shards.shard else { return nil }
    shard = argument.shard
    folder = ShardFolder(in: command.output.directory ?? defaultDirectory, shard)
    contract = try ShardContract(
      keyLogs: command.tls.keylog, patterns: command.search.match.map(ArgumentText.bytes), patternFiles: command.search.matchFile,
      archive: command.output.tar?.lastComponent)
    var result = RunResult()
    result.inputs = inputs
    isMade = try folder.isMade(by: RunReport(result, RunReport.Output(), command), contract)
    if isMade {
      if !command.messages.quiet { StandardStream.error.message("\(folder.path) is there already, from the same captures and options") }
      return
    }
    try folder.prepare()
  }

  /// Path of the archive while the shard is not whole; nil without one.
  var archive: FilePath? { contract.archive(of: shard.index).map { folder.attempt.appending($0) } }

  /// Gives the folder its final name if the shard is whole.
  ///
  /// - Parameter result: the result of the run, whose status becomes `failed` if the shard is not whole.
  /// - Throws: `MergeRefusal` if the folder cannot be renamed.
  func finish(_ result: inout RunResult) throws {
    guard !result.isInterrupted, !result.lacksOutput else {
      StandardStream.error.message(
        "shard \(shard.index)/\(shard.count) is not whole; make it again, and reasm merge removes \(folder.attempt)")
      result.status = .failed
      return
    }
    _ = try folder.commit()
  }
}
