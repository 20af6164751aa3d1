/// What one direction has ahead of its expected sequence number: pieces in order of sequence, and in order of arrival.
///
/// Pieces never overlap. Marks stand for bytes that were on the wire and are not at hand; they have no place in the order of
/// arrival, because nothing waits for them.
struct PieceQueue {
  var tree = PieceTree()
  /// Ends of the list by arrival.
  private(set) var oldest = PieceIndex.none
  private(set) var newest = PieceIndex.none
  /// The page that takes the next bytes; `noPage` where there is none.
  private var fillPage = PieceQueue.noPage
  /// Pages that hold bytes of this direction, queued or kept.
  private(set) var pageCount: UInt32 = 0
  /// Pieces of this direction, queued or kept.
  private(set) var pieceCount: UInt32 = 0
  /// Bytes queued, marks not counted.
  private(set) var queuedBytes: UInt32 = 0

  private static let noPage = UInt32.max

  var isEmpty: Bool { tree.isEmpty }
  /// Something is queued that can be handed on.
  var hasBytes: Bool { oldest.exists }

  /// Whether the next `count` bytes behind `base` meet nothing queued, so that they can go to the stream from the packet itself.
  @inline(__always)
  func isClear(for count: Int, base: UInt32, _ pages: borrowing PageCache) -> Bool {
    if tree.isEmpty { return true }
    return Int64(Int32(bitPattern: pages[tree.first(pages)].start &- base)) >= Int64(count)
  }

  /// Memory in use, in bytes.
  var cost: Int { Int(pageCount) &* Page.size &+ Int(pieceCount) &* Piece.cost }

  // MARK: adding

  /// Copies bytes that no piece covers into pages, one piece a page. O(bytes + log n).
  mutating func insert(
    _ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, owner: SegmentExtent, stamp: PacketStamp, arrival: UInt64,
    base: UInt32, _ pages: inout PageCache
  ) {
    var done = 0
    while done < bytes.count {
      let piece = store(
        UnsafeBufferPointer(rebasing: bytes[done...]), at: start &+ UInt32(truncatingIfNeeded: done), owner: owner, stamp: stamp, &pages)
      pages[piece].arrival = arrival
      enter(piece, base: base, &pages)
      done += Int(pages[piece].length)
    }
  }

  /// Copies as many bytes as fit into the current page, as one piece that stands in no order yet.
  mutating func store(
    _ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, owner: SegmentExtent, stamp: PacketStamp,
    _ pages: inout PageCache
  ) -> PieceIndex {
    if fillPage == Self.noPage || pages.room(in: fillPage) == 0 { startPage(&pages) }
    let count = min(UInt32(truncatingIfNeeded: min(bytes.count, Page.size)), pages.room(in: fillPage))
    let offset = pages.reserve(count, in: fillPage)
    if let source = bytes.baseAddress {
      // `count` is at most `bytes.count`, and `reserve` gave out that many bytes of the page.
      pages.address(page: fillPage, offset: offset).update(from: source, count: Int(count))
    }
    let piece = pages.makePiece()
    pieceCount &+= 1
    pages[piece].setBytes(page: fillPage, offset: offset, length: count)
    pages[piece].start = start
    pages[piece].owner = owner
    pages[piece].stamp = stamp
    return piece
  }

  private mutating func startPage(_ pages: inout PageCache) {
    fillPage = pages.next()
    pageCount &+= 1
  }

  /// Marks a range that no piece covers. Neighbouring marks of one kind become one. O(log n).
  mutating func insertMark(_ content: Piece.Content, at start: UInt32, length: UInt32, base: UInt32, _ pages: inout PageCache) {
    let before = tree.predecessor(of: start, base: base, pages)
    if before.exists, pages[before].content == content, pages[before].end == start,
      UInt64(pages[before].length) + UInt64(length) <= UInt64(Piece.maximumMarkLength)
    {
      pages[before].length = pages[before].length &+ length
      return
    }
    let mark = pages.makePiece()
    pieceCount &+= 1
    pages[mark].start = start
    pages[mark].setMark(content, length: length)
    tree.insert(mark, base: base, pages)
  }

  /// Puts a stored piece into both orders. O(log n).
  mutating func enter(_ piece: PieceIndex, base: UInt32, _ pages: inout PageCache) {
    tree.insert(piece, base: base, pages)
    appendToArrivals(piece, pages)
    queuedBytes &+= pages[piece].length
  }

  // MARK: taking away

  /// Takes the run that `head` leads out of both orders; its pieces keep their bytes and their ring. O(log n + pieces).
  mutating func detach(_ head: PieceIndex, base: UInt32, _ pages: inout PageCache) {
    tree.remove(head, base: base, pages)
    leaveArrivals(head, &pages)
  }

  /// Takes out the first run if it has bytes and begins at `base`, as `detach` does; answers its head, `.none` where there is no such run.
  mutating func detachDue(base: UInt32, _ pages: inout PageCache) -> PieceIndex {
    let (head, parent) = tree.firstWithParent(pages)
    guard head.exists, pages[head].start == base, pages[head].content == .bytes else { return .none }
    tree.removeFirst(head, below: parent, pages)
    leaveArrivals(head, &pages)
    return head
  }

