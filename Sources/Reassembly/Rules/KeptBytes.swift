import Packets

/// Kept bytes: bytes that the stream reads again in front of the next delivery. (gopacket: `KeepFrom`.)
///
/// Rules, section 6: Gaps.
extension Assembler {
  mutating func collectKept(_ half: HalfHandle) {
    var queued = half.state.firstKept
    while queued.exists {
      delivery.append(pages.bytes(of: queued), stamp: pages[queued].stamp)
      queued = pages[queued].right
    }
  }

  /// Frees the delivered segments, except for the bytes that the stream keeps.
  mutating func keep(from keptFrom: Int, _ half: HalfHandle, live: UnsafeBufferPointer<UInt8>?, keptChunks: Int) {
    var queued = half.state.firstKept
    half.state.firstKept = .none
    half.state.lastKept = .none
    half.state.keptBytes = 0
    var start = 0
    while queued.exists {
      let next = pages[queued].right
      let length = Int(pages[queued].length)
      keepOrFree(queued, from: keptFrom - start, at: pages[queued].keptPosition, half)
      start += length
      queued = next
    }
    // The bytes from the queue lie after those of the packet and end at the expected offset.
    var position = half.state.next
    if keptFrom < delivery.bytes {
      for index in 0..<deliveredSegments.count { position &-= Int64(pages[deliveredSegments[index]].length) }
    }
    if let live {
      let end = start + live.count
      if keptFrom < end {
        save(
          UnsafeBufferPointer(rebasing: live[max(0, keptFrom - start)...]), endingAt: position, stamp: delivery.contents[keptChunks].stamp,
          half)
      }
      start = end
    }
    for index in 0..<deliveredSegments.count {
      let queued = deliveredSegments[index]
      let length = Int(pages[queued].length)
      keepOrFree(queued, from: keptFrom - start, at: position, half)
      start += length
      position &+= Int64(length)
    }
    if half.state.keptBytes > 0 { enforceKeptLimit(half) }
  }

  /// Keeps the bytes of a segment from `first` on, and frees the others.
  ///
  /// `first` may lie before or after the segment.
  private mutating func keepOrFree(_ queued: QueuedIndex, from first: Int, at position: Int64, _ half: HalfHandle) {
    guard first < Int(pages[queued].length) else {
      half.state.queue.free(queued, &pages)
      return
    }
    if first > 0 { pages[queued].trimFront(UInt32(truncatingIfNeeded: first)) }
    appendKept(queued, at: position &+ Int64(max(0, first)), half)
  }

  /// Copies the kept bytes of the current packet into pages.
  private mutating func save(_ bytes: UnsafeBufferPointer<UInt8>, endingAt end: Int64, stamp: PacketStamp, _ half: HalfHandle) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeBufferPointer(rebasing: bytes[done...])
      let position = end &- Int64(rest.count)
      let start = UInt32(truncatingIfNeeded: position)
      let extent = SegmentExtent(start: start, length: UInt32(truncatingIfNeeded: rest.count))
      let queued = half.state.queue.store(rest, at: start, owner: extent, stamp: stamp, &pages)
      done += Int(pages[queued].length)
      appendKept(queued, at: position, half)
    }
  }

  private mutating func appendKept(_ queued: QueuedIndex, at position: Int64, _ half: HalfHandle) {
    pages[queued].keptPosition = position
    pages[queued].left = .none
    pages[queued].right = .none
    pages[queued].lastOfCluster = .none
    let last = half.state.lastKept
    if last.exists { pages[last].right = queued } else { half.state.firstKept = queued }
    half.state.lastKept = queued
    half.state.keptBytes &+= pages[queued].length
  }

  /// Frees all kept bytes.
  mutating func freeKept(_ half: HalfHandle) {
    var queued = half.state.firstKept
    while queued.exists {
      let next = pages[queued].right
      half.state.queue.free(queued, &pages)
      queued = next
    }
    half.state.firstKept = .none
    half.state.lastKept = .none
    half.state.keptBytes = 0
  }

  /// Frees and counts kept bytes that alone exceed what a connection, or all connections, may take.
  private mutating func enforceKeptLimit(_ half: HalfHandle) {
    let kept = Int(half.state.keptBytes)
    let exceedsConnection = options.connectionMemory.map { kept > $0 } ?? false
    let exceedsTotal = options.memoryLimit.map { pages.usedBytes > $0 && gapTimers.isEmpty } ?? false
    guard exceedsConnection || exceedsTotal else { return }
    statistics.keptBytesReleased &+= UInt64(kept)
    freeKept(half)
  }
}
