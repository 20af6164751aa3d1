package import Paths

/// What all shards of a run must have alike and run.json does not tell: key logs are private, and patterns may be many.
package struct ShardContract: Equatable {
  /// SHA-256 of the key logs in their order; of nothing without one.
  private var keyLogs: [UInt8]
  /// SHA-256 of the patterns in their order.
  private var patterns: [UInt8]
  /// Name of the archive in the output directory, in which each shard puts its number; empty without one.
  private var archive: [UInt8]

  /// Reads the files.
  ///
  /// - Parameters:
  ///   - keyLogs: the paths of the key logs.
  ///   - patterns: the patterns of the command line.
  ///   - patternFiles: the paths of the files of patterns.
  ///   - archive: the name of the archive in the output directory; nil without one.
  /// - Throws: `MergeRefusal` with the path of a file that every shard cannot read.
  package init(keyLogs: [FilePath], patterns: [[UInt8]], patternFiles: [FilePath], archive: FilePath?) throws(MergeRefusal) {
    self.archive = archive?.bytes ?? []
    self.keyLogs = try Self.digest([], keyLogs)
    self.patterns = try Self.digest(patterns, patternFiles)
  }

  private static let length = 32
  private static let longestName = 255

  /// Name of the archive of a shard, with the number of the shard before the last dot; nil without an archive.
  package func archive(of shard: Int) -> [UInt8]? {
    guard !archive.isEmpty else { return nil }
    let dot = archive.dropFirst().lastIndex(of: 0x2e) ?? archive.count
    return archive[..<dot] + [0x2e] + ShardFolders.name(shard) + archive[dot...]
  }

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
  var bytes: [UInt8] {
    var bytes = keyLogs + patterns
    bytes.append(varint: UInt64(archive.count))
    return bytes + archive
  }

  /// Reads the bytes of an order file; nil if they are cut off.
  init?(_ bytes: inout OrderBytes) {
    guard let keyLogs = bytes.take(Self.length), let patterns = bytes.take(Self.length),
      let archive = bytes.text(most: Self.longestName)
    else { return nil }
    (self.keyLogs, self.patterns, self.archive) = (keyLogs, patterns, archive)
  }

  /// Name of what differs from that of another shard; nil if nothing does.
  func difference(from other: ShardContract) -> String? {
    if keyLogs != other.keyLogs { return "key logs" }
    if patterns != other.patterns { return "patterns" }
    return archive == other.archive ? nil : "names of archives"
  }
}
