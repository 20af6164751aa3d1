/// The overlap policies: which of two copies of a byte wins.
///
/// Rules, section 4: Overlap.
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

  /// How far one side wins all bytes of a cluster from `start` on, up to `stop` at most. O(1), O(segments of the cluster) where the sides change in it.
  ///
  /// They change once at most. Under `bsd` and both policies of Linux the owner that holds a byte against the new segment begins where that
  /// one does or before, so it covers all of the new segment up to that byte, and whoever owns those bytes by now holds them all the better.
  /// Under `solaris` it ends where the new segment does or behind, and the same goes for all from that byte on; only a segment that the snap
  /// length cut need not cover them, and stands in no cluster. So the first and the last segment tell of those between.
  @inline(__always)
  func stretch(of cluster: QueuedIndex, from start: UInt32, to stop: UInt32, new: SegmentExtent, _ pages: borrowing PageCache) -> (
    end: UInt32, newWins: Bool, wasWalked: Bool
  ) {
    if self == .first || self == .last { return (stop, self == .last, false) }
    let first = newWins(new: new, old: pages[cluster].owner)
    let last = newWins(new: new, old: pages[pages.last(ofCluster: cluster)].owner)
    if first == last { return (stop, first, false) }
    var queued = cluster
    repeat { queued = pages.next(ofCluster: cluster, after: queued) } while newWins(new: new, old: pages[queued].owner) == first
    let change = pages[queued].start
    if change &- pages[cluster].start <= start &- pages[cluster].start { return (stop, last, true) }
    return (Int32(bitPattern: change &- stop) < 0 ? change : stop, first, true)
  }

  /// How small neighbours are coalesced into clusters under this policy.
  var coalescing: ReassemblyQueue.Coalescing {
    switch self {
    case .first: ReassemblyQueue.Coalescing(longestCluster: UInt32(Page.size), smallCluster: 128, leavesCutSegments: false)
    // A cluster is walked where the sides change in it.
    case .last, .bsd, .linux, .oldLinux, .solaris:
      ReassemblyQueue.Coalescing(longestCluster: 512, smallCluster: 128, leavesCutSegments: self == .solaris)
    }
  }
}
