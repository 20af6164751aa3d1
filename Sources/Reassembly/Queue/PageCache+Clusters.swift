/// Clusters: adjacent small segments, coalesced so that a walk over them takes one step.
///
///     tree ── head ──lastOfCluster──┐
///              ▲                    ▼
///              │  first ──right── second ──right── last ──right── first ...
///
/// The head is in the tree. Its `lastOfCluster` is the last of the other segments, which form a ring by `right`. The bytes of a cluster are
/// contiguous in one page, in order.
extension PageCache {
  /// Sequence number after the last byte of the cluster of `head`.
  ///
  /// O(1).
  @inline(__always)
  func clusterEnd(of head: QueuedIndex) -> UInt32 {
    let last = self[head].lastOfCluster
    return last.exists ? self[last].end : self[head].end
  }

  /// Bytes of a whole cluster; empty for a placeholder.
  ///
  /// O(1).
  @inline(__always)
  func clusterBytes(of head: QueuedIndex) -> UnsafeBufferPointer<UInt8> {
    guard self[head].content == .bytes else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeBufferPointer(
      start: address(page: self[head].page, offset: self[head].pageOffset), count: Int(clusterEnd(of: head) &- self[head].start))
  }

  /// Last segment of a cluster.
  ///
  /// O(1).
  @inline(__always)
  func last(ofCluster head: QueuedIndex) -> QueuedIndex {
    let last = self[head].lastOfCluster
    return last.exists ? last : head
  }

  /// Segment that follows another one of a cluster, which is not its last.
  ///
  /// O(1).
  @inline(__always)
  func next(ofCluster head: QueuedIndex, after queued: QueuedIndex) -> QueuedIndex {
    queued == head ? self[self[head].lastOfCluster].right : self[queued].right
  }

  /// Segment of a cluster that holds the byte at `sequence`, which does not lie before the segment `first`.
  ///
  /// O(segments between).
  func segment(ofCluster head: QueuedIndex, holding sequence: UInt32, from first: QueuedIndex) -> QueuedIndex {
    let last = last(ofCluster: head)
    var queued = first
    while queued != last, sequence &- self[queued].start >= self[queued].length { queued = next(ofCluster: head, after: queued) }
    return queued
  }
}
