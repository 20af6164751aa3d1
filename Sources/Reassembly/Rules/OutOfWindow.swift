import Packets

/// Out of window: segments more than 2^30 bytes from the expected offset, and three of them in a row that resynchronise the stream.
///
/// Rules, section 3: A segment.
extension Assembler {
  /// A segment outside the window: counted; three in a row that continue one another prove that the capture paused.
  mutating func meetFar(_ segment: borrowing TCPSegment, _ sequence: UInt32, _ half: HalfHandle, stamp: PacketStamp) -> Disposition.Kind {
    let ledger = ledger(half)
    let length = segment.payload.count
    // Before the start is known, what lies near the lowest byte but too far below the highest one proves nothing.
    let distance = half.state.position(of: sequence) &- expectedPosition(half)
    let isFar = distance > Self.windowReach || distance < -Self.windowReach
    let isProof = length > 0 && segment.missingLength == 0 && isFar && !half.state.flags.contains(.fin)
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
  private mutating func makeRoomForFar(_ length: Int, _ half: HalfHandle) -> Bool {
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

  private mutating func storeFar(_ bytes: UnsafeBufferPointer<UInt8>, at sequence: UInt32, _ half: HalfHandle, stamp: PacketStamp) {
    let ledger = ledger(half)
    var done = 0
    while done < bytes.count {
      let piece = half.state.queue.store(
        UnsafeBufferPointer(rebasing: bytes[done...]), at: sequence &+ UInt32(truncatingIfNeeded: done),
        owner: SegmentExtent(start: sequence, length: UInt32(truncatingIfNeeded: bytes.count)), stamp: stamp, &pages)
      if ledger.far.last.exists { pages[ledger.far.last].right = piece } else { ledger.far.first = piece }
      ledger.far.last = piece
      done += Int(pages[piece].length)
    }
  }

  /// What was far was not the stream: its bytes are dropped.
  mutating func releaseFar(_ half: HalfHandle) {
    let ledger = ledger(half)
    note(.outOfWindow, half, count: UInt64(ledger.far.count))
    drop(ledger.far.bytes, .outOfWindow, half)
    var piece = ledger.far.first
    while piece.exists {
      let next = pages[piece].right
      half.state.queue.free(piece, &pages)
      piece = next
    }
    farBytes &-= farCost(ledger.far)
    ledger.far = FarSegments()
  }

  /// The stream went on far ahead: what is queued comes first, then a gap, then the segments that proved it.
  mutating func jump(_ half: HalfHandle) {
    let ledger = ledger(half)
    let far = ledger.far
    farBytes &-= farCost(far)
    ledger.far = FarSegments()
    if !half.state.flags.contains(.started) { beginMidstream(half) }
    while half.state.queue.hasBytes { giveUpGap(half, cause: .age) }
    freeMarks(half)
    let start = half.state.next
    var run = GapRun(position: start)
    run.kind = .jump
    run.end = start &+ Int64(far.firstSequence &- UInt32(truncatingIfNeeded: start))
    declare(run, half, .age)
    half.state.next = run.end
    withdrawReset(half, end: run.end &+ far.bytes)
    var piece = far.first
    while piece.exists {
      let next = pages[piece].right
      pages[piece].right = .none
      pages[piece].arrival = clock.arrival
      half.state.queue.enter(piece, base: half.state.base, &pages)
      piece = next
    }
    deliver(half, live: nil, stamp: .none)
  }
}
