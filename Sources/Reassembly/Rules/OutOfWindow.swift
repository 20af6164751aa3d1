import Packets

/// Out of window: segments more than 2^30 bytes from the expected offset, three of which in a row resynchronise the stream.
///
/// Rules, section 3: A segment.
extension Assembler {
  /// Counts a segment outside the window, and keeps it as proof.
  ///
  /// Three contiguous ones in a row show that the capture paused.
  mutating func handleOutOfWindow(_ segment: borrowing TCPSegment, _ sequence: UInt32, _ half: HalfHandle, stamp: PacketStamp)
    -> Disposition.Kind
  {
    let ledger = ledger(half)
    let length = segment.payload.count
    // Before the start is known, a segment near the lowest byte but too far below the highest one is no proof.
    let distance = half.state.position(of: sequence) &- expectedPosition(half)
    let isOutside = distance > Self.windowReach || distance < -Self.windowReach
    let isProof = length > 0 && segment.missingLength == 0 && isOutside && !half.state.flags.contains(.fin)
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

  /// Reserves memory for an out-of-window segment.
  ///
  /// Such a segment waits without a timer until the next segment of its direction, so all of them together may take a sixteenth of the
  /// memory only. Without room the segment is no proof.
  private mutating func reserveOutOfWindow(_ length: Int, _ half: HalfHandle) -> Bool {
    let cost = length &+ Page.size
    if let limit = options.memoryLimit, outOfWindowBytes &+ cost > limit / Self.ledgerShare {
      if ledger(half).outOfWindow.count > 0 { dropOutOfWindow(half) }
      return false
    }
    outOfWindowBytes &+= cost
    return true
  }

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

  /// Drops the out-of-window segments: they were not the stream.
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

  /// Resynchronises the stream: delivers what is queued, reports a gap, and continues with the out-of-window segments.
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
    // The highest number that was sent belongs to the stream before the jump.
    half.state.flags.remove(.hasHighestEnd)
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
