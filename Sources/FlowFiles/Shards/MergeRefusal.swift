internal import Paths

/// Reason why shards cannot be merged, in one line.
public struct MergeRefusal: Error, Sendable, CustomStringConvertible {
  /// The line, with the path that it is about.
  public let description: String

  init(_ path: FilePath, _ words: String) { description = "\(path): \(words)" }

  init(_ path: FilePath, _ error: SystemError) { self.init(path, error.description) }

  init(_ error: OutputError) { description = error.description }
}
