internal import Paths

/// Reader of the lines of a file, which is open only while it is read.
final class LineReader {
  private static let piece = 64 << 10
  /// Greatest length of a line in bytes.
  private static let longest = 256 << 20

  private let folders: FolderReading
  private let path: [UInt8]
  private var bytes: [UInt8] = []
  /// Position in `bytes` of the next line; `offset` is that of the bytes behind `bytes` in the file.
  private var position = 0
  private var offset: Int64 = 0
  private var hasEnded = false

  init(_ path: [UInt8], in folders: FolderReading) {
    self.path = path
    self.folders = folders
  }

  /// Length of the next line with its newline, and its position in `bytes`; nil at the end of the file, where an incomplete line is none.
  private func next() throws(SystemError) -> Range<Int>? {
    var searched = position
    while true {
      if let end = bytes[searched...].firstIndex(of: 0x0a) { return position..<(end + 1) }
      if hasEnded || bytes.count - position > Self.longest { return nil }
      bytes.removeFirst(position)
      position = 0
      searched = bytes.count
      try fill()
    }
  }

  private func fill() throws(SystemError) {
    let wanted = max(Self.piece, bytes.count)
    let piece = try folders.read(path, at: offset, count: wanted)
    bytes += piece
    offset &+= Int64(piece.count)
    if piece.count < wanted { hasEnded = true }
  }

  /// Takes the next line with its newline; nil at the end of the file.
  func take() throws(SystemError) -> [UInt8]? {
    guard let range = try next() else { return nil }
    position = range.upperBound
    return Array(bytes[range])
  }

  /// Takes the next line if it begins with some bytes.
  func take(beginning start: [UInt8]) throws(SystemError) -> [UInt8]? {
    guard let range = try next(), bytes[range].starts(with: start) else { return nil }
    position = range.upperBound
    return Array(bytes[range])
  }

  /// Whether all lines were taken, and no incomplete one is left.
  func isAtEnd() throws(SystemError) -> Bool { try next() == nil && position == bytes.count }
}
