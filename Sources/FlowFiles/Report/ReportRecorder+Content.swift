internal import Reassembly

/// Bytes of streams: the first lines of a conversation, and the host that the client names.
extension ReportRecorder {
  func note(_ gap: Gap, in record: SegmentRecord, from side: Side) {
    record.note(gap)
    read(record) { $0.gap(gap, from: side) }
  }

  func note(_ data: borrowing ReassembledData, in record: SegmentRecord) {
    record.reassembled(data)
    let reader = record.reader ?? readers.make()
    record.reader = reader
    guard !reader.isOver else { return }
    reader.reassembled(data)
    readers.used(reader)
  }

  /// Ends the reading of the first bytes.
  func endContent(of record: SegmentRecord, _ report: ConnectionReport) {
    guard let reader = record.reader, !reader.isOver else { return }
    reader.complete(report)
    readers.used(reader)
  }

  private func read(_ record: SegmentRecord, _ body: (ContentReader) -> Void) {
    let reader = record.reader ?? readers.make()
    record.reader = reader
    guard !reader.isOver else { return }
    body(reader)
    readers.used(reader)
  }
}
