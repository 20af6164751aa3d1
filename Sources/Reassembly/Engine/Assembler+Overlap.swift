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
  ///
  /// What the new segment wins of few pieces is overwritten where it lies. Of many, it is taken out, and the new bytes are stored as one:
  /// so each piece is met by few winners. What it loses against many small pieces is gathered into runs: so losers meet few of them.
  mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int64, _ incoming: Incoming, _ half: HalfIndex) {
    let base = pool.slab[half].base
    let first = UInt32(truncatingIfNeeded: start)
    let end = first &+ UInt32(truncatingIfNeeded: bytes.count)
    // The list is taken out while it is walked and put back below, so that it is allocated once.
    var met = PieceList()
    swap(&met, &overlapping)
    met.removeAll()
    pool.slab[half].queue.tree.collect(overlapping: first, end, base: base, into: &met, path: &path, pages)
    let replaces = met.count > PieceQueue.replacingThreshold
    var cursor = first
    // Of the bytes below the cursor those from here on are still to be stored.
    var unstored = first
    var shared = 0
    for index in 0..<met.count {
      let head = met[index]
      if Int32(bitPattern: pages[head].start &- cursor) > 0 { cursor = pages[head].start }
      let headEnd = pages.runEnd(of: head)
      let stop = Int32(bitPattern: headEnd &- end) < 0 ? headEnd : end
      guard pages[head].content == .bytes else {
        pool.slab[half].queue.remove(head, cursor, stop, base: base, &pages)
        cursor = stop
        continue
      }
      shared &+= Int(stop &- cursor)
      var run = head
      while cursor != stop {
        let (limit, newWins, wasWalked) = options.overlapPolicy.stretch(of: run, from: cursor, to: stop, new: incoming.extent, pages)
        let copy = slice(bytes, from: first, cursor, limit)
        compare(run, with: copy, at: cursor, newWins: newWins, incoming, half)
        // Where the run goes on, its part behind gets a head of its own before the part at hand may go.
        let rest = limit == stop ? .none : pool.slab[half].queue.split(run, at: limit, base: base, &pages)
        if newWins, replaces || pages[run].member.exists {
          pool.slab[half].queue.remove(run, cursor, limit, base: base, &pages)
        } else {
          if unstored != cursor { store(slice(bytes, from: first, unstored, cursor), at: unstored, incoming, half) }
          if newWins { overwrite(run, copy, at: cursor, incoming, half) } else if wasWalked { halve(run, half) }
          unstored = limit
        }
        cursor = limit
        run = rest
      }
    }
    if unstored != end { store(slice(bytes, from: first, unstored, end), at: unstored, incoming, half) }
    if shared > 0 {
      pool.slab[half].retransmittedBytes &+= Int64(shared)
      statistics.overlapPackets &+= 1
      statistics.overlapBytes &+= UInt64(shared)
    }
    if met.count > PieceQueue.gatheringThreshold {
      met.removeAll()
      pool.slab[half].queue.tree.collect(overlapping: first, end, base: base, into: &met, path: &path, pages)
      pool.slab[half].queue.gather(met, options.overlapPolicy.gathering, base: base, &pages)
    }
    swap(&met, &overlapping)
  }

  /// A run was walked to where the sides change. The next segment may well change sides just before: it shall have half as far to walk.
  private mutating func halve(_ run: PieceIndex, _ half: HalfIndex) {
    let length = pages.runEnd(of: run) &- pages[run].start
    guard length > Self.shortRun else { return }
    _ = pool.slab[half].queue.split(run, at: pages[run].start &+ length / 2, base: pool.slab[half].base, &pages)
  }

  /// Bytes that a run has at least before it is worth halving.
  private static let shortRun: UInt32 = 32

  private func slice(_ bytes: UnsafeBufferPointer<UInt8>, from first: UInt32, _ start: UInt32, _ end: UInt32) -> UnsafeBufferPointer<UInt8>
  {
    UnsafeBufferPointer(rebasing: bytes[Int(start &- first)..<Int(end &- first)])
  }

  private mutating func store(_ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, _ incoming: Incoming, _ half: HalfIndex) {
    let base = pool.slab[half].base
    pool.slab[half].queue.insert(
      bytes, at: start, owner: incoming.extent, stamp: incoming.stamp, arrival: clock.arrival, base: base, &pages)
  }

  /// Reports what of a run differs from its new copy.
  private mutating func compare(
    _ head: PieceIndex, with bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, newWins: Bool, _ incoming: Incoming, _ half: HalfIndex
  ) {
    let within = Int(start &- pages[head].start)
    let present = UnsafeBufferPointer(rebasing: pages.runBytes(of: head)[within..<within + bytes.count])
    if !ByteRanges.areEqual(present, bytes) { report(head, present, bytes, at: start, newWins: newWins, incoming, half) }
  }

  /// Tells the stream every range in which two copies differ, a packet at a time.
  private mutating func report(
    _ head: PieceIndex, _ present: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, newWins: Bool,
    _ incoming: Incoming, _ half: HalfIndex
  ) {
    guard let stream = pool.slab[stream: half.connection].stream else { return }
    let isStarted = pool.slab[half].flags.contains(.started)
    var from = 0
    var piece = head
    while let range = ByteRanges.difference(present, bytes, from: from) {
      let sequence = start &+ UInt32(truncatingIfNeeded: range.lowerBound)
      piece = pages.piece(ofRun: head, holding: sequence, from: piece)
      // A difference that goes on into the next piece is reported there.
      let upper = min(range.upperBound, Int(pages[piece].end &- start))
      let old = UnsafeBufferPointer(rebasing: present[range.lowerBound..<upper])
      let new = UnsafeBufferPointer(rebasing: bytes[range.lowerBound..<upper])
      let offset = pool.slab[half].offset(of: pool.slab[half].position(of: sequence))
      let oldStamp = pages[piece].stamp
      statistics.conflicts &+= 1
      if !isStarted {
        // No offset is known yet.
        let old = HeldConflict.Version(bytes: Array(old), stamp: oldStamp)
        let new = HeldConflict.Version(bytes: Array(new), stamp: incoming.stamp)
        ledger(half).heldConflicts.append(HeldConflict(sequence: sequence, kept: newWins ? new : old, other: newWins ? old : new))
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
    guard let stream = pool.slab[stream: half.connection].stream else { return }
    let end = pool.slab[half].flags.contains(.fin) ? pool.slab[half].fin : Int64.max
    for conflict in held {
      let position = pool.slab[half].position(of: conflict.sequence)
      let offset = pool.slab[half].offset(of: position)
      guard offset >= 0, offset <= Self.byteReach, position < end else { continue }
      stream.conflict(
        Conflict(
          offset: offset, kept: conflict.kept.bytes.span, keptInfo: conflict.kept.stamp,
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
    pages[piece].owner = incoming.extent
    pages[piece].stamp = incoming.stamp
    pool.slab[half].queue.renew(piece, arrival: clock.arrival, &pages)
  }

  // MARK: marks

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
}
