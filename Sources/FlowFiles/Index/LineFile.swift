internal import Glibc

/// A file of lines beside the flows: takes whole lines, writes many at a time, and never leaves half a line behind.
final class LineFile {
  /// Bytes that are gathered before they are written.
  private static let batch = 64 << 10

  private let directory: OutputDirectory
  let name: String
  let descriptor: Int32
  @exclusivity(unchecked) private var json = JSONWriter()
  /// Bytes in the file.
  private var written: Int64 = 0
  /// Nothing more is written after it.
  private(set) var failure: OutputError?

  init(directory: OutputDirectory, name: String) throws(OutputError) {
    self.directory = directory
    self.name = name
    descriptor = try directory.makeReserved(name)
  }

  deinit { do throws(SystemError) { try directory.calls.close(descriptor) } catch {} }

  /// Adds what `write` writes: one line, or several.
  func append(_ write: (inout JSONWriter) -> Void) {
    guard failure == nil else { return }
    write(&json)
    if json.bytes.count >= Self.batch { flush() }
  }

  /// Writes what was gathered.
  func flush() {
    guard failure == nil, !json.bytes.isEmpty else { return }
    var done = 0
    do throws(SystemError) {
      try directory.writeFully(json.bytes, to: descriptor, at: written, done: &done)
      written &+= Int64(done)
    } catch {
      failure = OutputError(path: directory.path + "/" + name, reason: .system(error))
      // Half a line would not parse: the file ends with the last whole one.
      let whole = json.bytes[..<done].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
      written &+= Int64(whole)
      do throws(SystemError) { try directory.calls.truncate(descriptor, to: written) } catch {}
    }
    json.removeAll()
  }
}
