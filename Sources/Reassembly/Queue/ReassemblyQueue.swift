/// Reassembly queue: the segments of one direction above its expected sequence number.
///
/// They are in the order of sequence numbers and in that of arrival. Queued segments never overlap. Placeholders stand for bytes that were
/// on the wire and are not available; they are not in the order of arrival, because nothing waits for them.
struct ReassemblyQueue {
  var tree = SequenceTree()
  /// Oldest segment in the order of arrival.
  private(set) var oldest = QueuedIndex.none
  /// Newest segment in the order of arrival.
  private(set) var newest = QueuedIndex.none
  /// Page that takes the next bytes; `noPage` if there is none.
  private var fillPage = ReassemblyQueue.noPage
  /// Number of pages that hold bytes of this direction, queued or kept.
  private(set) var pageCount: UInt32 = 0
  /// Number of segments of this direction, queued or kept.
  private(set) var segmentCount: UInt32 = 0
  /// Number of bytes queued, without placeholders.
  private(set) var queuedBytes: UInt32 = 0

  private static let noPage = UInt32.max

  var isEmpty: Bool { tree.isEmpty }
  /// Whether bytes are queued, placeholders not counted.
  var hasBytes: Bool { oldest.exists }

  /// Whether the next `count` bytes after `base` overlap nothing queued, so that they can go to the stream from the packet itself.
  @inline(__always)
  func isClear(for count: Int, base: UInt32, _ pages: borrowing PageCache) -> Bool {
    if tree.isEmpty { return true }
    return Int64(Int32(bitPattern: pages[tree.first(pages)].start &- base)) >= Int64(count)
  }

  /// Memory in use, in bytes.
  var cost: Int { Int(pageCount) &* Page.size &+ Int(segmentCount) &* QueuedSegment.cost }

  // MARK: adding

  /// Copies bytes that no queued segment covers into pages, as one segment for each page.
  ///
  /// O(bytes + log n).
  mutating func insert(
    _ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, owner: SegmentExtent, stamp: PacketStamp, arrival: UInt64,
    base: UInt32, _ pages: inout PageCache
  ) {
    var done = 0
    while done < bytes.count {
      let queued = store(
        UnsafeBufferPointer(rebasing: bytes[done...]), at: start &+ UInt32(truncatingIfNeeded: done), owner: owner, stamp: stamp, &pages)
      pages[queued].arrival = arrival
      enter(queued, base: base, &pages)
      done += Int(pages[queued].length)
    }
  }

  /// Copies as many bytes as fit into the current page, as one segment that is in no order yet.
  mutating func store(
    _ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, owner: SegmentExtent, stamp: PacketStamp,
    _ pages: inout PageCache
  ) -> QueuedIndex {
    if fillPage == Self.noPage || pages.room(in: fillPage) == 0 { startPage(&pages) }
    let count = min(UInt32(truncatingIfNeeded: min(bytes.count, Page.size)), pages.room(in: fillPage))
    let offset = pages.reserve(count, in: fillPage)
    if let source = bytes.baseAddress {
      // `count` is at most `bytes.count`, and `reserve` gave out that many bytes of the page.
      pages.address(page: fillPage, offset: offset).update(from: source, count: Int(count))
    }
    let queued = pages.makeSegment()
    segmentCount &+= 1
    pages[queued].setBytes(page: fillPage, offset: offset, length: count)
    pages[queued].start = start
    pages[queued].owner = owner
    pages[queued].stamp = stamp
    return queued
  }

  private mutating func startPage(_ pages: inout PageCache) {
    fillPage = pages.next()
    pageCount &+= 1
  }

  /// Adds a placeholder for a range that no queued segment covers; it extends an adjacent one of the same kind.
  ///
  /// O(log n).
  mutating func insertPlaceholder(
    _ content: QueuedSegment.Content, at start: UInt32, length: UInt32, base: UInt32, _ pages: inout PageCache
  ) {
    let before = tree.predecessor(of: start, base: base, pages)
    if before.exists, pages[before].content == content, pages[before].end == start,
      UInt64(pages[before].length) + UInt64(length) <= UInt64(QueuedSegment.maximumPlaceholderLength)
    {
      pages[before].length = pages[before].length &+ length
      return
    }
    let placeholder = pages.makeSegment()
    segmentCount &+= 1
    pages[placeholder].start = start
    pages[placeholder].setPlaceholder(content, length: length)
    tree.insert(placeholder, base: base, pages)
  }

  /// Enters a stored segment into both orders.
  ///
  /// O(log n).
  mutating func enter(_ queued: QueuedIndex, base: UInt32, _ pages: inout PageCache) {
    tree.insert(queued, base: base, pages)
    appendToArrivals(queued, pages)
    queuedBytes &+= pages[queued].length
  }

  // MARK: taking away

  /// Removes a cluster from both orders; its segments keep their bytes and their ring.
  ///
  /// O(log n + segments).
  mutating func detach(_ head: QueuedIndex, base: UInt32, _ pages: inout PageCache) {
    tree.remove(head, base: base, pages)
    leaveArrivals(head, &pages)
  }

  /// Removes the first cluster from both orders if it has bytes and begins at `base`.
  ///
  /// - Returns: the head of the cluster; `.none` if there is no such cluster.
  mutating func detachDue(base: UInt32, _ pages: inout PageCache) -> QueuedIndex {
    let (head, parent) = tree.firstWithParent(pages)
    guard head.exists, pages[head].start == base, pages[head].content == .bytes else { return .none }
    tree.removeFirst(head, below: parent, pages)
    leaveArrivals(head, &pages)
    return head
  }

