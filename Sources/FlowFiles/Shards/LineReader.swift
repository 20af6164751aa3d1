internal import Paths

/// Reader of the lines of a file, which is open only while it is read.
final class LineReader {
  /// Greatest length of a line in bytes.
  private static let longest = 256 << 20

  private var window: FileWindow

  /// Prepares to read a file; with `mayBeMissing` one that does not exist has no lines.
  init(_ path: [UInt8], in folders: FolderReading, mayBeMissing: Bool = false) {
    window = FileWindow(path, in: folders, mayBeMissing: mayBeMissing)
  }

  /// Range of the next line with its newline in the window; nil at the end of the file, where an incomplete line is none.
  private func next() throws(SystemError) -> Range<Int>? {
    var searched = window.position
    while true {
      if let end = window.bytes[searched...].firstIndex(of: 0x0a) { return window.position..<(end + 1) }
      if window.hasEnded || window.bytes.count - window.position > Self.longest { return nil }
      searched = window.bytes.count - window.position
      try window.fill()
    }
  }

  /// Takes the next line with its newline; nil at the end of the file.
  func take() throws(SystemError) -> [UInt8]? { try take(beginning: []) }

  /// Takes the next line if it begins with some bytes.
  func take(beginning start: [UInt8]) throws(SystemError) -> [UInt8]? {
    guard let range = try next(), window.bytes[range].starts(with: start) else { return nil }
    window.position = range.upperBound
    return Array(window.bytes[range])
  }

  /// Whether all lines were taken, and no incomplete one is left.
  func isAtEnd() throws(SystemError) -> Bool { try next() == nil && window.position == window.bytes.count }
}
