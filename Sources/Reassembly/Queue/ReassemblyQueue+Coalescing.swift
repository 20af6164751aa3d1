/// Coalescing: adjacent small clusters become one.
extension ReassemblyQueue {
  /// Number of clusters that a segment must overlap for small ones among them to be coalesced.
  static let coalescingThreshold = 16
  /// Number of clusters that a segment must overlap to replace the bytes that it wins, instead of overwriting them in place.
  static let replacingThreshold = 5

  /// Limits of coalescing.
  struct Coalescing {
    /// Greatest length of a cluster in bytes; a page at most.
    var longestCluster: UInt32
    /// Average length in bytes below which clusters are coalesced.
    var smallCluster: Int
    /// Whether segments that the snap length cut stay apart.
    var leavesCutSegments: Bool
  }

  /// Copies the bytes of adjacent small clusters into one page, so that the next segment over them overlaps one cluster.
  ///
  /// A cluster is joined only with neighbours that together are as long as itself. So a byte is copied at most once for each doubling of
  /// its cluster, which makes twelve copies in all, and the cost of a segment is amortised logarithmic in the size of a page, however the
  /// segments overlap.
  mutating func coalesce(_ clusters: borrowing QueuedList, _ coalescing: Coalescing, base: UInt32, _ pages: inout PageCache) {
    guard clusters.count > Self.coalescingThreshold else { return }
    let span = pages.clusterEnd(of: clusters[clusters.count - 1]) &- pages[clusters[0]].start
    guard Int(span) < clusters.count &* coalescing.smallCluster else { return }
    var index = 0
    while index < clusters.count {
      var end = index
      var length: UInt32 = 0
      while end < clusters.count, pages[clusters[end]].content == .bytes {
        if coalescing.leavesCutSegments, pages[clusters[end]].owner.isCut { break }
        if end > index, pages[clusters[end]].start != pages.clusterEnd(of: clusters[end - 1]) { break }
        let more = Self.length(of: clusters[end], pages)
        if length &+ more > coalescing.longestCluster { break }
        length &+= more
        end += 1
      }
      coalesce(clusters, index..<end, length: length, base: base, &pages)
      index = max(end, index + 1)
    }
  }

  /// Joins contiguous clusters that fit into a page, except for the longest if it is longer than the others together.
  ///
  /// Each level of the recursion halves the length, so there are at most twelve.
  private mutating func coalesce(
    _ clusters: borrowing QueuedList, _ range: Range<Int>, length: UInt32, base: UInt32, _ pages: inout PageCache
  ) {
    guard range.count > 1 else { return }
    var longest = range.lowerBound
    var most: UInt32 = 0
    var before: UInt32 = 0
    var done: UInt32 = 0
    for index in range {
      let more = Self.length(of: clusters[index], pages)
      if more > most { (longest, most, before) = (index, more, done) }
      done &+= more
    }
    guard most > length / 2 else {
      join(clusters, range, length: length, base: base, &pages)
      return
    }
    coalesce(clusters, range.lowerBound..<longest, length: before, base: base, &pages)
    coalesce(clusters, (longest + 1)..<range.upperBound, length: length &- before &- most, base: base, &pages)
  }

  private static func length(of cluster: QueuedIndex, _ pages: borrowing PageCache) -> UInt32 {
    pages.clusterEnd(of: cluster) &- pages[cluster].start
  }

  private mutating func join(_ clusters: borrowing QueuedList, _ range: Range<Int>, length: UInt32, base: UInt32, _ pages: inout PageCache)
  {
    let page = pageForCluster(of: length, &pages)
    let head = clusters[range.lowerBound]
    var last = QueuedIndex.none
    var first = QueuedIndex.none
    for index in range {
      let cluster = clusters[index]
      if cluster != head { tree.remove(cluster, base: base, pages) }
      let ringEnd = pages[cluster].lastOfCluster
      var next = ringEnd.exists ? pages[ringEnd].right : .none
      var queued = cluster
      while true {
        move(queued, to: page, &pages)
        if queued != head {
          if last.exists { pages[last].right = queued } else { first = queued }
          last = queued
        }
        guard next.exists else { break }
        queued = next
        next = next == ringEnd ? .none : pages[next].right
      }
      pages[cluster].lastOfCluster = .none
    }
    pages[last].right = first
    pages[head].lastOfCluster = last
  }

  /// Copies the bytes of a queued segment to the end of another page.
  private mutating func move(_ queued: QueuedIndex, to page: UInt32, _ pages: inout PageCache) {
    let source = pages.bytes(of: queued)
    let old = pages[queued].page
    let offset = pages.reserve(UInt32(truncatingIfNeeded: source.count), in: page)
    if let start = source.baseAddress { pages.address(page: page, offset: offset).update(from: start, count: source.count) }
    pages[queued].setBytes(page: page, offset: offset, length: UInt32(truncatingIfNeeded: source.count))
    if pages.release(old) { pageEnded(old) }
  }
}
