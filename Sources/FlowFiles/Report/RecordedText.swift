internal import Report

/// Head of payload bytes in the lane of a record, among the points.
struct RecordedText {
  static let wordCount = 5
  /// Kind of the record, in place of that of a point.
  private static let kind: UInt64 = 0xff

  var direction: UInt8
  /// Stream offset of the first byte.
  var offset: Int64
  var length: Int

  /// Bytes with what precedes them.
  typealias Entry = (head: RecordedText, bytes: [UInt8])

  var words: [UInt64] { [UInt64(length), UInt64(bitPattern: offset), 0, 0, Self.kind | UInt64(direction) << 8] }

  /// Reads a lane.
  ///
  /// - Returns: the points, and the texts with their heads, both in the order in which they were appended.
  static func read(_ lane: SpoolLane) -> (points: [SegmentPoint], texts: [Entry]) {
    var reader = SpoolReader(lane)
    var bytes: [UInt8] = []
    var points: [SegmentPoint] = []
    var texts: [Entry] = []
    while reader.read(wordCount * 8, into: &bytes) {
      let last = bytes.word(4)
      if last & 0xff == kind {
        let head = RecordedText(
          direction: UInt8(truncatingIfNeeded: last >> 8), offset: Int64(bitPattern: bytes.word(1)),
          length: Int(truncatingIfNeeded: bytes.word(0) & 0xffff))
        guard reader.read(head.length, into: &bytes) else { break }
        texts.append((head, bytes))
      } else if let kind = SegmentPoint.Kind(rawValue: UInt8(truncatingIfNeeded: last)) {
        points.append(
          SegmentPoint(
            time: Int64(bitPattern: bytes.word(0)), low: Int64(bitPattern: bytes.word(1)), high: Int64(bitPattern: bytes.word(2)),
            bytes: bytes.word(3), kind: kind,
            direction: UInt8(truncatingIfNeeded: last >> 8), packet: last >> 16))
      }
    }
    return (points, texts)
  }
}

extension SegmentPoint {
  /// The point as numbers for a spool; 48 bits of the packet number are kept.
  var words: [UInt64] {
    [
      UInt64(bitPattern: time), UInt64(bitPattern: low), UInt64(bitPattern: high), bytes,
      UInt64(kind.rawValue) | UInt64(direction) << 8 | packet << 16,
    ]
  }
}
