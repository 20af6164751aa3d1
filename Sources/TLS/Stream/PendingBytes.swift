internal import Stages

/// Bytes of one direction that are not used yet, the gaps between them, and the packets they came in.
///
/// Places count the bytes that came, without those in gaps.
struct PendingBytes {
  /// Bytes that the capture lacks.
  struct Hole {
    /// Place of the first byte behind it.
    let place: Int
    let length: Int64
    let isExact: Bool
  }

  private var bytes: [UInt8] = []
  /// Place of the first byte of `bytes`.
  private var base = 0
  /// Place of the first byte that is not used.
  private(set) var head = 0
  private var holes: [Hole] = []
  /// Where the bytes of a packet end.
  private var marks: [(end: Int, stamp: ByteStamp)] = []
  private var usedMarks = 0

  /// Place behind the last byte.
  var end: Int { base + bytes.count }
  /// Number of bytes that are not used.
  var count: Int { end - head }
  /// Place where the bytes from ``head`` on are interrupted.
  var contiguousEnd: Int { holes.first?.place ?? end }
  /// Number of bytes up to there.
  var contiguousCount: Int { contiguousEnd - head }
  /// The gap behind these bytes.
  var nextHole: Hole? { holes.first }
  /// Memory that is held, in bytes.
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

  /// The head of a record at a place; nil where fewer than five bytes are there.
  func recordHead(at place: Int) -> RecordHead? {
    guard contiguousEnd - place >= RecordHead.size else { return nil }
    let index = place - base
    return RecordHead(
      type: bytes[index], version: UInt16(bytes[index + 1]) << 8 | UInt16(bytes[index + 2]),
      length: Int(bytes[index + 3]) << 8 | Int(bytes[index + 4]))
  }

  /// The first place from `place` on at which a record can begin, by as many of its first three bytes as are there; the end of the
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

  /// Calls `body` with bytes that are there.
  func withBytes<Result>(_ range: Range<Int>, _ body: (Span<UInt8>) -> Result) -> Result {
    body(bytes.span.extracting((range.lowerBound - base)..<(range.upperBound - base)))
  }

  /// The packet that brought the byte at a place.
  func stamp(at place: Int) -> ByteStamp? {
    for index in usedMarks..<marks.count where marks[index].end > place { return marks[index].stamp }
    return nil
  }

  /// Lets go of bytes before a place.
  mutating func use(to place: Int) {
    head = place
    while usedMarks < marks.count, marks[usedMarks].end <= place { usedMarks += 1 }
    // Bytes move to the front only when as many were used, so each moves once on average.
    let used = head - base
    if used == bytes.count {
      // Many connections are quiet at any time: none holds memory for bytes that it does not have.
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

  /// Lets go of everything.
  mutating func removeAll() {
    base = end
    head = base
    bytes = []
    holes = []
    marks = []
    usedMarks = 0
  }
}
