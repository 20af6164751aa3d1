package import Paths

/// Digests of what a shard reads beside the captures, which run.json does not tell: key logs are private, and patterns may be many.
///
/// All shards of a run must have the same.
package struct ShardInputs: Equatable {
  /// SHA-256 of the key logs in their order; of nothing without one.
  private var keyLogs: [UInt8]
  /// SHA-256 of the patterns in their order.
  private var patterns: [UInt8]

  /// Reads the files.
  ///
  /// - Parameters:
  ///   - keyLogs: the paths of the key logs.
  ///   - patterns: the patterns of the command line.
  ///   - patternFiles: the paths of the files of patterns.
  /// - Throws: `MergeRefusal` with the path of a file that every shard cannot read.
  package init(keyLogs: [FilePath], patterns: [[UInt8]], patternFiles: [FilePath]) throws(MergeRefusal) {
    self.keyLogs = try Self.digest([], keyLogs)
    self.patterns = try Self.digest(patterns, patternFiles)
  }

  private static let length = 32

  /// Returns the digest of the digests of texts and of files.
  private static func digest(_ texts: [[UInt8]], _ files: [FilePath]) throws(MergeRefusal) -> [UInt8] {
    guard let digest = Digest(.sha256) else { return [UInt8](repeating: 0, count: length) }
    var all: [UInt8] = []
    for text in texts {
      digest.update(text)
      all += digest.finish()
    }
    for (file, contents) in zip(files, InputDigests(of: files) { false }.wait()) {
      guard let contents else {
        throw MergeRefusal(file, "no regular file that can be read, and every shard reads it; write it to a file first")
      }
      all += contents
    }
    digest.update(all)
    return digest.finish()
  }

  // MARK: coding

  /// Bytes in the order file.
  var bytes: [UInt8] { keyLogs + patterns }

  /// Reads the bytes of an order file; nil if they are cut off.
  init?(_ bytes: inout OrderBytes) {
    guard let keyLogs = bytes.take(Self.length), let patterns = bytes.take(Self.length) else { return nil }
    (self.keyLogs, self.patterns) = (keyLogs, patterns)
  }

  /// Name of what differs from that of another shard; nil if nothing does.
  func difference(from other: ShardInputs) -> String? {
    if keyLogs != other.keyLogs { return "key logs" }
    return patterns == other.patterns ? nil : "patterns"
  }
}
