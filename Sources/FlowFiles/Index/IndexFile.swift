internal import Glibc
internal import Packets
internal import Paths
internal import Reassembly

/// File connections.ndjson: a line for each connection.
final class IndexFile {
  static let name = "connections.ndjson"

  let lines: LineFile
  private let options: FlowFileOptions
  @exclusivity(unchecked) private var line: ConnectionLine

  init(directory: OutputDirectory, options: FlowFileOptions) throws(OutputError) {
    self.options = options
    line = try ConnectionLine(options)
    lines = try LineFile(directory: directory, name: Self.name)
  }

  var failure: OutputError? { lines.failure }

  func append(_ connection: ConnectionStream, _ report: ConnectionReport) {
    lines.append { json in line.write(connection, report, to: &json) }
  }

  /// Creates a thread that writes lines; nil if there can be none, and the first thread writes them.
  func makeThread(_ calls: any SystemCalls) -> IndexThread? {
    do throws(OutputError) { return IndexThread(self, try ConnectionLine(options), calls) } catch { return nil }
  }

  /// Writes the buffered lines.
  func flush() { lines.flush() }
}

extension OutputDirectory {
  /// Creates a file with a reserved name.
  func makeReserved(_ name: String) throws(OutputError) -> Int32 {
    do throws(SystemError) {
      if isUnnamed { return try Spool.makeUnnamed(in: path, directory: nil, calls: calls) }
      return try calls.openUninterrupted(at: descriptor, Array(name.utf8) + [0], flags: O_RDWR | O_CREAT | O_EXCL)
    } catch {
      throw OutputError(path: path.appending(name), reason: .system(error))
    }
  }

  /// Removes a file with a reserved name.
  func removeReserved(_ name: String) {
    if isUnnamed { return }
    do throws(SystemError) { try calls.remove(at: descriptor, Array(name.utf8) + [0], directory: false) } catch {}
  }
}
