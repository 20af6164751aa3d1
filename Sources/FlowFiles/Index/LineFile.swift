internal import Glibc
internal import Paths

/// A file of lines beside the flows: it buffers lines, writes many at once, and never leaves an incomplete line behind.
///
/// Lines that cannot be written wait for a later attempt, so that a disk that is full for an hour does not end the index of a month.
final class LineFile {
  /// Number of bytes that are buffered before they are written.
  private static let batch = 64 << 10
  /// Greatest number of bytes that wait if they cannot be written; further lines are lost.
  private static let mostWaiting = 16 << 20

  private let directory: OutputDirectory
  let name: String
  let descriptor: Int32
  @exclusivity(unchecked) private var json = JSONWriter()
  /// Number of bytes in the file.
  private(set) var written: Int64 = 0
  /// Number of buffered bytes at which the next attempt is made.
  private var nextAttempt = LineFile.batch
  private var isLineLost = false
  /// Error because of which lines are missing from the file: they wait, or they are lost.
  private(set) var failure: OutputError?

  init(directory: OutputDirectory, name: String) throws(OutputError) {
    self.directory = directory
    self.name = name
    descriptor = try directory.makeReserved(name)
  }

  deinit { do throws(SystemError) { try directory.calls.close(descriptor) } catch {} }

  /// Appends the text of `write`, which consists of whole lines.
  func append(_ write: (inout JSONWriter) -> Void) {
    if failure != nil, json.bytes.count >= Self.mostWaiting {
      isLineLost = true
      return
    }
    write(&json)
    if json.bytes.count >= nextAttempt { flush() }
  }

  /// Writes the buffered lines.
  func flush() {
    guard !json.bytes.isEmpty else { return }
    var done = 0
    do throws(SystemError) {
      try directory.calls.writeFully(json.bytes, to: descriptor, at: written, done: &done)
      written &+= Int64(done)
      json.removeAll()
      if !isLineLost { failure = nil }
    } catch {
      failure = failure ?? OutputError(path: directory.path.appending(name), reason: .system(error))
      // An incomplete line could not be parsed, so the file ends with the last complete one.
      let whole = json.bytes[..<done].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
      written &+= Int64(whole)
      json.removeFirst(whole)
      do throws(SystemError) { try directory.calls.truncate(descriptor, to: written) } catch {}
    }
    nextAttempt = json.bytes.count + Self.batch
  }

  /// Writes the buffered lines unless the last attempt failed, since further calls will follow soon.
  func flushUnlessFailing() { if failure == nil { flush() } }
}
