internal import HTTP

/// File http.har: an HTTP Archive 1.2 with an entry for each exchange, written as the exchanges complete.
final class HARFile {
  static let name = "http.har"

  /// First line, which the entries follow, one in a line; a comma begins every one but the first.
  static let beginning = Array((#"{"log":{"version":"1.2","creator":{"name":"reasm","version":"1"},"entries":["# + "\n").utf8)
  /// Last line.
  static let ending = Array("]}}\n".utf8)

  private let output: HTTPOutput
  private let lines: LineFile
  /// Spool of the entries of open WebSockets.
  let spool: Spool
  private var isFirst = true
  private var hasEnded = false

  init(_ output: HTTPOutput) throws(OutputError) {
    self.output = output
    lines = try LineFile(directory: output.directory, name: Self.name)
    spool = output.directory.makeSpool(memoryLimit: Spool.standardMemory)
    lines.append { json in json.appendPlain { $0 += Self.beginning } }
  }

  var failure: OutputError? { lines.failure ?? spool.failure }

  var lineFile: LineFile { lines }

  func flush() { lines.flush() }

  /// Writes the end of the file.
  func finish() {
    guard !hasEnded else { return }
    hasEnded = true
    lines.append { json in json.appendPlain { $0 += Self.ending } }
    lines.flush()
  }

  /// Adds an exchange that has a request and a response.
  func add(_ exchange: Exchange, _ connection: HARConnection) {
    append { json in
      let entry = HAREntry(exchange, connection, output)
      json.beginObject()
      entry.write(to: &json)
      entry.ending.write(to: &json)
      json.endObject()
      json.endLine()
    }
  }

  /// Adds the entry of an exchange whose WebSocket has ended.
  ///
  /// - Returns: false if the entry was lost, because the spool could not be written or read.
  func add(_ webSocket: HARWebSocket) -> Bool {
    guard let records = webSocket.records() else { return false }
    append { json in records.forEach { record in json.appendPlain { $0 += record } } }
    return true
  }

  private func append(_ write: (inout JSONWriter) -> Void) {
    let isFirst = isFirst
    self.isFirst = false
    lines.append { json in
      if !isFirst { json.appendPlain { $0.append(0x2c) } }
      write(&json)
    }
  }
}
