internal import Glibc
internal import Paths

/// File of a shard with a reserved name, which the merge reads; it is written in batches.
final class ShardFile {
  private static let batch = 64 << 10

  private let directory: OutputDirectory
  private let name: String
  private let descriptor: Int32
  private var bytes: [UInt8] = []
  private var written: Int64 = 0
  private(set) var failure: OutputError?

  /// Creates the file.
  init(_ name: String, in directory: OutputDirectory) throws(OutputError) {
    self.directory = directory
    self.name = name
    descriptor = try directory.makeReserved(name)
  }

  deinit { do throws(SystemError) { try directory.calls.close(descriptor) } catch {} }

  /// Appends what `write` appends; nothing after an error.
  func append(_ write: (inout [UInt8]) -> Void) {
    guard failure == nil else { return }
    write(&bytes)
    if bytes.count >= Self.batch { flush() }
  }

  /// Writes what was appended.
  func flush() {
    guard failure == nil else { return }
    var done = 0
    do throws(SystemError) {
      try directory.calls.writeFully(bytes, to: descriptor, at: written, done: &done)
      written &+= Int64(done)
      bytes.removeAll(keepingCapacity: true)
    } catch {
      failure = OutputError(path: directory.path.appending(name), reason: .system(error))
    }
  }
}
