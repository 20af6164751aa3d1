internal import Reassembly

/// Second thread that writes index lines, where no writer keeps the second processor busy.
///
/// It does the work of `IndexFile.append`, which takes a quarter of the time of a run without files: with 100 000 small connections `--tar`
/// takes 0.8 and `--no-streams` 0.7 of the time that one thread takes. Beside writers of files a run would take up to 1.1 times as long, so
/// there the first thread writes the lines.
///
/// The first thread hands over batches of completed connections, which nobody changes any more. A connection with more than numbers in its
/// line (gaps, conflicts, what stages found) has state that the first thread shares with others; that thread writes its line, and hands over
/// the text, so that the lines keep their order.
final class IndexThread {
  /// A line of the index.
  private enum Line {
    case connection(ConnectionStream, ConnectionReport)
    case text([UInt8])
  }

  /// Lines that are handed over together.
  private final class Batch {
    /// Greatest number of lines, and of bytes of text from which no more are added: one line with gaps and conflicts may have 300 KB.
    private static let mostLines = 64
    private static let mostText = 64 << 10

    @exclusivity(unchecked) private var lines: [Line] = []
    @exclusivity(unchecked) private var textCount = 0

    var isEmpty: Bool { lines.isEmpty }
    var isFull: Bool { lines.count >= Self.mostLines || textCount >= Self.mostText }

    func append(_ connection: ConnectionStream, _ report: ConnectionReport) { lines.append(.connection(connection, report)) }

    func append(_ text: [UInt8]) {
      lines.append(.text(text))
      textCount += text.count
    }

    /// Writes the lines; called in the second thread.
    func write(to file: IndexFile) {
      for line in lines {
        switch line {
        case .connection(let connection, let report): file.append(connection, report)
        case .text(let bytes): file.lines.append { json in json.appendPlain { $0 += bytes } }
        }
      }
    }

    /// Releases the files of the connections, whose lines are written.
    func removeAll() {
      for case .connection(let connection, _) in lines { connection.forgetFiles() }
      lines.removeAll(keepingCapacity: true)
      textCount = 0
    }
  }

  private let queue: BatchQueue<Batch>
  /// Batch in progress.
  @exclusivity(unchecked) private var batch = Batch()
  /// Line in progress of a connection whose text is handed over, and its writer.
  private var json = JSONWriter()
  private var line: ConnectionLine

  /// Creates the thread; nil if there is no second processor, or no thread can be created.
  ///
  /// - Parameters:
  ///   - file: the index, which only this thread uses between two calls of `settle`.
  ///   - line: a writer of lines of the first thread's own.
  ///   - calls: the system calls.
  init?(_ file: IndexFile, _ line: ConnectionLine, _ calls: any SystemCalls) {
    guard let queue = BatchQueue(calls, makeBatch: Batch.init, run: { $0.write(to: file) }) else { return nil }
    self.queue = queue
    self.line = line
  }

  /// Takes a completed connection, whose line is written later.
  ///
  /// - Returns: whether the connection must keep its files; they are released when the line is written.
  func append(_ connection: ConnectionStream, _ report: ConnectionReport) -> Bool {
    let keepsFiles = connection.isPlain
    if keepsFiles {
      batch.append(connection, report)
    } else {
      line.write(connection, report, to: &json)
      batch.append(json.bytes)
      json.removeAll()
    }
    if batch.isFull { handOver() }
    return keepsFiles
  }

  private func handOver() {
    guard !batch.isEmpty else { return }
    batch = queue.exchange(batch)
    batch.removeAll()
  }

  /// Waits until all lines that were taken are appended to the file, and releases the files of their connections.
  func settle() {
    handOver()
    queue.settle { $0.removeAll() }
  }
}

extension ConnectionStream {
  /// Whether the index line is made of state of the connection alone, which does not change any more.
  fileprivate var isPlain: Bool {
    guard stages == nil, capture == nil else { return false }
    return Side.allCases.allSatisfy { side in
      guard let file = existingFile(of: side) else { return true }
      return file.notes == nil && file.failure == nil
    }
  }
}
