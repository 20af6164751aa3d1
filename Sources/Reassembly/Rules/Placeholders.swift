import Packets

/// Placeholders: bytes that were on the wire and are not at hand, because the snap length cut them or an option rejected them.
///
/// Rules, section 3: A segment (`cut`) and section 9: Optional strictness (`rejected`).
extension Assembler {
  /// A segment that an option or the stream turned away: counted, and its place marked so that a gap there says why.
  ///
  /// - Parameter anomaly: what is counted besides `rejected`.
  mutating func reject(_ segment: borrowing TCPSegment, _ half: HalfIndex, as anomaly: Anomaly?, info: CaptureInfo) -> Disposition {
    count(payload: segment.payload.count, half, info: info)
    note(.rejected, half)
    if let anomaly { note(anomaly, half) }
    drop(Int64(segment.payload.count), .rejected, half)
    let length = segment.payload.count &+ segment.missingLength
    if length > 0, pool.slab[half].flags.contains(.based) {
      let sequence = segment.sequence.rawValue &+ (ControlBits(segment).isSYN ? 1 : 0)
      let start = pool.slab[half].position(of: sequence)
      mark(.rejected, start..<start &+ Int64(length), half)
      enforceLimits(half)
    }
    // A limit may have made the direction come to its end, which completes the connection.
    let id = pool.slab[half.connection].id
    settle(half.connection, byPacket: true)
    return Disposition(kind: .rejected, connection: id)
  }

  /// Marks those bytes of a range that nothing covers, as far as they lie ahead of the expected offset, before the FIN and in the window.
  mutating func mark(_ content: Piece.Content, _ range: Range<Int64>, _ half: HalfIndex) {
    let window = window(half)
    let isStarted = pool.slab[half].flags.contains(.started)
    let start = isStarted ? max(range.lowerBound, pool.slab[half].next) : range.lowerBound
    var end = min(range.upperBound, min(window.upperBound, start &+ Self.windowReach) &+ Self.longestSegment)
    if isStarted, pool.slab[half].flags.contains(.fin) { end = min(end, pool.slab[half].fin) }
    guard start < end, start >= window.lowerBound else { return }
    insertMark(content, start..<end, half)
    reviewPendingReset(half)
    enforceLimits(half)
    giveUpLongPlaceholders(half)
  }

  /// A capture of headers alone queues nothing that could age or fill a page: what it lacks is given up before what follows would lie
  /// outside the window.
  private mutating func giveUpLongPlaceholders(_ half: HalfIndex) {
    guard pool.slab[half].flags.contains(.started), !pool.slab[half].queue.hasBytes else { return }
    let last = pool.slab[half].queue.tree.last(pages)
    guard last.exists, pool.slab[half].position(of: pages.runEnd(of: last)) &- pool.slab[half].next >= Self.windowReach / 2 else { return }
    giveUpGap(half, cause: .age)
  }

  /// Marks those bytes of a range that no piece covers.
  mutating func insertMark(_ content: Piece.Content, _ range: Range<Int64>, _ half: HalfIndex) {
    let base = pool.slab[half].base
    let first = UInt32(truncatingIfNeeded: range.lowerBound)
    let end = UInt32(truncatingIfNeeded: range.upperBound)
    overlapping.removeAll()
    pool.slab[half].queue.tree.collect(overlapping: first, end, base: base, into: &overlapping, path: &path, pages)
    var cursor = first
    for index in 0..<overlapping.count {
      let head = overlapping[index]
      let headStart = pages[head].start
      if Int32(bitPattern: headStart &- cursor) > 0 {
        pool.slab[half].queue.insertMark(content, at: cursor, length: headStart &- cursor, base: base, &pages)
      }
      cursor = pages.runEnd(of: head)
    }
    if Int32(bitPattern: end &- cursor) > 0 {
      pool.slab[half].queue.insertMark(content, at: cursor, length: end &- cursor, base: base, &pages)
    }
  }

  /// Frees the marks of a direction that has no bytes queued.
  mutating func freeMarks(_ half: HalfIndex) {
    while case let mark = pool.slab[half].queue.tree.first(pages), mark.exists {
      pool.slab[half].queue.detach(mark, base: pool.slab[half].base, &pages)
      pool.slab[half].queue.freeRun(mark, &pages)
    }
  }
}
