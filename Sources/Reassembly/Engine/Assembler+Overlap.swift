import Packets

/// Bytes ahead of a hole that meet bytes already queued. (gopacket: `checkOverlap`.)
///
/// The new segment N against a queued run O, per byte; the extents that the policies compare are those of the segments as they came:
///
///     1  O before N          [--O--]  [--N--]          N is stored
///     2  O overlaps N's start   [--O--]                the shared bytes go to the winner,
///                                  [--N--]             the rest of N is stored
///     3  N covers O            [-O-]                   shared bytes to the winner,
///                            [---N---]                 both ends of N are stored
///     4  O overlaps N's end        [--O--]             as 2, mirrored
///                               [--N--]
///     5  O after N           [--N--]  [--O--]          N is stored
///     6  O covers N          [---O---]                 shared bytes to the winner
///                              [-N-]
extension Assembler {
  /// Stores bytes ahead of the expected offset. O(bytes + runs met + log of what is queued).
  mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int64, _ incoming: Incoming, _ half: HalfIndex) {
    let base = pool.slab[half].base
    let first = UInt32(truncatingIfNeeded: start)
    let end = first &+ UInt32(truncatingIfNeeded: bytes.count)
    // The list is taken out while it is walked and put back below, so that it is allocated once.
    var met: [PieceIndex] = []
    swap(&met, &overlapping)
    met.removeAll(keepingCapacity: true)
    pool.slab[half].queue.tree.collect(overlapping: first, end, base: base, into: &met, path: &path, pages)
    var cursor = first
    var shared = 0
    for head in met {
      let headStart = pages[head].start
      let headEnd = pages.runEnd(of: head)
      if Int32(bitPattern: headStart &- cursor) > 0 {
        store(slice(bytes, from: first, cursor, headStart), at: cursor, incoming, half)
        cursor = headStart
      }
      let stop = Int32(bitPattern: headEnd &- end) < 0 ? headEnd : end
      shared &+= meet(head, slice(bytes, from: first, cursor, stop), at: cursor, incoming, half)
      cursor = stop
    }
    if cursor != end { store(slice(bytes, from: first, cursor, end), at: cursor, incoming, half) }
    if shared > 0 {
      pool.slab[half].retransmittedBytes &+= Int64(shared)
      statistics.overlapPackets &+= 1
      statistics.overlapBytes &+= UInt64(shared)
    }
    if met.count > PieceQueue.gatheringThreshold, options.overlapPolicy == .first {
      met.removeAll(keepingCapacity: true)
      pool.slab[half].queue.tree.collect(overlapping: first, end, base: base, into: &met, path: &path, pages)
      pool.slab[half].queue.gather(met, base: base, &pages)
    }
    swap(&met, &overlapping)
  }

  private func slice(_ bytes: UnsafeBufferPointer<UInt8>, from first: UInt32, _ start: UInt32, _ end: UInt32) -> UnsafeBufferPointer<UInt8>
  {
    UnsafeBufferPointer(rebasing: bytes[Int(start &- first)..<Int(end &- first)])
  }

  private mutating func store(_ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, _ incoming: Incoming, _ half: HalfIndex) {
    let base = pool.slab[half].base
    pool.slab[half].queue.insert(
      bytes, at: start, owner: incoming.owner, stamp: incoming.stamp, arrival: clock.arrival, base: base, &pages)
  }

  /// New bytes over those of one run; answers how many were there before.
  private mutating func meet(
    _ head: PieceIndex, _ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, _ incoming: Incoming, _ half: HalfIndex
  ) -> Int {
    if pages[head].content != .bytes {
      clearMark(head, start, start &+ UInt32(truncatingIfNeeded: bytes.count), half)
      store(bytes, at: start, incoming, half)
      return 0
    }
    let within = Int(start &- pages[head].start)
    let present = UnsafeBufferPointer(rebasing: pages.runBytes(of: head)[within..<within + bytes.count])
    let wins = options.overlapPolicy.newWins(
      new: (incoming.owner.start, incoming.owner.start &+ incoming.owner.length), old: pages[head].owner)
    if !ByteRanges.areEqual(present, bytes) { report(head, present, bytes, at: start, newWins: wins, incoming, half) }
    if wins { overwrite(head, bytes, at: start, incoming, half) }
    return bytes.count
  }

  /// Tells the stream every range in which two copies differ, a packet at a time.
  private mutating func report(
    _ head: PieceIndex, _ present: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, newWins: Bool,
    _ incoming: Incoming, _ half: HalfIndex
  ) {
    guard let stream = pool.slab[half.connection].stream else { return }
    let isStarted = pool.slab[half].flags.contains(.started)
    var from = 0
    while let range = ByteRanges.difference(present, bytes, from: from) {
      let sequence = start &+ UInt32(truncatingIfNeeded: range.lowerBound)
      let piece = pages.piece(ofRun: head, holding: sequence)
      // A difference that goes on into the next piece is reported there.
      let upper = min(range.upperBound, Int(pages[piece].end &- start))
      let old = UnsafeBufferPointer(rebasing: present[range.lowerBound..<upper])
      let new = UnsafeBufferPointer(rebasing: bytes[range.lowerBound..<upper])
      let position = pool.slab[half].position(of: sequence)
      let offset = pool.slab[half].offset(of: position)
      let oldStamp = pages[piece].stamp
      statistics.conflicts &+= 1
      if !isStarted {
        // No offset is known yet.
        let old = HeldConflict.Version(bytes: Array(old), stamp: oldStamp)
        let new = HeldConflict.Version(bytes: Array(new), stamp: incoming.stamp)
        ledger(half).heldConflicts.append(HeldConflict(position: position, kept: newWins ? new : old, other: newWins ? old : new))
      } else if newWins {
        let conflict = Conflict(offset: offset, kept: new.span, keptInfo: incoming.stamp, other: old.span, otherInfo: oldStamp)
        stream.conflict(conflict, from: half.side)
      } else {
        let conflict = Conflict(offset: offset, kept: old.span, keptInfo: oldStamp, other: new.span, otherInfo: incoming.stamp)
        stream.conflict(conflict, from: half.side)
      }
      from = upper
    }
  }

  /// The start of a direction is settled: the conflicts met before have offsets now.
  mutating func reportHeldConflicts(_ half: HalfIndex) {
    guard let ledger = pool.slab[half].ledger, !ledger.heldConflicts.isEmpty else { return }
    let held = ledger.heldConflicts
    ledger.heldConflicts = []
    guard let stream = pool.slab[half.connection].stream else { return }
    let end = pool.slab[half].flags.contains(.fin) ? pool.slab[half].fin : Int64.max
    for conflict in held where conflict.position >= pool.slab[half].origin && conflict.position < end {
      stream.conflict(
        Conflict(
          offset: pool.slab[half].offset(of: conflict.position), kept: conflict.kept.bytes.span, keptInfo: conflict.kept.stamp,
          other: conflict.other.bytes.span, otherInfo: conflict.other.stamp), from: half.side)
    }
  }

  /// New bytes take the place of old ones in the page of these.
  private mutating func overwrite(
    _ head: PieceIndex, _ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, _ incoming: Incoming, _ half: HalfIndex
  ) {
    let base = pool.slab[half].base
    var piece = head
    if pages[piece].start != start { piece = pool.slab[half].queue.split(piece, at: start, base: base, &pages) }
    let end = start &+ UInt32(truncatingIfNeeded: bytes.count)
    if pages[piece].end != end { _ = pool.slab[half].queue.split(piece, at: end, base: base, &pages) }
    if let source = bytes.baseAddress {
      // The piece was just cut to exactly these bytes.
      pages.address(page: pages[piece].page, offset: pages[piece].pageOffset).update(from: source, count: bytes.count)
    }
    pages[piece].setOwner(start: incoming.owner.start, length: incoming.owner.length)
    pages[piece].stamp = incoming.stamp
    pool.slab[half].queue.renew(piece, arrival: clock.arrival, &pages)
  }

  // MARK: marks

  /// Takes a range out of a mark.
  private mutating func clearMark(_ mark: PieceIndex, _ start: UInt32, _ end: UInt32, _ half: HalfIndex) {
    let base = pool.slab[half].base
    var middle = mark
    if pages[middle].start != start { middle = pool.slab[half].queue.split(middle, at: start, base: base, &pages) }
    if pages[middle].end != end { _ = pool.slab[half].queue.split(middle, at: end, base: base, &pages) }
    pool.slab[half].queue.detach(middle, base: base, &pages)
    pool.slab[half].queue.free(middle, &pages)
  }

  /// Marks those bytes of a range that no piece covers.
  mutating func insertMark(_ content: Piece.Content, _ range: Range<Int64>, _ half: HalfIndex) {
    let base = pool.slab[half].base
    let first = UInt32(truncatingIfNeeded: range.lowerBound)
    let end = UInt32(truncatingIfNeeded: range.upperBound)
    overlapping.removeAll(keepingCapacity: true)
    pool.slab[half].queue.tree.collect(overlapping: first, end, base: base, into: &overlapping, path: &path, pages)
    var cursor = first
    for head in overlapping {
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
}

extension OverlapPolicy {
  /// Whether the bytes of a new segment win against those of the segment that owns them now, by the extents of both as they came.
  func newWins(new: (start: UInt32, end: UInt32), old: (start: UInt32, end: UInt32)) -> Bool {
    let start = Int32(bitPattern: new.start &- old.start)
    let end = Int32(bitPattern: new.end &- old.end)
    switch self {
    case .first: return false
    case .last: return true
    case .bsd: return start < 0
    case .linux: return start < 0 || (start == 0 && end > 0)
    case .oldLinux: return start < 0 || (start == 0 && end >= 0)
    case .solaris: return end > 0 || (end == 0 && start <= 0)
    }
  }
}
