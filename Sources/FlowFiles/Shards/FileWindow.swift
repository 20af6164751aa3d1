internal import Glibc
internal import Paths

/// Window of a file that is read from its beginning to its end: bytes that were read and not taken.
struct FileWindow {
  private static let piece = 64 << 10

  private let folders: FolderReading
  private let path: [UInt8]
  /// Whether a file that does not exist is an empty one.
  private let mayBeMissing: Bool
  private(set) var bytes: [UInt8] = []
  /// Position in `bytes` of the first byte that was not taken.
  var position = 0
  /// Offset in the file of the byte behind `bytes`.
  private var offset: Int64 = 0
  /// Whether `bytes` reach to the end of the file.
  private(set) var hasEnded = false

  init(_ path: [UInt8], in folders: FolderReading, mayBeMissing: Bool = false) {
    self.path = path
    self.mayBeMissing = mayBeMissing
    self.folders = folders
  }

  /// Whether the whole file was taken.
  var isAtEnd: Bool { hasEnded && position == bytes.count }

  /// Removes the taken bytes and reads more, twice as many as are left if they are many, so that a long item is read in linear time.
  mutating func fill() throws(SystemError) {
    bytes.removeFirst(position)
    position = 0
    let wanted = max(Self.piece, bytes.count)
    let piece = try read(wanted)
    bytes += piece
    offset &+= Int64(piece.count)
    if piece.count < wanted { hasEnded = true }
  }

  private func read(_ count: Int) throws(SystemError) -> [UInt8] {
    do throws(SystemError) { return try folders.read(path, at: offset, count: count) } catch {
      if mayBeMissing, error.code == ENOENT { return [] }
      throw error
    }
  }
}
