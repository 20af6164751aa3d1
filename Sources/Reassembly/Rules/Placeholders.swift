import Packets

/// Placeholders: bytes that were on the wire and are not available, because the snap length cut them or their segment was rejected.
///
/// Rules, section 3: A segment (`cut`) and section 9: Optional strictness (`rejected`).
extension Assembler {
  /// Counts a rejected segment and leaves a placeholder for its bytes, so that a gap there has a reason.
  ///
  /// An `anomaly` is counted besides `rejected`.
  mutating func reject(_ segment: borrowing TCPSegment, _ half: HalfHandle, as anomaly: Anomaly?, info: CaptureInfo) -> Disposition {
    if options.measuresTiming { measureUnused(info, half) }
    count(payload: segment.payload.count, half, info: info)
    count(.rejected, half)
    if let anomaly { count(anomaly, half) }
    drop(Int64(segment.payload.count), .rejected, half)
    let length = segment.payload.count &+ segment.missingLength
    if length > 0, half.state.flags.contains(.positioned) {
      let sequence = segment.sequence.rawValue &+ (ControlBits(segment).isSYN ? 1 : 0)
      let start = half.state.position(of: sequence)
      let window = window(half)
      if start >= window.lowest, start <= window.highest { addPlaceholder(.rejected, start..<start &+ Int64(length), half) }
      enforceLimits(half)
    }
    // A limit may end the direction, which completes the connection and frees its id.
    let id = half.connection.state.id
    updateState(half.connection, byPacket: true)
    return Disposition(kind: .rejected, connection: id)
  }

  /// Adds placeholders for the bytes of a range that nothing covers, above the expected offset, before the FIN and inside the window.
  mutating func addPlaceholder(_ content: QueuedSegment.Content, _ range: Range<Int64>, _ half: HalfHandle) {
    let window = window(half)
    let isStarted = half.state.flags.contains(.started)
    let start = isStarted ? max(range.lowerBound, half.state.next) : range.lowerBound
    var end = min(range.upperBound, Self.reach(ofSegmentAt: start, in: window))
    if isStarted, half.state.flags.contains(.fin) { end = min(end, half.state.fin) }
    guard start < end, start >= window.lowest else { return }
    insertPlaceholder(content, start..<end, half)
    reviewPendingReset(half)
    enforceLimits(half)
    giveUpLongPlaceholders(half, added: end &- start)
  }

  /// Length in bytes of the placeholders far above that together are no forgery: a packet brings 64 KiB at most.
  private static let placeholderProof: Int64 = 1 << 25

  /// Gives up long placeholders.
  ///
  /// A capture of headers queues nothing that could age or fill a page, and its next segments would soon lie outside the window. A few
  /// segments far above, which anybody may have sent, give up nothing.
  private mutating func giveUpLongPlaceholders(_ half: HalfHandle, added length: Int64) {
    guard half.state.flags.contains(.started), !half.state.queue.hasBytes else { return }
    let last = half.state.queue.tree.last(pages)
    guard last.exists, half.state.position(of: pages.clusterEnd(of: last)) &- half.state.next >= Self.windowReach / 2 else { return }
    let ledger = ledger(half)
    ledger.placeholdersAhead &+= length
    guard ledger.placeholdersAhead >= Self.placeholderProof else { return }
    ledger.placeholdersAhead = 0
    giveUpGap(half, cause: .age)
  }

  /// Adds placeholders for the bytes of a range that no queued segment covers.
  mutating func insertPlaceholder(_ content: QueuedSegment.Content, _ range: Range<Int64>, _ half: HalfHandle) {
    let base = half.state.base
    let first = UInt32(truncatingIfNeeded: range.lowerBound)
    let end = UInt32(truncatingIfNeeded: range.upperBound)
    overlapping.removeAll()
    half.state.queue.tree.collect(overlapping: first, end, base: base, into: &overlapping, path: &path, pages)
    var cursor = first
    for index in 0..<overlapping.count {
      let head = overlapping[index]
      let headStart = pages[head].start
      if Int32(bitPattern: headStart &- cursor) > 0 {
        half.state.queue.insertPlaceholder(content, at: cursor, length: headStart &- cursor, base: base, &pages)
      }
      cursor = pages.clusterEnd(of: head)
    }
    if Int32(bitPattern: end &- cursor) > 0 {
      half.state.queue.insertPlaceholder(content, at: cursor, length: end &- cursor, base: base, &pages)
    }
  }

  /// Frees the placeholders of a direction that has no bytes queued.
  mutating func freePlaceholders(_ half: HalfHandle) {
    while case let placeholder = half.state.queue.tree.first(pages), placeholder.exists {
      half.state.queue.detach(placeholder, base: half.state.base, &pages)
      half.state.queue.freeCluster(placeholder, &pages)
    }
  }
}
