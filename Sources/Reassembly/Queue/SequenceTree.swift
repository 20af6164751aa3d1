/// Queued segments in the order of sequence numbers: a treap, so that any order of arrival costs O(log n) for each segment.
///
/// Priorities are a hash of the index of the segment under the seed of the page cache, which a sender cannot know. Sequence numbers are
/// compared by their distance from `base`, the expected number: all segments of a direction lie within 2^30 of it and of each other.
struct SequenceTree {
  var root = QueuedIndex.none

  var isEmpty: Bool { !root.exists }

  /// The priority of a segment under the seed of the page cache.
  @inline(__always)
  private static func priority(_ index: QueuedIndex, _ seed: UInt64) -> UInt64 {
    (UInt64(index.rawValue) ^ seed) &* 0x9e37_79b9_7f4a_7c15
  }

  @inline(__always)
  private static func distance(_ base: UInt32, _ sequence: UInt32) -> Int32 { Int32(bitPattern: sequence &- base) }

  /// Place of a link to a segment: the root, or one side of another segment.
  private enum Slot {
    case root
    case left(QueuedIndex)
    case right(QueuedIndex)
  }

  @inline(__always)
  private mutating func set(_ slot: Slot, _ queued: QueuedIndex, _ pages: borrowing PageCache) {
    switch slot {
    case .root: root = queued
    case .left(let parent): pages[parent].left = queued
    case .right(let parent): pages[parent].right = queued
    }
  }

  /// Inserts a segment that overlaps none in the tree.
  ///
  /// Expected O(log n).
  mutating func insert(_ new: QueuedIndex, base: UInt32, _ pages: borrowing PageCache) {
    let key = Self.distance(base, pages[new].start)
    let seed = pages.seed
    let priority = Self.priority(new, seed)
    var slot = Slot.root
    var current = root
    while current.exists, Self.priority(current, seed) >= priority {
      if Self.distance(base, pages[current].start) < key {
        slot = .right(current)
        current = pages[current].right
      } else {
        slot = .left(current)
        current = pages[current].left
      }
    }
    set(slot, new, pages)
    var below = Slot.left(new)
    var above = Slot.right(new)
    while current.exists {
      if Self.distance(base, pages[current].start) < key {
        set(below, current, pages)
        below = .right(current)
        current = pages[current].right
      } else {
        set(above, current, pages)
        above = .left(current)
        current = pages[current].left
      }
    }
    set(below, .none, pages)
    set(above, .none, pages)
  }

  /// Removes a segment.
  ///
  /// Expected O(log n).
  mutating func remove(_ old: QueuedIndex, base: UInt32, _ pages: borrowing PageCache) {
    let key = Self.distance(base, pages[old].start)
    var slot = Slot.root
    var current = root
    while current != old {
      precondition(current.exists, "a queued segment is not in its tree")
      if Self.distance(base, pages[current].start) < key {
        slot = .right(current)
        current = pages[current].right
      } else {
        slot = .left(current)
        current = pages[current].left
      }
    }
    var left = pages[old].left
    var right = pages[old].right
    let seed = pages.seed
    while left.exists, right.exists {
      if Self.priority(left, seed) >= Self.priority(right, seed) {
        set(slot, left, pages)
        slot = .right(left)
        left = pages[left].right
      } else {
        set(slot, right, pages)
        slot = .left(right)
        right = pages[right].left
      }
    }
    set(slot, left.exists ? left : right, pages)
    pages[old].left = .none
    pages[old].right = .none
  }

  /// The segment with the lowest start and its parent, each `.none` if there is none.
  ///
  /// Expected O(log n).
  @inline(__always)
  func firstWithParent(_ pages: borrowing PageCache) -> (first: QueuedIndex, parent: QueuedIndex) {
    var parent = QueuedIndex.none
    var current = root
    while current.exists, case let left = pages[current].left, left.exists {
      parent = current
      current = left
    }
    return (current, parent)
  }

  /// Removes the segment that `firstWithParent` found.
  ///
  /// O(1).
  @inline(__always)
  mutating func removeFirst(_ first: QueuedIndex, below parent: QueuedIndex, _ pages: borrowing PageCache) {
    let right = pages[first].right
    if parent.exists { pages[parent].left = right } else { root = right }
    pages[first].right = .none
  }

  /// The segment with the lowest start; `.none` if the tree is empty.
  ///
  /// Expected O(log n).
  func first(_ pages: borrowing PageCache) -> QueuedIndex {
    var current = root
    while current.exists, pages[current].left.exists { current = pages[current].left }
    return current
  }

  /// The segment with the highest start; `.none` if the tree is empty.
  ///
  /// Expected O(log n).
  func last(_ pages: borrowing PageCache) -> QueuedIndex {
    var current = root
    while current.exists, pages[current].right.exists { current = pages[current].right }
    return current
  }

  /// The last segment that starts before `sequence`; `.none` if there is none.
  ///
  /// Expected O(log n).
  func predecessor(of sequence: UInt32, base: UInt32, _ pages: borrowing PageCache) -> QueuedIndex {
    let key = Self.distance(base, sequence)
    var found = QueuedIndex.none
    var current = root
    while current.exists {
      if Self.distance(base, pages[current].start) < key {
        found = current
        current = pages[current].right
      } else {
        current = pages[current].left
      }
    }
    return found
  }

  /// Appends to `found`, in order, the head of every cluster that shares a byte with `start..<end`.
  ///
  /// Expected O(log n + found).
  ///
  /// Clusters are disjoint and ordered, so among those that start before the range only the last can reach into it. So the descent reads
  /// the end of one cluster only, which lies in another segment.
  ///
  /// It is inlined because a method that borrows the page cache copies it. `path` is a buffer that is left empty.
  @inline(__always)
  func collect(
    overlapping start: UInt32, _ end: UInt32, base: UInt32, into found: inout QueuedList, path: inout QueuedList,
    _ pages: borrowing PageCache
  ) {
    let low = Self.distance(base, start)
    let high = Self.distance(base, end)
    var before = QueuedIndex.none
    var current = root
    while current.exists {
      if Self.distance(base, pages[current].start) < low {
        before = current
        current = pages[current].right
      } else {
        path.append(current)
        current = pages[current].left
      }
    }
    if before.exists, Self.distance(base, pages.clusterEnd(of: before)) > low { found.append(before) }
    while case let next = path.popLast(), next.exists, Self.distance(base, pages[next].start) < high {
      found.append(next)
      descend(from: pages[next].right, path: &path, pages)
    }
    path.removeAll()
  }

  /// Every segment in the tree, in order.
  ///
  /// O(n).
  func all(_ pages: borrowing PageCache) -> [QueuedIndex] {
    var found: [QueuedIndex] = []
    var path = QueuedList()
    descend(from: root, path: &path, pages)
    while case let next = path.popLast(), next.exists {
      found.append(next)
      descend(from: pages[next].right, path: &path, pages)
    }
    return found
  }

  /// Appends a segment and its chain of left children.
  @inline(__always)
  private func descend(from queued: QueuedIndex, path: inout QueuedList, _ pages: borrowing PageCache) {
    var current = queued
    while current.exists {
      path.append(current)
      current = pages[current].left
    }
  }
}
