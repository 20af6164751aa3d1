import Packets

/// Giving up what is missing: by age, by a limit, at completion, never because of the peer. (gopacket: `skipFlush`.)
extension Assembler {
  /// Declares the first hole of a direction a gap and hands on what follows it.
  mutating func giveUpGap(_ half: HalfIndex, cause: Gap.Cause) {
    guard pool.slab[half].flags.contains(.started) else {
      beginMidstream(half)
      return
    }
    skip(half, to: nil, cause: cause)
    deliver(half, live: nil, stamp: .none)
  }

  /// Declares gaps up to the first queued byte, or up to `limit` where no byte is queued.
  mutating func skip(_ half: HalfIndex, to limit: Int64?, cause: Gap.Cause) {
    var run = GapRun(position: pool.slab[half].next)
    while case let head = pool.slab[half].queue.tree.first(pages), head.exists {
      let position = pool.slab[half].position(of: pages[head].start)
      if position > run.end { extend(&run, .lost, to: position, half, cause) }
      let content = pages[head].content
      guard content != .bytes else { break }
      extend(&run, content == .cut ? .cut : .rejected, to: position &+ Int64(pages[head].length), half, cause)
      pool.slab[half].queue.detach(head, base: pool.slab[half].base, &pages)
      pool.slab[half].queue.free(head, &pages)
    }
    if let limit, run.end < limit { extend(&run, .lost, to: limit, half, cause) }
    declare(run, half, cause)
    pool.slab[half].next = run.end
  }

  /// A gap that is being put together from neighbours of one kind.
  struct GapRun {
    var start: Int64
    var end: Int64
    var kind = Gap.Kind.lost

    init(position: Int64) {
      start = position
      end = position
    }
  }

  private mutating func extend(_ run: inout GapRun, _ kind: Gap.Kind, to end: Int64, _ half: HalfIndex, _ cause: Gap.Cause) {
    if kind != run.kind, run.end > run.start {
      declare(run, half, cause)
      run.start = run.end
    }
    run.kind = kind
    run.end = end
  }

  mutating func declare(_ run: GapRun, _ half: HalfIndex, _ cause: Gap.Cause) {
    let length = run.end &- run.start
    guard length > 0 else { return }
    let ledger = ledger(half)
    ledger.gaps.append(run.start..<run.end)
    ledger.gapCount &+= 1
    ledger.gapBytes &+= length
    ledger.skippedBytes &+= length
    statistics.gaps &+= 1
    statistics.missedBytes &+= UInt64(length)
    let gap = Gap(
      offset: pool.slab[half].offset(of: run.start), length: length, kind: run.kind, cause: cause,
      acknowledged: pool.slab[half.other].hasAcknowledged(run.end))
    pool.slab[stream: half.connection].stream?.gap(gap, from: half.side)
  }

  // MARK: limits

  /// Makes queued bytes give way where a connection, or all together, take more than they may.
  mutating func enforceLimits(_ half: HalfIndex) {
    let connectionLimit = options.maxBufferedPagesPerConnection
    if connectionLimit > 0 {
      while cost(half.connection) > connectionLimit &* Page.size, let victim = waitingHalf(of: half) {
        statistics.pageLimitFlushes &+= 1
        giveUpGap(victim, cause: .pageLimit)
      }
    }
    let totalLimit = options.maxBufferedPagesTotal
    if totalLimit > 0 {
      while pages.usedBytes > totalLimit &* Page.size, let victim = waiting.oldest?.half ?? markedHalf(of: half) {
        statistics.memoryLimitFlushes &+= 1
        giveUpGap(victim, cause: .memoryLimit)
        if victim.connection != half.connection { settle(victim.connection, byPacket: false) }
      }
    }
  }

  @inline(__always)
  private func cost(_ index: ConnectionIndex) -> Int {
    pool.slab[HalfIndex(index, .originator)].queue.cost &+ pool.slab[HalfIndex(index, .responder)].queue.cost
  }

  private func waitingHalf(of half: HalfIndex) -> HalfIndex? {
    if pool.slab[half].queue.hasBytes { return half }
    return pool.slab[half.other].queue.hasBytes ? half.other : markedHalf(of: half)
  }

  /// Marks alone take memory too: a capture of headers only has nothing else queued.
  private func markedHalf(of half: HalfIndex) -> HalfIndex? {
    if !pool.slab[half].queue.isEmpty { return half }
    return pool.slab[half.other].queue.isEmpty ? nil : half.other
  }

  // MARK: starts

  /// The start of a direction is known: its SYN came, or the stream said so.
  mutating func begin(_ half: HalfIndex, at position: Int64) {
    start(half, at: position)
    deliver(half, live: nil, stamp: .none)
  }

  private mutating func start(_ half: HalfIndex, at position: Int64) {
    held.remove(half, in: pool.slab)
    rebase(half, to: position)
    pool.slab[half].flags.formUnion([.based, .started])
    if pool.slab[half].flags.contains(.fin) { dropBeyond(pool.slab[half].fin, half) }
    reportHeldConflicts(half)
  }

  /// No SYN was seen and the direction was held long enough: its lowest byte is offset 0.
  mutating func beginMidstream(_ half: HalfIndex) {
    start(half, at: lowestPosition(half))
    deliver(half, live: nil, stamp: .none)
  }

  /// The lowest position that a direction is known to have: that of its lowest byte; where it has none, of its FIN.
  @inline(always)
  func lowestPosition(_ half: HalfIndex) -> Int64 {
    let first = pool.slab[half].queue.tree.first(pages)
    if first.exists { return pool.slab[half].position(of: pages[first].start) }
    return pool.slab[half].flags.contains(.fin) ? pool.slab[half].fin : pool.slab[half].next
  }

