import Packets

/// Handing bytes to the stream. (gopacket: `sendToConnection`, `buildSG`, `addPending`, `addContiguous`.)
extension Assembler {
  /// Hands on what is ready: kept bytes, the live packet's, and whatever the queue has right behind them; and the end, where the stream
  /// has reached its FIN. Does nothing where there is none of that.
  ///
  /// - Parameters:
  ///   - live: bytes of the packet at hand that begin at the expected offset and meet nothing queued.
  ///   - isLast: the direction is over whether its FIN was reached or not.
  mutating func deliver(
    _ half: HalfIndex, live: UnsafeBufferPointer<UInt8>?, stamp: PacketStamp, isLast: Bool = false
  ) {
    delivery.removeAll()
    var first = pool.slab[half].next
    let saved = pool.slab[half].firstSaved
    if saved.exists {
      // Kept bytes may lie before a gap, so their own place counts, not their distance from the new ones.
      first = pages[saved].keptPosition
      collectSaved(half)
    }
    let savedChunks = delivery.count
    let savedCount = delivery.bytes
    let firstOffset = pool.slab[half].offset(of: first)
    if let live {
      delivery.append(live, stamp: stamp)
      pool.slab[half].next &+= Int64(live.count)
    }
    if pool.slab[half].queue.hasBytes {
      collectContiguous(half)
      noteWaiting(half)
    }
    let newCount = delivery.bytes - savedCount
    let flags = pool.slab[half].flags
    let reachesEnd = flags.contains(.fin) && pool.slab[half].next == pool.slab[half].fin && !flags.contains(.ended)
    let isEnd = reachesEnd || isLast
    if newCount > 0 || isEnd {
      if reachesEnd { noteEnd(half) }
      hand(half, savedCount: savedCount, offset: firstOffset, isEnd: isEnd, live: live, savedChunks: savedChunks)
    }
    if !taken.isEmpty { taken.removeAll() }
    acceptPendingReset(half)
  }

  /// Hands on the bytes of a packet that begin at the expected offset, where nothing is queued or kept, no end is known, and nothing was
  /// noted of the direction.
  @inline(always)
  mutating func deliverExpected(_ half: HalfIndex, _ live: UnsafeBufferPointer<UInt8>, stamp: PacketStamp) {
    delivery.replaceAll(with: live, stamp: stamp)
    let offset = pool.slab[half].offset(of: pool.slab[half].next)
    pool.slab[half].next &+= Int64(live.count)
    countDelivered(half, bytes: live.count, packets: 1)
    let keptFrom = tell(half, savedCount: 0, offset: offset, isEnd: false, skipped: 0)
    if keptFrom < live.count { keep(from: keptFrom, half, live: live, savedChunks: 0) }
  }

  /// Hands on the end, where it is reached and nothing is held.
  mutating func deliverEnd(_ half: HalfIndex) {
    delivery.removeAll()
    noteEnd(half)
    _ = tell(half, savedCount: 0, offset: pool.slab[half].offset(of: pool.slab[half].next), isEnd: true, skipped: 0)
  }

  @inline(always)
  private mutating func noteEnd(_ half: HalfIndex) {
    pool.slab[half].flags.insert(.ended)
    pool.slab[half.connection].flags.insert(.hasEnd)
  }

  /// Nothing of a direction is queued or kept, and nothing out of the ordinary was noted.
  @inline(always)
  func holdsNothing(_ half: HalfIndex) -> Bool {
    pool.slab[half].queue.isEmpty && !pool.slab[half].firstSaved.exists && pool.slab[half].ledger == nil
  }

  private mutating func hand(
    _ half: HalfIndex, savedCount: Int, offset: Int64, isEnd: Bool, live: UnsafeBufferPointer<UInt8>?, savedChunks: Int
  ) {
    countDelivered(half, bytes: delivery.bytes &- savedCount, packets: delivery.count &- savedChunks)
    var skipped: Int64 = 0
    if let ledger = pool.slab[half].ledger {
      skipped = ledger.skippedBytes
      ledger.skippedBytes = 0
    }
    let keptFrom = tell(half, savedCount: savedCount, offset: offset, isEnd: isEnd, skipped: skipped)
    // Where nothing lies in pages and nothing is wanted again, nothing is to be freed or kept.
    guard savedChunks > 0 || keptFrom < delivery.bytes || !taken.isEmpty else { return }
    keep(from: keptFrom, half, live: live, savedChunks: savedChunks)
  }

  @inline(always)
  private mutating func countDelivered(_ half: HalfIndex, bytes: Int, packets: Int) {
    pool.slab[half].bytes &+= Int64(bytes)
    statistics.reassembledBytes &+= UInt64(truncatingIfNeeded: bytes)
    if bytes > 0 { statistics.reassembledChunks &+= 1 }
    statistics.biggestChunkBytes = max(statistics.biggestChunkBytes, UInt64(truncatingIfNeeded: bytes))
    statistics.biggestChunkPackets = max(statistics.biggestChunkPackets, UInt64(truncatingIfNeeded: packets))
  }

  /// Calls the stream with what was collected; answers from which byte on it wants them again.
  @inline(always)
  private mutating func tell(_ half: HalfIndex, savedCount: Int, offset: Int64, isEnd: Bool, skipped: Int64) -> Int {
    let flags = pool.slab[half].flags
    let isStart = !flags.contains(.delivered)
    // Where the first bytes come without a SYN, what is missing before them cannot be known.
    let knowsSkipped = !isStart || flags.contains(.syn)
    pool.slab[half].flags = flags.union(.delivered)
    let client = pool.slab[half.connection].flags.client
    var data = ReassembledData(
      delivery.contents, side: half.side, direction: half.side == client ? .clientToServer : .serverToClient, count: delivery.bytes,
      savedCount: savedCount, offset: offset, isStart: isStart, isEnd: isEnd, skipped: knowsSkipped ? skipped : nil)
    pool.slab[stream: half.connection].reassembled(&data)
    return isEnd ? data.count : data.keptFrom
  }

