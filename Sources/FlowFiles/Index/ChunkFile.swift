internal import Paths
internal import Reassembly

/// File chunks.ndjson: a line for each range of bytes from one packet, which traces every byte of every file to its packet.
///
/// The lines of a connection are adjacent and in conversation order. Connections are in the order of the index.
final class ChunkFile {
  static let name = "chunks.ndjson"

  let spool: Spool
  let lines: LineFile
  private let namesInputs: Bool
  /// Whether the spool lost a part of a log.
  private(set) var isIncomplete = false

  init(directory: OutputDirectory, inputCount: Int) throws(OutputError) {
    lines = try LineFile(directory: directory, name: Self.name)
    spool = directory.makeSpool()
    namesInputs = inputCount > 1
  }

  var failure: OutputError? { lines.failure ?? spool.failure }

  /// Adds the lines of a connection.
  ///
  /// - Parameters:
  ///   - report: the report of the connection.
  ///   - log: where its bytes came from.
  ///   - isClear: they are the clear bytes of TLS.
  ///   - file: the file of a side, nil without one.
  func append(_ report: ConnectionReport, _ log: ConversationLog, isClear: Bool = false, _ file: (Side) -> FlowFile?) {
    var waiting: DeliveredChunk?
    let isWhole = log.replay(report) { chunk, _ in
      guard let chunk = Self.inFile(chunk, file(chunk.side)) else { return }
      guard let before = waiting else {
        waiting = chunk
        return
      }
      // The engine delivers a long segment in pieces.
      if before.side == chunk.side, before.end == chunk.offset, before.packetNumber == chunk.packetNumber, before.input == chunk.input {
        waiting?.length &+= chunk.length
      } else {
        write(before, report, isClear)
        waiting = chunk
      }
    }
    if let waiting { write(waiting, report, isClear) }
    if !isWhole { isIncomplete = true }
  }

  /// Returns the part of a chunk that is in the file.
  private static func inFile(_ chunk: DeliveredChunk, _ file: FlowFile?) -> DeliveredChunk? {
    guard let file, file.isCreated, chunk.fileOffset < file.fileSize else { return nil }
    var chunk = chunk
    chunk.length = min(chunk.length, file.fileSize &- chunk.fileOffset)
    return chunk
  }

  private func write(_ chunk: DeliveredChunk, _ report: ConnectionReport, _ isClear: Bool) {
    lines.append { json in
      json.beginObject()
      json.key("connection")
      json.integer(report.id)
      json.key("direction")
      json.word(chunk.side == report.client ? "client_to_server" : "server_to_client")
      if isClear {
        json.key("layer")
        json.word("clear")
      }
      json.key("offset")
      json.integer(chunk.offset)
      json.key("length")
      json.integer(chunk.length)
      if chunk.fileOffset != chunk.offset {
        json.key("file_offset")
        json.integer(chunk.fileOffset)
      }
      json.key("time")
      json.time(chunk.time)
      json.key("packet")
      json.integer(chunk.packetNumber)
      if namesInputs {
        json.key("input")
        json.integer(UInt64(chunk.input))
      }
      if let acknowledged = chunk.acknowledged {
        json.key("acknowledgment")
        json.integer(acknowledged)
      }
      json.endObject()
      json.endLine()
    }
  }

  func flush() { lines.flush() }
}
