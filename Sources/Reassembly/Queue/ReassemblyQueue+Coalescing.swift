/// Gathering small neighbours into runs.
extension PieceQueue {
  /// A segment that meets more runs than this has them gathered, where they are small.
  static let gatheringThreshold = 16
  /// A segment that meets more runs than this does not overwrite what it wins where it lies, but takes its place.
  static let replacingThreshold = 5

  /// What is gathered, and how far.
  struct Gathering {
    /// In bytes; a page at most.
    var longestRun: UInt32
    /// Runs shorter than this on the average are worth gathering.
    var smallRun: Int
    /// Segments that the snap length cut stay apart.
    var leavesCutSegments: Bool
  }

  /// Copies the bytes of adjacent small runs side by side into a page, so that the next segment over them meets one run.
  ///
  /// A run is joined only with neighbours that together are as long as itself, so a byte is copied at most once for each doubling of its
  /// run, twelve times in all; what stays apart falls off in length by half and half. So the cost a segment is amortised logarithmic in
  /// the size of a page, however the segments overlap.
  mutating func gather(_ runs: borrowing PieceList, _ gathering: Gathering, base: UInt32, _ pages: inout PageCache) {
    guard runs.count > Self.gatheringThreshold else { return }
    let span = pages.runEnd(of: runs[runs.count - 1]) &- pages[runs[0]].start
    guard Int(span) < runs.count &* gathering.smallRun else { return }
    var index = 0
    while index < runs.count {
      var end = index
      var length: UInt32 = 0
      while end < runs.count, pages[runs[end]].content == .bytes {
        if gathering.leavesCutSegments, pages[runs[end]].owner.isCut { break }
        if end > index, pages[runs[end]].start != pages.runEnd(of: runs[end - 1]) { break }
        let more = Self.length(of: runs[end], pages)
        if length &+ more > gathering.longestRun { break }
        length &+= more
        end += 1
      }
      gather(runs, index..<end, length: length, base: base, &pages)
      index = max(end, index + 1)
    }
  }

  /// Joins contiguous runs that fit a page, apart from the longest where it is longer than the others together. Each level of the recursion
  /// halves the length, so there are at most twelve.
  private mutating func gather(
    _ runs: borrowing PieceList, _ range: Range<Int>, length: UInt32, base: UInt32, _ pages: inout PageCache
  ) {
    guard range.count > 1 else { return }
    var longest = range.lowerBound
    var most: UInt32 = 0
    var before: UInt32 = 0
    var done: UInt32 = 0
    for index in range {
      let more = Self.length(of: runs[index], pages)
      if more > most { (longest, most, before) = (index, more, done) }
      done &+= more
    }
    guard most > length / 2 else {
      join(runs, range, length: length, base: base, &pages)
      return
    }
    gather(runs, range.lowerBound..<longest, length: before, base: base, &pages)
    gather(runs, (longest + 1)..<range.upperBound, length: length &- before &- most, base: base, &pages)
  }

  private static func length(of run: PieceIndex, _ pages: borrowing PageCache) -> UInt32 { pages.runEnd(of: run) &- pages[run].start }

  private mutating func join(_ runs: borrowing PieceList, _ range: Range<Int>, length: UInt32, base: UInt32, _ pages: inout PageCache) {
    let page = pageForRun(of: length, &pages)
    let head = runs[range.lowerBound]
    var last = PieceIndex.none
    var first = PieceIndex.none
    for index in range {
      let run = runs[index]
      if run != head { tree.remove(run, base: base, pages) }
      let ringEnd = pages[run].member
      var next = ringEnd.exists ? pages[ringEnd].right : .none
      var piece = run
      while true {
        move(piece, to: page, &pages)
        if piece != head {
          if last.exists { pages[last].right = piece } else { first = piece }
          last = piece
        }
        guard next.exists else { break }
        piece = next
        next = next == ringEnd ? .none : pages[next].right
      }
      pages[run].member = .none
    }
    pages[last].right = first
    pages[head].member = last
  }

  /// Copies a piece's bytes to the end of another page.
  private mutating func move(_ piece: PieceIndex, to page: UInt32, _ pages: inout PageCache) {
    let source = pages.bytes(of: piece)
    let old = pages[piece].page
    let offset = pages.reserve(UInt32(truncatingIfNeeded: source.count), in: page)
    if let start = source.baseAddress { pages.address(page: page, offset: offset).update(from: start, count: source.count) }
    pages[piece].setBytes(page: page, offset: offset, length: UInt32(truncatingIfNeeded: source.count))
    if pages.release(old) { pageEnded(old) }
  }
}
