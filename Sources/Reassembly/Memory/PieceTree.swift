/// The order of queued pieces by sequence number: a treap, so that any order of arrival costs O(log n) a piece.
///
/// Priorities are a hash of the piece's number under the seed of the page cache, which a sender cannot know. Sequence numbers are compared
/// by their distance from `base`, the expected number: all pieces of a direction lie within 2^30 of it and of each other.
struct PieceTree {
  var root = PieceIndex.none

  var isEmpty: Bool { !root.exists }

  /// - Parameter seed: that of the page cache.
  @inline(__always)
  private static func priority(_ index: PieceIndex, _ seed: UInt64) -> UInt64 {
    (UInt64(index.rawValue) ^ seed) &* 0x9e37_79b9_7f4a_7c15
  }

  @inline(__always)
  private static func distance(_ base: UInt32, _ sequence: UInt32) -> Int32 { Int32(bitPattern: sequence &- base) }

  /// Where a link to a piece is kept: the root, or one side of another piece.
  private enum Slot {
    case root
    case left(PieceIndex)
    case right(PieceIndex)
  }

  @inline(__always)
  private mutating func set(_ slot: Slot, _ piece: PieceIndex, _ pages: borrowing PageCache) {
    switch slot {
    case .root: root = piece
    case .left(let parent): pages[parent].left = piece
    case .right(let parent): pages[parent].right = piece
    }
  }

  /// Puts in a piece that overlaps none of those there. Expected O(log n).
  mutating func insert(_ new: PieceIndex, base: UInt32, _ pages: borrowing PageCache) {
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

  /// Takes out a piece that is in. Expected O(log n).
  mutating func remove(_ old: PieceIndex, base: UInt32, _ pages: borrowing PageCache) {
    let key = Self.distance(base, pages[old].start)
    var slot = Slot.root
    var current = root
    while current != old {
      precondition(current.exists, "a piece is not in its tree")
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

  /// The piece with the lowest start and the one that it hangs on; `.none` where there is none. Expected O(log n).
  @inline(__always)
  func firstWithParent(_ pages: borrowing PageCache) -> (first: PieceIndex, parent: PieceIndex) {
    var parent = PieceIndex.none
    var current = root
    while current.exists, case let left = pages[current].left, left.exists {
      parent = current
      current = left
    }
    return (current, parent)
  }

  /// Takes out what `firstWithParent` answered. O(1).
  @inline(__always)
  mutating func removeFirst(_ first: PieceIndex, below parent: PieceIndex, _ pages: borrowing PageCache) {
    let right = pages[first].right
    if parent.exists { pages[parent].left = right } else { root = right }
    pages[first].right = .none
  }

  /// The piece with the lowest start. Expected O(log n).
  func first(_ pages: borrowing PageCache) -> PieceIndex {
    var current = root
    while current.exists, pages[current].left.exists { current = pages[current].left }
    return current
  }

  /// The piece with the highest start. Expected O(log n).
  func last(_ pages: borrowing PageCache) -> PieceIndex {
    var current = root
    while current.exists, pages[current].right.exists { current = pages[current].right }
    return current
  }

  /// The last piece that starts before `sequence`. Expected O(log n).
  func predecessor(of sequence: UInt32, base: UInt32, _ pages: borrowing PageCache) -> PieceIndex {
    let key = Self.distance(base, sequence)
    var found = PieceIndex.none
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

  /// Appends to `found`, in order, every piece (first of a run) that shares a byte with `start..<end`. Expected O(log n + found).
  ///
  /// Runs are disjoint and ordered: of those that start before the range only the last can reach into it. So on the way down no end of a
  /// run is looked at, which lies in another piece.
  ///
  /// Inlined, because whoever borrows the cache has it copied.
  /// - Parameter path: is used and left empty.
  @inline(__always)
  func collect(
    overlapping start: UInt32, _ end: UInt32, base: UInt32, into found: inout PieceList, path: inout PieceList,
    _ pages: borrowing PageCache
  ) {
    let low = Self.distance(base, start)
    let high = Self.distance(base, end)
    var before = PieceIndex.none
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
    if before.exists, Self.distance(base, pages.runEnd(of: before)) > low { found.append(before) }
    while case let next = path.popLast(), next.exists, Self.distance(base, pages[next].start) < high {
      found.append(next)
      descend(from: pages[next].right, path: &path, pages)
    }
    path.removeAll()
  }

  /// Every piece, in order. O(n).
  func all(_ pages: borrowing PageCache) -> [PieceIndex] {
    var found: [PieceIndex] = []
    var path = PieceList()
    descend(from: root, path: &path, pages)
    while case let next = path.popLast(), next.exists {
      found.append(next)
      descend(from: pages[next].right, path: &path, pages)
    }
    return found
  }

  /// Appends a piece and those on the way to the first one below it.
  @inline(__always)
  private func descend(from piece: PieceIndex, path: inout PieceList, _ pages: borrowing PageCache) {
    var current = piece
    while current.exists {
      path.append(current)
      current = pages[current].left
    }
  }
}
