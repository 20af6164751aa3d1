import Packets

/// Overlap: bytes above a hole that overlap queued bytes. (gopacket: `checkOverlap`.)
///
/// Rules, section 4: Overlap.
///
/// Each byte of the new segment N is decided against the queued cluster O. The policies compare the extents of the segments as they came:
///
///     1  O before N          [--O--]  [--N--]          N is stored
///     2  O overlaps N's start   [--O--]                the shared bytes go to the winner,
///                                  [--N--]             the rest of N is stored
///     3  N covers O            [-O-]                   the shared bytes go to the winner,
///                            [---N---]                 both ends of N are stored
///     4  O overlaps N's end        [--O--]             as 2, mirrored
///                               [--N--]
///     5  O after N           [--N--]  [--O--]          N is stored
///     6  O covers N          [---O---]                 the shared bytes go to the winner
///                              [-N-]
extension Assembler {
  /// Stores bytes above the expected offset.
  ///
  /// O(bytes + overlapped clusters + log of what is queued).
  ///
  /// If the new segment overlaps few clusters, the bytes that it wins are overwritten in place. If it overlaps many, they are removed, and
  /// the new bytes are stored as one segment, so that later segments overlap fewer. Many small clusters that it loses against are coalesced
  /// for the same reason.
  mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int64, _ incoming: Incoming, _ half: HalfHandle) {
    let base = half.state.base
    let first = UInt32(truncatingIfNeeded: start)
    let end = first &+ UInt32(truncatingIfNeeded: bytes.count)
    // The buffer is taken out during the walk and put back below, so that it is allocated once.
    var overlapped = QueuedList()
    swap(&overlapped, &overlapping)
    overlapped.removeAll()
    half.state.queue.tree.collect(overlapping: first, end, base: base, into: &overlapped, path: &path, pages)
    let replaces = overlapped.count > ReassemblyQueue.replacingThreshold
    var cursor = first
    // The bytes between here and the cursor are still to be stored.
    var unstored = first
    var shared = 0
    for index in 0..<overlapped.count {
      let head = overlapped[index]
      if Int32(bitPattern: pages[head].start &- cursor) > 0 { cursor = pages[head].start }
      let headEnd = pages.clusterEnd(of: head)
      let stop = Int32(bitPattern: headEnd &- end) < 0 ? headEnd : end
      guard pages[head].content == .bytes else {
        half.state.queue.remove(head, cursor, stop, base: base, &pages)
        cursor = stop
        continue
      }
      shared &+= Int(stop &- cursor)
      var cluster = head
      while cursor != stop {
        let (limit, newWins, wasWalked) = options.overlapPolicy.stretch(of: cluster, from: cursor, to: stop, new: incoming.extent, pages)
        let copy = slice(bytes, from: first, cursor, limit)
        compare(cluster, with: copy, at: cursor, newWins: newWins, incoming, half)
        // If the cluster continues, its rest gets a head of its own before the part before it may be removed.
        let rest = limit == stop ? .none : half.state.queue.split(cluster, at: limit, base: base, &pages)
        if newWins, replaces || pages[cluster].lastOfCluster.exists {
          half.state.queue.remove(cluster, cursor, limit, base: base, &pages)
        } else {
          if unstored != cursor { store(slice(bytes, from: first, unstored, cursor), at: unstored, incoming, half) }
          if newWins { overwrite(cluster, copy, at: cursor, incoming, half) } else if wasWalked { halve(cluster, half) }
          unstored = limit
        }
        cursor = limit
        cluster = rest
      }
    }
    if unstored != end { store(slice(bytes, from: first, unstored, end), at: unstored, incoming, half) }
    if shared > 0 {
      half.state.retransmittedBytes &+= Int64(shared)
      statistics.overlapPackets &+= 1
      statistics.overlapBytes &+= UInt64(shared)
    }
    if overlapped.count > ReassemblyQueue.coalescingThreshold {
      overlapped.removeAll()
      half.state.queue.tree.collect(overlapping: first, end, base: base, into: &overlapped, path: &path, pages)
      half.state.queue.coalesce(overlapped, options.overlapPolicy.coalescing, base: base, &pages)
    }
    swap(&overlapped, &overlapping)
  }

  /// Halves a cluster that had to be walked to find where the winner changes, so that the next segment walks half as far.
  private mutating func halve(_ cluster: QueuedIndex, _ half: HalfHandle) {
    let length = pages.clusterEnd(of: cluster) &- pages[cluster].start
    guard length > Self.shortCluster else { return }
    _ = half.state.queue.split(cluster, at: pages[cluster].start &+ length / 2, base: half.state.base, &pages)
  }

  /// Length in bytes up to which a cluster is not halved.
  private static let shortCluster: UInt32 = 32

  private func slice(_ bytes: UnsafeBufferPointer<UInt8>, from first: UInt32, _ start: UInt32, _ end: UInt32) -> UnsafeBufferPointer<UInt8>
  {
    UnsafeBufferPointer(rebasing: bytes[Int(start &- first)..<Int(end &- first)])
  }

  mutating func store(_ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, _ incoming: Incoming, _ half: HalfHandle) {
    let base = half.state.base
    half.state.queue.insert(
      bytes, at: start, owner: incoming.extent, stamp: incoming.stamp, arrival: clock.arrival, base: base, &pages)
  }

  /// Overwrites queued bytes in their page.
  mutating func overwrite(
    _ head: QueuedIndex, _ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, _ incoming: Incoming, _ half: HalfHandle
  ) {
    let base = half.state.base
    var queued = head
    if pages[queued].start != start { queued = half.state.queue.split(queued, at: start, base: base, &pages) }
    let end = start &+ UInt32(truncatingIfNeeded: bytes.count)
    if pages[queued].end != end { _ = half.state.queue.split(queued, at: end, base: base, &pages) }
    if let source = bytes.baseAddress {
      // The queued segment was split to exactly these bytes.
      pages.address(page: pages[queued].page, offset: pages[queued].pageOffset).update(from: source, count: bytes.count)
    }
    pages[queued].owner = incoming.extent
    pages[queued].stamp = incoming.stamp
    half.state.queue.renew(queued, arrival: clock.arrival, &pages)
  }
}
