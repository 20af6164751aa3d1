/// Which of two copies of a byte wins.
extension OverlapPolicy {
  /// Whether the bytes of a new segment win against those of the segment that owns them now, by the extents of both as they came.
  func newWins(new: SegmentExtent, old: SegmentExtent) -> Bool {
    let start = Int32(bitPattern: new.start &- old.start)
    let end = Int32(bitPattern: new.end &- old.end)
    switch self {
    case .first: return false
    case .last: return true
    case .bsd: return start < 0
    case .linux: return start < 0 || (start == 0 && end > 0)
    case .oldLinux: return start < 0 || (start == 0 && end >= 0)
    case .solaris: return end > 0 || (end == 0 && start <= 0)
    }
  }

  /// How far one side wins all bytes of a run from `start` on, up to `stop` at most. O(1), O(pieces of the run) where the sides change in it.
  ///
  /// They change once at most. Under `bsd` and both policies of Linux the owner that holds a byte against the new segment begins where that
  /// one does or before, so it covers all of the new segment up to that byte, and whoever owns those bytes by now holds them all the better.
  /// Under `solaris` it ends where the new segment does or behind, and the same goes for all from that byte on; only a segment that the snap
  /// length cut need not cover them, and stands in no run. So the first and the last piece tell of those between.
  @inline(__always)
  func stretch(of run: PieceIndex, from start: UInt32, to stop: UInt32, new: SegmentExtent, _ pages: borrowing PageCache) -> (
    end: UInt32, newWins: Bool, wasWalked: Bool
  ) {
    if self == .first || self == .last { return (stop, self == .last, false) }
    let first = newWins(new: new, old: pages[run].owner)
    let last = newWins(new: new, old: pages[pages.last(ofRun: run)].owner)
    if first == last { return (stop, first, false) }
    var piece = run
    repeat { piece = pages.next(ofRun: run, after: piece) } while newWins(new: new, old: pages[piece].owner) == first
    let change = pages[piece].start
    if change &- pages[run].start <= start &- pages[run].start { return (stop, last, true) }
    return (Int32(bitPattern: change &- stop) < 0 ? change : stop, first, true)
  }

  /// How small neighbours are gathered into runs under this policy.
  var gathering: PieceQueue.Gathering {
    switch self {
    case .first: PieceQueue.Gathering(longestRun: UInt32(Page.size), smallRun: 128, leavesCutSegments: false)
    // A run is walked where the sides change in it.
    case .last, .bsd, .linux, .oldLinux, .solaris:
      PieceQueue.Gathering(longestRun: 512, smallRun: 128, leavesCutSegments: self == .solaris)
    }
  }
}
