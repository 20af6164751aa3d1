internal import Reassembly

/// Bytes of streams: the first lines of a conversation, and the host that the client names.
extension ReportRecorder {
  func note(_ gap: Gap, in record: SegmentRecord, from side: Side) {
    record.note(gap)
    guard let reader = openReader(of: record) else { return }
    reader.gap(gap, from: side)
    readers.used(reader)
  }

  func note(_ data: borrowing ReassembledData, in record: SegmentRecord) {
    record.reassembled(data)
    guard let reader = openReader(of: record) else { return }
    reader.reassembled(data)
    readers.used(reader)
  }

  /// Ends the reading of the first bytes.
  func endContent(of record: SegmentRecord, _ report: ConnectionReport) {
    guard let reader = record.reader, !reader.isOver else { return }
    reader.complete(report)
    readers.used(reader)
  }

  /// Reader of the first bytes, which is made for the first of them; nil if it has read what it wants.
  private func openReader(of record: SegmentRecord) -> ContentReader? {
    let reader = record.reader ?? readers.make()
    record.reader = reader
    return reader.isOver ? nil : reader
  }
}
