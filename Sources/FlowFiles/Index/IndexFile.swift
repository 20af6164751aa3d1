internal import Glibc
internal import Packets
internal import Reassembly

/// connections.ndjson: takes a line for each connection, writes many at a time, and never leaves half a line behind.
final class IndexFile {
  static let name = "connections.ndjson"
  /// Bytes that are gathered before they are written.
  private static let batch = 64 << 10

  private let directory: OutputDirectory
  let descriptor: Int32
  private var json = JSONWriter()
  private var line: ConnectionLine
  /// Bytes in the file.
  private var written: Int64 = 0
  /// Nothing more is written after it.
  private(set) var failure: OutputError?

  init(directory: OutputDirectory, inputCount: Int) throws(OutputError) {
    self.directory = directory
    line = try ConnectionLine(inputCount: inputCount)
    descriptor = try directory.makeReserved(Self.name)
  }

  deinit { do throws(SystemError) { try directory.calls.close(descriptor) } catch {} }

  func append(_ connection: ConnectionStream, _ report: ConnectionReport) {
    guard failure == nil else { return }
    line.write(connection, report, to: &json)
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
      failure = OutputError(path: directory.path + "/" + Self.name, reason: .system(error))
      // Half a line would not parse: the file ends with the last whole one.
      let whole = json.bytes[..<done].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
      written &+= Int64(whole)
      do throws(SystemError) { try directory.calls.truncate(descriptor, to: written) } catch {}
    }
    json.removeAll()
  }
}

extension OutputDirectory {
  /// Makes one of the files that a run needs for itself.
  func makeReserved(_ name: String) throws(OutputError) -> Int32 {
    do throws(SystemError) {
      return try calls.openUninterrupted(at: descriptor, Array(name.utf8) + [0], flags: O_RDWR | O_CREAT | O_EXCL)
    } catch {
      throw OutputError(path: path + "/" + name, reason: .system(error))
    }
  }

  /// - Parameter done: counts the bytes that were written, also where not all of them were.
  func writeFully(_ bytes: [UInt8], to descriptor: Int32, at offset: Int64, done: inout Int) throws(SystemError) {
    var failure: SystemError?
    bytes.withUnsafeBytes { memory in
      while done < memory.count, failure == nil {
        do throws(SystemError) {
          let rest = UnsafeRawBufferPointer(rebasing: memory[done...])
          let count = try calls.write(descriptor, rest, UnsafeRawBufferPointer(start: nil, count: 0), at: offset &+ Int64(done))
          if count == 0 { throw SystemError(code: ENOSPC) }
          done += count
        } catch {
          if error.code != EINTR { failure = error }
        }
      }
    }
    if let failure { throw failure }
  }
}
