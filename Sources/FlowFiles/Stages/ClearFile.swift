internal import Packets
internal import Reassembly
internal import Stages
internal import TLS

/// File of the clear bytes of one direction of a TLS connection, with its members in the index.
final class ClearFile {
  private let connection: ConnectionStream
  private let store: FileStore
  private let side: Side
  private(set) var file: FlowFile?
  /// First gaps, as many as the index lists.
  private var gaps: [ClearGap] = []
  private var gapCount: UInt64 = 0
  private var gapBytes: Int64 = 0

  init(_ connection: ConnectionStream, _ side: Side, _ store: FileStore) {
    self.connection = connection
    self.store = store
    self.side = side
  }

  /// Appends the next bytes.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - stamp: the packet that completed their record.
  /// - Returns: the number of bytes that the file has room for.
  func append(_ bytes: Span<UInt8>, stamp: PacketStamp) -> Int {
    existingFile().append(bytes, info: stamp)
  }

  /// Appends a gap.
  func append(_ gap: ClearGap) {
    gapCount &+= 1
    gapBytes &+= gap.length
    if gaps.count < FlowNotes.maxListedGaps { gaps.append(gap) }
    // The file has only one kind of gap; the reasons are in `gaps`.
    existingFile().append(Gap(offset: gap.offset, length: gap.length, kind: .lost, cause: .end, acknowledged: false))
  }

  private func existingFile() -> FlowFile {
    if let file { return file }
    let made = FlowFile(conversation: connection, side: side, store: store, clearOf: max(1, connection.file(of: side).nameNumber))
    file = made
    return made
  }

  /// Completes and closes the file.
  func finish(bytes: Int64) { file?.finish(bytes: bytes) }

  /// Writes the value of `clear` in the index line.
  func write(_ figures: ClearFigures, to json: inout JSONWriter) {
    let truncated = file?.truncatedBytes ?? 0
    let isWithheld = file?.isWithheld == true
    let bytes = isWithheld ? 0 : figures.bytes &- truncated
    json.beginObject()
    if let file, file.isCreated {
      file.writePath(to: &json)
    } else {
      json.key("file")
      json.null()
    }
    json.key("bytes")
    json.integer(bytes)
    json.integer("length", isWithheld ? gapBytes : figures.length, unless: bytes)
    json.integer("file_size", isWithheld ? 0 : file?.fileSize ?? 0, unless: bytes)
    json.unlessZero("truncated_bytes", truncated)
    json.unlessZero("gap_count", gapCount)
    json.unlessZero("gap_bytes", gapBytes)
    writeGaps(to: &json)
    json.unlessZero("records", figures.records)
    let withheld = isWithheld ? figures.bytes : 0
    if figures.droppedEarlyData != 0 || withheld != 0 {
      json.key("dropped")
      json.beginObject()
      for (name, value) in [("early_data", figures.droppedEarlyData), ("below_minimum", withheld)] where value != 0 {
        json.key(named: name)
        json.integer(value)
      }
      json.endObject()
    }
    if let sha256 = file?.sha256 {
      json.key("sha256")
      json.hexadecimal(sha256)
    }
    if let failure = file?.failure {
      json.key("write_error")
      json.string(failure.description)
    }
    json.endObject()
  }

  private func writeGaps(to json: inout JSONWriter) {
    guard !gaps.isEmpty else { return }
    let places = file?.notes?.listed().gaps ?? []
    json.key("gaps")
    json.beginArray()
    for (index, gap) in gaps.enumerated() {
      json.beginObject()
      json.key("offset")
      json.integer(gap.offset)
      json.key("length")
      json.integer(gap.length)
      json.key("exact")
      json.bool(gap.isExact)
      json.key("kind")
      json.word(gap.kind.name)
      json.key("by")
      json.word(gap.cause.name)
      json.key("file_offset")
      json.integer(index < places.count ? places[index].fileOffset : 0)
      json.key("file_length")
      json.integer(index < places.count ? places[index].fileLength : 0)
      json.endObject()
    }
    json.endArray()
  }
}