  /// Takes a run that stands in the tree no more out of the order of arrival.
  private mutating func leaveArrivals(_ head: PieceIndex, _ pages: inout PageCache) {
    guard pages[head].content == .bytes else { return }
    queuedBytes &-= pages.runEnd(of: head) &- pages[head].start
    let last = pages[head].member
    var next = last.exists ? pages[last].right : .none
    removeFromArrivals(head, pages)
    while next.exists {
      removeFromArrivals(next, pages)
      next = next == last ? .none : pages[next].right
    }
  }

  /// Frees a piece that stands in no order, and its page with the last piece in it. O(1).
  mutating func free(_ piece: PieceIndex, _ pages: inout PageCache) {
    if pages[piece].content == .bytes {
      let page = pages[piece].page
      if pages.release(page) { pageEnded(page) }
    }
    pieceCount &-= 1
    pages.freePiece(piece)
  }

  /// Frees every piece of a detached run.
  mutating func freeRun(_ head: PieceIndex, _ pages: inout PageCache) {
    let last = pages[head].member
    var next = last.exists ? pages[last].right : .none
    free(head, &pages)
    while next.exists {
      let following = next == last ? PieceIndex.none : pages[next].right
      free(next, &pages)
      next = following
    }
  }

  /// Parts a run or a mark at `sequence`, which lies inside it; answers the head of the part behind. O(pieces of the run + log n).
  mutating func split(_ head: PieceIndex, at sequence: UInt32, base: UInt32, _ pages: inout PageCache) -> PieceIndex {
    let start = pages[head].start
    let last = pages[head].member
    // The chain is the head, then the ring from its first piece to `last`.
    let first = last.exists ? pages[last].right : .none
    var before = head
    var next = first
    while next.exists, pages[next].start &- start < sequence &- start {
      before = next
      next = next == last ? .none : pages[next].right
    }
    let behind: PieceIndex
    if pages[before].end != sequence {
      behind = cut(before, at: sequence, &pages)
    } else {
      // `sequence` lies inside the run and a piece ends there, so another one begins.
      behind = next
      next = next == last ? .none : pages[next].right
    }
    pages[head].member = before == head ? .none : before
    if before != head { pages[before].right = first }
    pages[behind].member = next.exists ? last : .none
    if next.exists { pages[last].right = next }
    tree.insert(behind, base: base, pages)
    return behind
  }

  /// Parts a piece; the part behind stands behind it in the order of arrival, and in no other. O(1).
  private mutating func cut(_ piece: PieceIndex, at sequence: UInt32, _ pages: inout PageCache) -> PieceIndex {
    let head = sequence &- pages[piece].start
    let behind = pages.makePiece()
    pieceCount &+= 1
    pages[behind] = pages[piece]
    pages[behind].trimFront(head)
    pages[piece].length = head
    if pages[piece].content == .bytes {
      pages.retain(pages[piece].page)
      insertIntoArrivals(behind, after: piece, pages)
    }
    return behind
  }

  /// Takes `start..<end`, which lies in the run that `head` leads, out of the queue, and lets go of its memory. O(pieces + log n).
  mutating func remove(_ head: PieceIndex, _ start: UInt32, _ end: UInt32, base: UInt32, _ pages: inout PageCache) {
    var head = head
    if pages[head].start != start { head = split(head, at: start, base: base, &pages) }
    if pages.runEnd(of: head) != end { _ = split(head, at: end, base: base, &pages) }
    detach(head, base: base, &pages)
    freeRun(head, &pages)
  }

  // MARK: order of arrival

  /// A piece was overwritten by a later segment: it counts as arrived now.
  mutating func renew(_ piece: PieceIndex, arrival: UInt64, _ pages: inout PageCache) {
    removeFromArrivals(piece, pages)
    pages[piece].arrival = arrival
    appendToArrivals(piece, pages)
  }

  private mutating func appendToArrivals(_ piece: PieceIndex, _ pages: borrowing PageCache) {
    pages[piece].older = newest
    pages[piece].newer = .none
    if newest.exists { pages[newest].newer = piece } else { oldest = piece }
    newest = piece
  }

  private mutating func insertIntoArrivals(_ piece: PieceIndex, after older: PieceIndex, _ pages: borrowing PageCache) {
    let newer = pages[older].newer
    pages[piece].older = older
    pages[piece].newer = newer
    pages[older].newer = piece
    if newer.exists { pages[newer].older = piece } else { newest = piece }
  }

  private mutating func removeFromArrivals(_ piece: PieceIndex, _ pages: borrowing PageCache) {
    let older = pages[piece].older
    let newer = pages[piece].newer
    if older.exists { pages[older].newer = newer } else { oldest = newer }
    if newer.exists { pages[newer].older = older } else { newest = older }
    pages[piece].older = .none
    pages[piece].newer = .none
  }
}

extension PieceQueue {
  /// A page with `length` free bytes at its end for a run: the current one, or a fresh one that becomes current.
  mutating func pageForRun(of length: UInt32, _ pages: inout PageCache) -> UInt32 {
    if fillPage == Self.noPage || pages.room(in: fillPage) < length { startPage(&pages) }
    return fillPage
  }

  /// The last piece of a page has left it.
  mutating func pageEnded(_ page: UInt32) {
    pageCount &-= 1
    if page == fillPage { fillPage = Self.noPage }
  }
}
