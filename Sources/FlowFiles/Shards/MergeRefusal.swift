internal import Paths

/// Reason why shards cannot be merged, in one line.
public struct MergeRefusal: Error, Sendable, CustomStringConvertible {
  /// The line, with the path that it is about.
  public let description: String
  /// What is wrong with the folder of a shard, with its path; nil for another reason.
  private let damage: String?

  init(_ path: FilePath, _ words: String) { (description, damage) = ("\(path): \(words)", nil) }

  init(_ path: FilePath, _ error: SystemError) { self.init(path, error.description) }

  init(_ error: OutputError) { (description, damage) = (error.description, nil) }

  /// Creates the refusal of a shard that is damaged.
  ///
  /// - Parameters:
  ///   - path: the folder of the shard.
  ///   - words: what is wrong with it.
  init(_ path: FilePath, damage words: String) {
    let damage = "\(path): \(words)"
    (description, self.damage) = (damage + "; remove the folder and make the shard again", damage)
  }

  private init(_ damage: String, after moves: String) { (description, self.damage) = (damage + moves, damage) }

  /// Returns the refusal of a merge that has moved files: those that the shard would make again would be in their way.
  ///
  /// - Parameter output: the output directory.
  /// - Returns: the refusal, with advice that can be followed.
  func afterMoves(in output: FilePath) -> MergeRefusal {
    guard let damage else { return self }
    return MergeRefusal(damage, after: "; files of shards were moved already: remove \(output) and make all shards again")
  }
}
