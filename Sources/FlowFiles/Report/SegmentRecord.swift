internal import Packets
internal import Reassembly
internal import Report

/// Record of the segments of one connection for its graphs, and of its first bytes.
///
/// Points are in a spool that all connections share. A connection with very many has its points reduced to those that a graph can show.
final class SegmentRecord {
  /// Greatest number of points; beyond it they are reduced to what the graphs of both directions show.
  static let mostPoints = 16_384
  /// Number of payload bytes that are kept of the beginning of the conversation.
  static let mostBytes = 2_048

  private let spool: Spool
  private var lane: SpoolLane?
  private var count = 0
  private var bytes = 0
  private var trackers: InlineArray<2, SequenceTracker> = [SequenceTracker(), SequenceTracker()]
  /// Shift of the windows that each end announces; nil without the option.
  private var scales: InlineArray<2, UInt8?> = [nil, nil]
  /// Last acknowledgment and window, by the direction that they acknowledge.
  private var acknowledged: InlineArray<2, Range<Int64>?> = [nil, nil]
  /// Missing bytes by reason.
  private(set) var missing = RunFacts.Missing()
  /// Reader of the first bytes; nil before the first one.
  var reader: ContentReader?

  init(_ spool: Spool) { self.spool = spool }

  deinit { lane?.release() }

  /// Takes the lane with the points, which belongs to the caller then.
  func takeLane() -> SpoolLane? {
    defer { lane = nil }
    return lane
  }

  // MARK: Segments

  func observe(_ segment: borrowing TCPSegment, _ info: CaptureInfo, from side: Side) {
    let own = Int(side.rawValue)
    let flags = segment.flags
    var offset = trackers[own].offset(of: segment.sequence.rawValue, isSYN: flags.contains(.syn))
    func point(_ kind: SegmentPoint.Kind, _ low: Int64, _ high: Int64, _ direction: Int, bytes: Int = 0) {
      append(
        SegmentPoint(
          time: info.time.nanoseconds, low: low, high: high, bytes: UInt64(bytes), kind: kind, direction: UInt8(direction),
          packet: info.packetNumber))
    }
    if flags.contains(.syn) {
      point(.syn, offset, offset &+ 1, own)
      scales[own] = segment.windowScale.map { min($0, 14) }
      offset &+= 1
    }
    let length = segment.payload.count + segment.missingLength
    if flags.contains(.rst) {
      point(.rst, offset, offset, own)
      return
    }
    if length > 0, let kind = trackers[own].take(offset, length: Int64(length), isPushed: flags.contains(.psh)) {
      point(kind, offset, offset &+ Int64(length), own, bytes: segment.payload.count)
    }
    if flags.contains(.fin) { point(.fin, offset &+ Int64(length), offset &+ Int64(length) &+ 1, own) }
    // The window of a SYN is not scaled.
    guard flags.contains(.ack), !flags.contains(.syn) else { return }
    let peer = 1 - own
    let low = trackers[peer].offset(of: segment.acknowledgment.rawValue)
    // Both ends must have offered scaling (RFC 7323, section 2.2).
    let shift = scales[peer] == nil ? 0 : scales[own] ?? 0
    let high = low &+ Int64(segment.window) << Int64(shift)
    let before = acknowledged[peer]
    if before?.lowerBound != low || before?.upperBound != high {
      acknowledged[peer] = low..<high
      point(.acknowledgment, low, high, peer)
      if low == high, before.map({ !$0.isEmpty }) ?? true { point(.zeroWindow, low, low, peer) }
    }
    guard !segment.options.isEmpty else { return }
    selective(segment.options) { left, length in
      let low = trackers[peer].offset(of: left)
      point(.selective, low, low &+ length, peer)
    }
  }

  /// Calls a function with the ranges of a SACK option (RFC 2018, section 3): the first number, and the length.
  private func selective(_ options: Span<UInt8>, _ body: (UInt32, Int64) -> Void) {
    var walk = TCPOptions(options)
    while let option = walk.next() {
      guard option.kind == 5 else { continue }
      var index = 0
      while index + 8 <= option.data.count {
        let left = Self.number(option.data, at: index)
        let length = Int32(bitPattern: Self.number(option.data, at: index + 4) &- left)
        index += 8
        guard length > 0 else { continue }
        body(left, Int64(length))
      }
    }
  }

  /// Reads four bytes of a span that has them behind `index`.
  private static func number(_ bytes: Span<UInt8>, at index: Int) -> UInt32 {
    (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[index + $1]) }
  }

  // MARK: Stream

  func note(_ gap: Gap) {
    let length = UInt64(clamping: gap.length)
    switch gap.kind {
    case .lost: if gap.acknowledged { missing.recorder &+= length } else { missing.network &+= length }
    case .cut: missing.cut &+= length
    case .rejected: missing.rejected &+= length
    case .jump: missing.jump &+= length
    }
  }

  /// Keeps the first bytes of the conversation.
  func reassembled(_ data: borrowing ReassembledData) {
    guard bytes < Self.mostBytes else { return }
    for index in data.newChunks where bytes < Self.mostBytes {
      let chunk = data.chunk(at: index)
      let taken = min(chunk.count, Self.mostBytes - bytes)
      guard taken > 0 else { continue }
      bytes += taken
      let head = RecordedText(direction: data.side.rawValue, offset: data.offset(ofNewChunk: index), length: taken)
      append(head.words, chunk.extracting(first: taken))
    }
  }

  // MARK: Spool

  private func append(_ point: SegmentPoint) {
    append(point.words, Span())
    count += 1
    if count > Self.mostPoints { reduce() }
  }

  private func append(_ words: [UInt64], _ bytes: Span<UInt8>) {
    let lane = lane ?? SpoolLane(spool)
    self.lane = lane
    lane.append(words, bytes)
  }

  /// Reduces the points to those that graphs show.
  private func reduce() {
    guard let old = lane else { return }
    let (points, texts) = RecordedText.read(old)
    old.release()
    let new = SpoolLane(spool)
    lane = new
    for text in texts { new.append(text.head.words, text.bytes.span) }
    let left = (points.reduced(direction: 0, to: ReportPage.mostMarks) + points.reduced(direction: 1, to: ReportPage.mostMarks))
      .enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    count = left.count
    for point in left { new.append(point.words, Span()) }
  }

  /// Offset in the points of the first byte of a stream whose sequence number is known.
  func origin(of side: Side, _ first: SequenceNumber?) -> Int64 {
    guard let first, let base = trackers[Int(side.rawValue)].firstSequence else { return 0 }
    return Int64(Int32(bitPattern: first.rawValue &- base))
  }
}