  private mutating func collectSaved(_ half: HalfIndex) {
    var piece = pool.slab[half].firstSaved
    while piece.exists {
      delivery.append(pages.bytes(of: piece), stamp: pages[piece].stamp)
      piece = pages[piece].right
    }
  }

  /// Takes the contiguous runs at the expected offset out of the queue. O(pieces + log of what is queued, a run).
  private mutating func collectContiguous(_ half: HalfIndex) {
    while true {
      let base = pool.slab[half].base
      let head = pool.slab[half].queue.detachDue(base: base, &pages)
      guard head.exists else { return }
      let length = pages.runEnd(of: head) &- base
      let last = pages[head].member
      var piece = head
      var next = last.exists ? pages[last].right : .none
      while true {
        delivery.append(pages.bytes(of: piece), stamp: pages[piece].stamp)
        taken.append(piece)
        guard next.exists else { break }
        piece = next
        next = piece == last ? .none : pages[piece].right
      }
      pool.slab[half].next &+= Int64(length)
    }
  }

  // MARK: kept bytes

  /// Frees what was handed on, but for the bytes that the stream wants again.
  private mutating func keep(from keptFrom: Int, _ half: HalfIndex, live: UnsafeBufferPointer<UInt8>?, savedChunks: Int) {
    var piece = pool.slab[half].firstSaved
    pool.slab[half].firstSaved = .none
    pool.slab[half].lastSaved = .none
    pool.slab[half].savedBytes = 0
    var start = 0
    while piece.exists {
      let next = pages[piece].right
      let length = Int(pages[piece].length)
      keepOrFree(piece, from: keptFrom - start, at: pages[piece].keptPosition, half)
      start += length
      piece = next
    }
    // What came from the queue lies behind the live bytes, up to the expected offset.
    var position = pool.slab[half].next
    for index in 0..<taken.count { position &-= Int64(pages[taken[index]].length) }
    if let live {
      let end = start + live.count
      if keptFrom < end {
        save(
          UnsafeBufferPointer(rebasing: live[max(0, keptFrom - start)...]), endingAt: position, stamp: delivery.contents[savedChunks].stamp,
          half)
      }
      start = end
    }
    for index in 0..<taken.count {
      let piece = taken[index]
      let length = Int(pages[piece].length)
      keepOrFree(piece, from: keptFrom - start, at: position, half)
      start += length
      position &+= Int64(length)
    }
    if pool.slab[half].savedBytes > 0 { enforceKeptLimit(half) }
  }

  /// Keeps the bytes of a piece from `first` on, which may lie before or behind it.
  private mutating func keepOrFree(_ piece: PieceIndex, from first: Int, at position: Int64, _ half: HalfIndex) {
    guard first < Int(pages[piece].length) else {
      pool.slab[half].queue.free(piece, &pages)
      return
    }
    if first > 0 { pages[piece].trimFront(UInt32(truncatingIfNeeded: first)) }
    appendSaved(piece, at: position &+ Int64(max(0, first)), half)
  }

  /// Copies kept bytes of the live packet into pages.
  private mutating func save(_ bytes: UnsafeBufferPointer<UInt8>, endingAt end: Int64, stamp: PacketStamp, _ half: HalfIndex) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeBufferPointer(rebasing: bytes[done...])
      let position = end &- Int64(rest.count)
      let start = UInt32(truncatingIfNeeded: position)
      let extent = SegmentExtent(start: start, length: UInt32(truncatingIfNeeded: rest.count))
      let piece = pool.slab[half].queue.store(rest, at: start, owner: extent, stamp: stamp, &pages)
      done += Int(pages[piece].length)
      appendSaved(piece, at: position, half)
    }
  }

  private mutating func appendSaved(_ piece: PieceIndex, at position: Int64, _ half: HalfIndex) {
    pages[piece].keptPosition = position
    pages[piece].left = .none
    pages[piece].right = .none
    pages[piece].member = .none
    let last = pool.slab[half].lastSaved
    if last.exists { pages[last].right = piece } else { pool.slab[half].firstSaved = piece }
    pool.slab[half].lastSaved = piece
    pool.slab[half].savedBytes &+= pages[piece].length
  }

  /// Lets go of kept bytes, the whole of them.
  mutating func freeSaved(_ half: HalfIndex) {
    var piece = pool.slab[half].firstSaved
    while piece.exists {
      let next = pages[piece].right
      pool.slab[half].queue.free(piece, &pages)
      piece = next
    }
    pool.slab[half].firstSaved = .none
    pool.slab[half].lastSaved = .none
    pool.slab[half].savedBytes = 0
  }

  /// Kept bytes alone may not exceed what a connection, or all together, may take: then they are let go and counted.
  private mutating func enforceKeptLimit(_ half: HalfIndex) {
    let connectionLimit = options.maxBufferedPagesPerConnection
    let totalLimit = options.maxBufferedPagesTotal
    let saved = Int(pool.slab[half].savedBytes)
    let exceedsConnection = connectionLimit > 0 && saved > connectionLimit &* Page.size
    let exceedsTotal = totalLimit > 0 && pages.usedBytes > totalLimit &* Page.size && waiting.isEmpty
    guard exceedsConnection || exceedsTotal else { return }
    statistics.keptBytesReleased &+= UInt64(saved)
    freeSaved(half)
  }
}