  /// Removes a cluster, which is no longer in the tree, from the order of arrival.
  private mutating func leaveArrivals(_ head: QueuedIndex, _ pages: inout PageCache) {
    guard pages[head].content == .bytes else { return }
    queuedBytes &-= pages.clusterEnd(of: head) &- pages[head].start
    let last = pages[head].lastOfCluster
    var next = last.exists ? pages[last].right : .none
    removeFromArrivals(head, pages)
    while next.exists {
      removeFromArrivals(next, pages)
      next = next == last ? .none : pages[next].right
    }
  }

  /// Frees a segment that is in no order, and its page if it is the last one there.
  ///
  /// O(1).
  mutating func free(_ queued: QueuedIndex, _ pages: inout PageCache) {
    if pages[queued].content == .bytes {
      let page = pages[queued].page
      if pages.release(page) { pageEnded(page) }
    }
    segmentCount &-= 1
    pages.freeSegment(queued)
  }

  /// Frees every segment of a detached cluster.
  mutating func freeCluster(_ head: QueuedIndex, _ pages: inout PageCache) {
    let last = pages[head].lastOfCluster
    var next = last.exists ? pages[last].right : .none
    free(head, &pages)
    while next.exists {
      let following = next == last ? QueuedIndex.none : pages[next].right
      free(next, &pages)
      next = following
    }
  }

  /// Splits a cluster or a placeholder at `sequence`, which lies inside it.
  ///
  /// O(segments of the cluster + log n).
  ///
  /// - Returns: the head of the part that begins at `sequence`.
  mutating func split(_ head: QueuedIndex, at sequence: UInt32, base: UInt32, _ pages: inout PageCache) -> QueuedIndex {
    let start = pages[head].start
    let last = pages[head].lastOfCluster
    // The chain is the head, then the ring from its first segment to `last`.
    let first = last.exists ? pages[last].right : .none
    var before = head
    var next = first
    while next.exists, pages[next].start &- start < sequence &- start {
      before = next
      next = next == last ? .none : pages[next].right
    }
    let rest: QueuedIndex
    if pages[before].end != sequence {
      rest = cut(before, at: sequence, &pages)
    } else {
      // `sequence` lies inside the cluster and a segment ends there, so another one begins.
      rest = next
      next = next == last ? .none : pages[next].right
    }
    pages[head].lastOfCluster = before == head ? .none : before
    if before != head { pages[before].right = first }
    pages[rest].lastOfCluster = next.exists ? last : .none
    if next.exists { pages[last].right = next }
    tree.insert(rest, base: base, pages)
    return rest
  }

  /// Splits a queued segment; its second part follows it in the order of arrival, and is in no other order.
  ///
  /// O(1).
  private mutating func cut(_ queued: QueuedIndex, at sequence: UInt32, _ pages: inout PageCache) -> QueuedIndex {
    let head = sequence &- pages[queued].start
    let rest = pages.makeSegment()
    segmentCount &+= 1
    pages[rest] = pages[queued]
    pages[rest].trimFront(head)
    pages[queued].length = head
    if pages[queued].content == .bytes {
      pages.retain(pages[queued].page)
      insertIntoArrivals(rest, after: queued, pages)
    }
    return rest
  }

  /// Removes `start..<end`, which lies in one cluster, from the queue, and frees its memory.
  ///
  /// O(segments + log n).
  mutating func remove(_ head: QueuedIndex, _ start: UInt32, _ end: UInt32, base: UInt32, _ pages: inout PageCache) {
    var head = head
    if pages[head].start != start { head = split(head, at: start, base: base, &pages) }
    if pages.clusterEnd(of: head) != end { _ = split(head, at: end, base: base, &pages) }
    detach(head, base: base, &pages)
    freeCluster(head, &pages)
  }

  // MARK: order of arrival

  /// Moves an overwritten segment to the end of the order of arrival.
  mutating func renew(_ queued: QueuedIndex, arrival: UInt64, _ pages: inout PageCache) {
    removeFromArrivals(queued, pages)
    pages[queued].arrival = arrival
    appendToArrivals(queued, pages)
  }

  private mutating func appendToArrivals(_ queued: QueuedIndex, _ pages: borrowing PageCache) {
    pages[queued].older = newest
    pages[queued].newer = .none
    if newest.exists { pages[newest].newer = queued } else { oldest = queued }
    newest = queued
  }

  private mutating func insertIntoArrivals(_ queued: QueuedIndex, after older: QueuedIndex, _ pages: borrowing PageCache) {
    let newer = pages[older].newer
    pages[queued].older = older
    pages[queued].newer = newer
    pages[older].newer = queued
    if newer.exists { pages[newer].older = queued } else { newest = queued }
  }

  private mutating func removeFromArrivals(_ queued: QueuedIndex, _ pages: borrowing PageCache) {
    let older = pages[queued].older
    let newer = pages[queued].newer
    if older.exists { pages[older].newer = newer } else { oldest = newer }
    if newer.exists { pages[newer].older = older } else { newest = older }
    pages[queued].older = .none
    pages[queued].newer = .none
  }
}

extension ReassemblyQueue {
  /// A page with `length` free bytes at its end for a cluster: the current one, or a fresh one that becomes current.
  mutating func pageForCluster(of length: UInt32, _ pages: inout PageCache) -> UInt32 {
    if fillPage == Self.noPage || pages.room(in: fillPage) < length { startPage(&pages) }
    return fillPage
  }

  /// Records that the last segment of a page is gone.
  mutating func pageEnded(_ page: UInt32) {
    pageCount &-= 1
    if page == fillPage { fillPage = Self.noPage }
  }
}