  /// The position of the byte expected next; before the start is known, of what would be the start.
  @inline(__always)
  func expectedPosition(_ half: HalfIndex) -> Int64 {
    pool.slab[half].flags.contains(.started) ? pool.slab[half].next : lowestPosition(half)
  }

  // MARK: far segments

  /// A segment outside the window: counted; three in a row that continue one another prove that the capture paused.
  mutating func meetFar(_ segment: borrowing TCPSegment, _ sequence: UInt32, _ half: HalfIndex, stamp: PacketStamp) -> Disposition.Kind {
    let ledger = ledger(half)
    let length = segment.payload.count
    // Before the start is known, what lies near the lowest byte but too far below the highest one proves nothing.
    let distance = pool.slab[half].position(of: sequence) &- expectedPosition(half)
    let isFar = distance > Self.windowReach || distance < -Self.windowReach
    let isProof = length > 0 && segment.missingLength == 0 && isFar && !pool.slab[half].flags.contains(.fin)
    if ledger.far.count > 0, sequence != ledger.far.nextSequence || !isProof { releaseFar(half) }
    guard isProof else {
      note(.outOfWindow, half)
      drop(Int64(length), .outOfWindow, half)
      return .outOfWindow
    }
    guard makeRoomForFar(length, half) else {
      drop(Int64(length), .outOfWindow, half)
      note(.outOfWindow, half)
      return .outOfWindow
    }
    if ledger.far.count == 0 { ledger.far.firstSequence = sequence }
    let payload = segment.payload
    payload.withUnsafeBufferPointer { storeFar($0, at: sequence, half, stamp: stamp) }
    ledger.far.count += 1
    ledger.far.bytes &+= Int64(length)
    ledger.far.nextSequence = sequence &+ UInt32(truncatingIfNeeded: length)
    guard ledger.far.count == FarSegments.proof else { return .outOfWindow }
    jump(half)
    return .delivered
  }

  /// Far segments wait for ever, and nothing but the next segment of their direction frees them: they may take a small part of the memory.
  /// Where that is full, they are no proof.
  private mutating func makeRoomForFar(_ length: Int, _ half: HalfIndex) -> Bool {
    let cost = length &+ Page.size
    let limit = options.maxBufferedPagesTotal &* (Page.size / Self.farShare)
    if limit > 0, farBytes &+ cost > limit {
      if ledger(half).far.count > 0 { releaseFar(half) }
      return false
    }
    farBytes &+= cost
    return true
  }

  /// One part in so many of all memory may hold far segments.
  private static let farShare = 16

  private func farCost(_ far: FarSegments) -> Int { Int(far.bytes) &+ far.count &* Page.size }

  private mutating func storeFar(_ bytes: UnsafeBufferPointer<UInt8>, at sequence: UInt32, _ half: HalfIndex, stamp: PacketStamp) {
    let ledger = ledger(half)
    var done = 0
    while done < bytes.count {
      let piece = pool.slab[half].queue.store(
        UnsafeBufferPointer(rebasing: bytes[done...]), at: sequence &+ UInt32(truncatingIfNeeded: done),
        owner: SegmentExtent(start: sequence, length: UInt32(truncatingIfNeeded: bytes.count)), stamp: stamp, &pages)
      if ledger.far.last.exists { pages[ledger.far.last].right = piece } else { ledger.far.first = piece }
      ledger.far.last = piece
      done += Int(pages[piece].length)
    }
  }

  /// What was far was not the stream: its bytes are dropped.
  mutating func releaseFar(_ half: HalfIndex) {
    let ledger = ledger(half)
    note(.outOfWindow, half, count: UInt64(ledger.far.count))
    drop(ledger.far.bytes, .outOfWindow, half)
    var piece = ledger.far.first
    while piece.exists {
      let next = pages[piece].right
      pool.slab[half].queue.free(piece, &pages)
      piece = next
    }
    farBytes &-= farCost(ledger.far)
    ledger.far = FarSegments()
  }

  /// The stream went on far ahead: what is queued comes first, then a gap, then the segments that proved it.
  private mutating func jump(_ half: HalfIndex) {
    let ledger = ledger(half)
    let far = ledger.far
    farBytes &-= farCost(far)
    ledger.far = FarSegments()
    if !pool.slab[half].flags.contains(.started) { beginMidstream(half) }
    while pool.slab[half].queue.hasBytes { giveUpGap(half, cause: .age) }
    freeMarks(half)
    let start = pool.slab[half].next
    var run = GapRun(position: start)
    run.kind = .jump
    run.end = start &+ Int64(far.firstSequence &- UInt32(truncatingIfNeeded: start))
    declare(run, half, .age)
    pool.slab[half].next = run.end
    withdrawReset(half, end: run.end &+ far.bytes)
    var piece = far.first
    while piece.exists {
      let next = pages[piece].right
      pages[piece].right = .none
      pages[piece].arrival = clock.arrival
      pool.slab[half].queue.enter(piece, base: pool.slab[half].base, &pages)
      piece = next
    }
    deliver(half, live: nil, stamp: .none)
  }

  /// Frees the marks of a direction that has no bytes queued.
  mutating func freeMarks(_ half: HalfIndex) {
    while case let mark = pool.slab[half].queue.tree.first(pages), mark.exists {
      pool.slab[half].queue.detach(mark, base: pool.slab[half].base, &pages)
      pool.slab[half].queue.freeRun(mark, &pages)
    }
  }
}
