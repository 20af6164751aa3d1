/// Overlap policies: which of two copies of a byte wins.
///
/// Rules, section 4: Overlap.
extension OverlapPolicy {
  /// Whether the bytes of a new segment win against those of the segment that brought them before, by the extents of both as they came.
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

  /// The part of a cluster, from `start` up to `stop` at most, in which one side wins all bytes.
  ///
  /// O(1); O(segments of the cluster) if the winner changes inside the cluster.
  ///
  /// The winner changes once at most. Under `bsd`, `linux` and `oldLinux` an owner that wins a byte against the new segment begins at or
  /// before the start of that one, so it covered all bytes of the new segment up to that byte, and their present owners win too. Under
  /// `solaris` such an owner ends at or after the end of the new segment, and the same holds for all bytes from that byte on. Only a
  /// segment that the snap length cut need not cover them, and such a segment is in no cluster. So the first and the last segment of a
  /// cluster decide for those between.
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

  /// The way in which small neighbours are coalesced under this policy.
  var coalescing: ReassemblyQueue.Coalescing {
    switch self {
    case .first: ReassemblyQueue.Coalescing(longestCluster: UInt32(Page.size), smallCluster: 128, leavesCutSegments: false)
    // These clusters are walked if the winner changes inside, so they stay short.
    case .last, .bsd, .linux, .oldLinux, .solaris:
      ReassemblyQueue.Coalescing(longestCluster: 512, smallCluster: 128, leavesCutSegments: self == .solaris)
    }
  }
}
