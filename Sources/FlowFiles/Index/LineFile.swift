internal import Glibc
internal import Paths

/// A file of lines beside the flows: takes whole lines, writes many at a time, and never leaves half a line behind.
///
/// Lines that cannot be written wait for a later attempt, so that a disk that is full for an hour does not end the index of a month.
final class LineFile {
  /// Bytes that are gathered before they are written.
  private static let batch = 64 << 10
  /// Bytes that wait at most where they cannot be written; what comes then is lost.
  private static let mostWaiting = 16 << 20

  private let directory: OutputDirectory
  let name: String
  let descriptor: Int32
  @exclusivity(unchecked) private var json = JSONWriter()
  /// Bytes in the file.
  private var written: Int64 = 0
  /// Bytes that are gathered when the next attempt is made.
  private var nextAttempt = LineFile.batch
  private var isLineLost = false
  /// Why lines are missing from the file: they wait, or they are lost.
  private(set) var failure: OutputError?

  init(directory: OutputDirectory, name: String) throws(OutputError) {
    self.directory = directory
    self.name = name
    descriptor = try directory.makeReserved(name)
  }

  deinit { do throws(SystemError) { try directory.calls.close(descriptor) } catch {} }

  /// Adds what `write` writes: one line, or several.
  func append(_ write: (inout JSONWriter) -> Void) {
    if failure != nil, json.bytes.count >= Self.mostWaiting {
      isLineLost = true
      return
    }
    write(&json)
    if json.bytes.count >= nextAttempt { flush() }
  }

  /// Writes what was gathered.
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
      // Half a line would not parse: the file ends with the last whole one.
      let whole = json.bytes[..<done].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
      written &+= Int64(whole)
      json.removeFirst(whole)
      do throws(SystemError) { try directory.calls.truncate(descriptor, to: written) } catch {}
    }
    nextAttempt = json.bytes.count + Self.batch
  }

  /// Writes what was gathered, unless that failed just now: somebody comes again soon.
  func flushUnlessFailing() { if failure == nil { flush() } }
}
