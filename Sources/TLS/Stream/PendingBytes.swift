internal import Stages

/// Unused bytes of one direction, with the gaps between them and the packets that brought them.
///
/// A place is a number of captured bytes: gaps do not count.
struct PendingBytes {
  /// Range that is missing in the capture.
  struct Hole {
    /// Place of the first byte behind it.
    let place: Int
    let length: Int64
    let isExact: Bool
  }

  private var bytes: [UInt8] = []
  /// Place of the first byte of `bytes`.
  private var base = 0
  /// Place of the first unused byte.
  private(set) var head = 0
  private var holes: [Hole] = []
  /// Places behind the last byte of each packet.
  private var marks: [(end: Int, stamp: ByteStamp)] = []
  private var usedMarks = 0

  /// Place behind the last byte.
  var end: Int { base + bytes.count }
  /// Number of unused bytes.
  var count: Int { end - head }
  /// Place of the first gap behind ``head``; the end if there is none.
  var contiguousEnd: Int { holes.first?.place ?? end }
  /// Number of bytes before ``contiguousEnd``.
  var contiguousCount: Int { contiguousEnd - head }
  /// First gap.
  var nextHole: Hole? { holes.first }
  /// Memory in use, in bytes.
  var memory: Int { count + holes.count * 32 + (marks.count - usedMarks) * 48 }

  mutating func append(_ span: Span<UInt8>, _ stamp: ByteStamp) {
    bytes.append(contentsOf: span)
    if let last = marks.last, last.stamp == stamp { marks.removeLast() }
    marks.append((end, stamp))
  }

  mutating func append(holeOf length: Int64, isExact: Bool) {
    holes.append(Hole(place: end, length: length, isExact: isExact))
  }

  mutating func removeHole() { if !holes.isEmpty { holes.removeFirst() } }

  subscript(place: Int) -> UInt8 { bytes[place - base] }

  func copy(_ range: Range<Int>) -> [UInt8] { [UInt8](bytes[(range.lowerBound - base)..<(range.upperBound - base)]) }

  /// Returns the record head at a place; nil if fewer than five bytes are available.
  func recordHead(at place: Int) -> RecordHead? {
    guard contiguousEnd - place >= RecordHead.size else { return nil }
    let index = place - base
    return RecordHead(
      type: bytes[index], version: UInt16(bytes[index + 1]) << 8 | UInt16(bytes[index + 2]),
      length: Int(bytes[index + 3]) << 8 | Int(bytes[index + 4]))
  }

  /// Returns the first place from `place` on at which a record can begin, judged by its available first bytes, at most three; the end of the
  /// contiguous bytes if there is none.
  ///
  /// The beginning of every stream is searched. The second byte of a head is rare in text, so the search looks for that. A loop over all
  /// bytes took 6 % of the time of a run that reads HTTP, and this takes less than 0.3 %.
  func firstRecordStart(from place: Int) -> Int {
    let span = bytes.span.extracting((place - base)..<(contiguousEnd - base))
    var second = 1
    while let index = span.firstIndex(of: RecordHead.majorVersion, from: second) {
      let hasType = RecordHead.recognizedTypes.contains(span[index - 1])
      if hasType, index + 1 == span.count || span[index + 1] <= 4 { return place + index - 1 }
      second = index + 1
    }
    guard let last = span.indices.last, RecordHead.recognizedTypes.contains(span[last]) else { return place + span.count }
    return place + last
  }

  /// Calls `body` with a range of available bytes.
  func withBytes<Result>(_ range: Range<Int>, _ body: (Span<UInt8>) -> Result) -> Result {
    body(bytes.span.extracting((range.lowerBound - base)..<(range.upperBound - base)))
  }

  /// Returns the stamp of the packet that brought the byte at a place.
  func stamp(at place: Int) -> ByteStamp? {
    for index in usedMarks..<marks.count where marks[index].end > place { return marks[index].stamp }
    return nil
  }

  /// Removes the bytes before a place.
  mutating func use(to place: Int) {
    head = place
    while usedMarks < marks.count, marks[usedMarks].end <= place { usedMarks += 1 }
    // Bytes move to the front only when as many were used, so each moves once on average.
    let used = head - base
    if used == bytes.count {
      // Most connections are quiet at any time, so an empty one holds no memory.
      bytes = []
      base = head
    } else if used > bytes.count / 2, used >= Self.leastMoved {
      bytes.removeFirst(used)
      base = head
    }
    if usedMarks == marks.count {
      marks.removeAll(keepingCapacity: true)
      usedMarks = 0
    } else if usedMarks > 64, usedMarks > marks.count / 2 {
      marks.removeFirst(usedMarks)
      usedMarks = 0
    }
  }

  private static let leastMoved = 16 << 10

  /// Removes all bytes and gaps.
  mutating func removeAll() {
    base = end
    head = base
    bytes = []
    holes = []
    marks = []
    usedMarks = 0
  }
}
