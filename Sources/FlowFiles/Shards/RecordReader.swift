internal import Paths

/// Reader of the records of a file of a shard, each behind its length.
final class RecordReader {
  /// Greatest length of a record in bytes: the points of a connection are bounded, and so are its lists.
  private static let longest: UInt64 = 16 << 20

  private var window: FileWindow
  /// Record that was read and not taken.
  private var next: [UInt8]?
  /// Whether the file ends within a record, or one is too long.
  private(set) var isDamaged = false

  /// Prepares to read a file.
  init(_ path: [UInt8], in folders: FolderReading) { window = FileWindow(path, in: folders) }

  /// Returns the next record without taking it; nil at the end of the file or of what can be read.
  func peek() throws(SystemError) -> [UInt8]? {
    if let next { return next }
    while !isDamaged, !(window.isAtEnd) {
      var rest = OrderBytes(window.bytes, from: window.position)
      let length = rest.varint()
      if let length, length > Self.longest { break }
      if let length, let record = rest.take(Int(length)) {
        window.position = rest.position
        next = record
        return record
      }
      if window.hasEnded { break }
      try window.fill()
    }
    if !window.isAtEnd { isDamaged = true }
    return nil
  }

  /// Takes the next record; nil at the end of the file or of what can be read.
  func take() throws(SystemError) -> [UInt8]? {
    let record = try peek()
    next = nil
    return record
  }

  /// Whether all records were taken, and nothing is left.
  func isAtEnd() throws(SystemError) -> Bool { try peek() == nil && !isDamaged }
}
