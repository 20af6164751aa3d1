import Packets

/// Out of window: segments more than 2^30 bytes from the expected offset, and three of them in a row that resynchronise the stream.
///
/// Rules, section 3: A segment.
extension Assembler {
  /// A segment outside the window: counted; three in a row that continue one another prove that the capture paused.
  mutating func handleOutOfWindow(_ segment: borrowing TCPSegment, _ sequence: UInt32, _ half: HalfHandle, stamp: PacketStamp)
    -> Disposition.Kind
  {
    let ledger = ledger(half)
    let length = segment.payload.count
    // Before the start is known, what lies near the lowest byte but too far below the highest one proves nothing.
    let distance = half.state.position(of: sequence) &- expectedPosition(half)
    let isFar = distance > Self.windowReach || distance < -Self.windowReach
    let isProof = length > 0 && segment.missingLength == 0 && isFar && !half.state.flags.contains(.fin)
    if ledger.outOfWindow.count > 0, sequence != ledger.outOfWindow.nextSequence || !isProof { dropOutOfWindow(half) }
    guard isProof else {
      count(.outOfWindow, half)
      drop(Int64(length), .outOfWindow, half)
      return .outOfWindow
    }
    guard reserveOutOfWindow(length, half) else {
      drop(Int64(length), .outOfWindow, half)
      count(.outOfWindow, half)
      return .outOfWindow
    }
    if ledger.outOfWindow.count == 0 { ledger.outOfWindow.firstSequence = sequence }
    let payload = segment.payload
    payload.withUnsafeBufferPointer { storeOutOfWindow($0, at: sequence, half, stamp: stamp) }
    ledger.outOfWindow.count += 1
    ledger.outOfWindow.bytes &+= Int64(length)
    ledger.outOfWindow.nextSequence = sequence &+ UInt32(truncatingIfNeeded: length)
    guard ledger.outOfWindow.count == OutOfWindowRun.proofLength else { return .outOfWindow }
    resynchronise(half)
    return .delivered
  }

  /// Far segments wait for ever, and nothing but the next segment of their direction frees them: they may take a small part of the memory.
  /// Where that is full, they are no proof.
  private mutating func reserveOutOfWindow(_ length: Int, _ half: HalfHandle) -> Bool {
    let cost = length &+ Page.size
    let limit = options.maxBufferedPagesTotal &* (Page.size / Self.outOfWindowShare)
    if limit > 0, outOfWindowBytes &+ cost > limit {
      if ledger(half).outOfWindow.count > 0 { dropOutOfWindow(half) }
      return false
    }
    outOfWindowBytes &+= cost
    return true
  }

  /// One part in so many of all memory may hold far segments.
  private static let outOfWindowShare = 16

  private func outOfWindowCost(_ proof: OutOfWindowRun) -> Int { Int(proof.bytes) &+ proof.count &* Page.size }

  private mutating func storeOutOfWindow(_ bytes: UnsafeBufferPointer<UInt8>, at sequence: UInt32, _ half: HalfHandle, stamp: PacketStamp) {
    let ledger = ledger(half)
    var done = 0
    while done < bytes.count {
      let queued = half.state.queue.store(
        UnsafeBufferPointer(rebasing: bytes[done...]), at: sequence &+ UInt32(truncatingIfNeeded: done),
        owner: SegmentExtent(start: sequence, length: UInt32(truncatingIfNeeded: bytes.count)), stamp: stamp, &pages)
      if ledger.outOfWindow.last.exists { pages[ledger.outOfWindow.last].right = queued } else { ledger.outOfWindow.first = queued }
      ledger.outOfWindow.last = queued
      done += Int(pages[queued].length)
    }
  }

  /// What was far was not the stream: its bytes are dropped.
  mutating func dropOutOfWindow(_ half: HalfHandle) {
    let ledger = ledger(half)
    count(.outOfWindow, half, count: UInt64(ledger.outOfWindow.count))
    drop(ledger.outOfWindow.bytes, .outOfWindow, half)
    var queued = ledger.outOfWindow.first
    while queued.exists {
      let next = pages[queued].right
      half.state.queue.free(queued, &pages)
      queued = next
    }
    outOfWindowBytes &-= outOfWindowCost(ledger.outOfWindow)
    ledger.outOfWindow = OutOfWindowRun()
  }

  /// The stream went on far ahead: what is queued comes first, then a gap, then the segments that proved it.
  mutating func resynchronise(_ half: HalfHandle) {
    let ledger = ledger(half)
    let proof = ledger.outOfWindow
    outOfWindowBytes &-= outOfWindowCost(proof)
    ledger.outOfWindow = OutOfWindowRun()
    if !half.state.flags.contains(.started) { startMidstream(half) }
    while half.state.queue.hasBytes { giveUpGap(half, cause: .age) }
    freePlaceholders(half)
    let start = half.state.next
    var builder = GapBuilder(position: start)
    builder.kind = .jump
    builder.end = start &+ Int64(proof.firstSequence &- UInt32(truncatingIfNeeded: start))
    declare(builder, half, .age)
    half.state.next = builder.end
    withdrawReset(half, end: builder.end &+ proof.bytes)
    var queued = proof.first
    while queued.exists {
      let next = pages[queued].right
      pages[queued].right = .none
      pages[queued].arrival = clock.arrival
      half.state.queue.enter(queued, base: half.state.base, &pages)
      queued = next
    }
    deliver(half, live: nil, stamp: .none)
  }
}
