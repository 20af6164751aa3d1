import Packets

/// Delivery: passing bytes to the stream. (gopacket: `sendToConnection`, `buildSG`, `addPending`, `addContiguous`.)
///
/// Rules, section 6: Gaps.
extension Assembler {
  /// Delivers what is ready: kept bytes, new bytes, and the end if the FIN is reached.
  ///
  /// New bytes are those of the current packet and the queued bytes that follow them. Nothing happens if nothing is ready.
  ///
  /// - Parameters:
  ///   - half: the direction.
  ///   - live: bytes of the current packet that begin at the expected offset and overlap nothing queued.
  ///   - stamp: the packet that brought `live`.
  ///   - isLast: the direction is over, whether its FIN was reached or not.
  mutating func deliver(
    _ half: HalfHandle, live: UnsafeBufferPointer<UInt8>?, stamp: PacketStamp, isLast: Bool = false
  ) {
    delivery.removeAll()
    var first = half.state.next
    let kept = half.state.firstKept
    if kept.exists {
      // Kept bytes may lie before a gap, so their stored position counts, not their distance from the new bytes.
      first = pages[kept].keptPosition
      collectKept(half)
    }
    let keptChunks = delivery.count
    let keptCount = delivery.bytes
    let firstOffset = half.state.offset(of: first)
    if let live {
      delivery.append(live, stamp: stamp)
      half.state.next &+= Int64(live.count)
    }
    if half.state.queue.hasBytes {
      collectContiguous(half)
      updateGapTimer(half)
    }
    let newCount = delivery.bytes - keptCount
    let flags = half.state.flags
    let reachesEnd = flags.contains(.fin) && half.state.next == half.state.fin && !flags.contains(.finReached)
    let isEnd = reachesEnd || isLast
    if newCount > 0 || isEnd {
      if reachesEnd { recordEnd(half) }
      sendToStream(half, keptCount: keptCount, offset: firstOffset, isEnd: isEnd, live: live, keptChunks: keptChunks)
    }
    if !deliveredSegments.isEmpty { deliveredSegments.removeAll() }
    acceptPendingReset(half)
  }

  /// Delivers bytes that begin at the expected offset.
  ///
  /// This is a fast case of `deliver`: nothing is queued or kept, no end is known, and no ledger of the connection matters.
  @inline(always)
  mutating func deliverInOrder(_ half: HalfHandle, _ live: UnsafeBufferPointer<UInt8>, stamp: PacketStamp) {
    delivery.replaceAll(with: live, stamp: stamp)
    let offset = half.state.offset(of: half.state.next)
    half.state.next &+= Int64(live.count)
    countDelivered(half, bytes: live.count, packets: 1)
    let keptFrom = callStream(half, keptCount: 0, offset: offset, isEnd: false, skipped: 0)
    if keptFrom < live.count { keep(from: keptFrom, half, live: live, keptChunks: 0) }
  }

  /// Delivers the end, if the FIN is reached and nothing is queued or kept.
  mutating func deliverEnd(_ half: HalfHandle) {
    delivery.removeAll()
    recordEnd(half)
    _ = callStream(half, keptCount: 0, offset: half.state.offset(of: half.state.next), isEnd: true, skipped: 0)
  }

  @inline(always)
  private mutating func recordEnd(_ half: HalfHandle) {
    half.state.flags.insert(.finReached)
    half.connection.state.flags.insert(.hasFINReached)
  }

  /// Whether a direction has nothing queued or kept, and no ledger.
  @inline(always)
  func hasNothingQueued(_ half: HalfHandle) -> Bool {
    half.state.queue.isEmpty && !half.state.firstKept.exists && half.state.ledger == nil
  }

  mutating func sendToStream(
    _ half: HalfHandle, keptCount: Int, offset: Int64, isEnd: Bool, live: UnsafeBufferPointer<UInt8>?, keptChunks: Int
  ) {
    countDelivered(half, bytes: delivery.bytes &- keptCount, packets: delivery.count &- keptChunks)
    var skipped: Int64 = 0
    if let ledger = half.state.ledger {
      skipped = ledger.skippedBytes
      ledger.skippedBytes = 0
    }
    let keptFrom = callStream(half, keptCount: keptCount, offset: offset, isEnd: isEnd, skipped: skipped)
    // If nothing lies in pages and the stream keeps nothing, there is nothing to free or to keep.
    guard keptChunks > 0 || keptFrom < delivery.bytes || !deliveredSegments.isEmpty else { return }
    keep(from: keptFrom, half, live: live, keptChunks: keptChunks)
  }

  @inline(always)
  private mutating func countDelivered(_ half: HalfHandle, bytes: Int, packets: Int) {
    half.state.bytes &+= Int64(bytes)
    statistics.reassembledBytes &+= UInt64(truncatingIfNeeded: bytes)
    if bytes > 0 { statistics.reassembledChunks &+= 1 }
    statistics.biggestChunkBytes = max(statistics.biggestChunkBytes, UInt64(truncatingIfNeeded: bytes))
    statistics.biggestChunkPackets = max(statistics.biggestChunkPackets, UInt64(truncatingIfNeeded: packets))
  }

  /// Calls the stream with the collected bytes.
  ///
  /// - Returns: the index in `delivery` of the first byte that the stream keeps; the number of its bytes if it keeps none, as at the end.
  @inline(always)
  mutating func callStream(_ half: HalfHandle, keptCount: Int, offset: Int64, isEnd: Bool, skipped: Int64) -> Int {
    let flags = half.state.flags
    let isStart = !flags.contains(.delivered)
    // Without a SYN the distance of the first bytes from the true start is not known.
    let knowsSkipped = !isStart || flags.contains(.syn)
    half.state.flags = flags.union(.delivered)
    let client = half.connection.state.flags.client
    var data = ReassembledData(
      delivery.contents, of: half, side: half.side, direction: half.side == client ? .clientToServer : .serverToClient,
      count: delivery.bytes, keptCount: keptCount, offset: offset, isStart: isStart, isEnd: isEnd, skipped: knowsSkipped ? skipped : nil)
    half.connection.stream.reassembled(&data)
    return isEnd ? data.count : data.keptFrom
  }

  /// Takes the contiguous clusters at the expected offset out of the queue.
  ///
  /// O(segments + log of what is queued) for each cluster.
  private mutating func collectContiguous(_ half: HalfHandle) {
    while true {
      let base = half.state.base
      let head = half.state.queue.detachDue(base: base, &pages)
      guard head.exists else { return }
      let length = pages.clusterEnd(of: head) &- base
      let last = pages[head].lastOfCluster
      var queued = head
      var next = last.exists ? pages[last].right : .none
      while true {
        delivery.append(pages.bytes(of: queued), stamp: pages[queued].stamp)
        deliveredSegments.append(queued)
        guard next.exists else { break }
        queued = next
        next = queued == last ? .none : pages[queued].right
      }
      half.state.next &+= Int64(length)
    }
  }
}
