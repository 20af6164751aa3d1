internal import Paths

/// Reader of the records of a file of a shard, each behind its length; an empty one ends the file.
final class RecordReader {
  /// Greatest length of a record in bytes: the points of a connection are bounded, and so are its lists.
  private static let longest: UInt64 = 16 << 20

  private var window: FileWindow
  /// Whether the last record was read.
  private var hasEnded = false

  /// Prepares to read a file.
  init(_ path: [UInt8], in folders: FolderReading) { window = FileWindow(path, in: folders) }

  /// Result of reading one record.
  enum Next {
    case record([UInt8])
    case end
    case damaged
  }

  /// Reads the next record.
  func next() throws(SystemError) -> Next {
    if hasEnded { return .end }
    while true {
      var rest = OrderBytes(window.bytes, from: window.position)
      let length = rest.varint()
      if let length, length > Self.longest { return .damaged }
      if let length, let record = rest.take(Int(length)) {
        window.position = rest.position
        if !record.isEmpty { return .record(record) }
        hasEnded = true
        if !window.hasEnded { try window.fill() }
        return window.isAtEnd ? .end : .damaged
      }
      if window.hasEnded { return .damaged }
      try window.fill()
    }
  }
}
