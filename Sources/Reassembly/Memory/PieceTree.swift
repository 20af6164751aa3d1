/// The order of queued pieces by sequence number: a treap, so that any order of arrival costs O(log n) a piece.
///
/// Priorities are a hash of the piece's number under a seed of the process, which a sender cannot know. Sequence numbers are compared
/// by their distance from `base`, the expected number: all pieces of a direction lie within 2^30 of it.
struct PieceTree {
  var root = PieceIndex.none

  var isEmpty: Bool { !root.exists }

  private static let seed = UInt64.random(in: .min ... .max)

  @inline(__always)
  private static func priority(_ index: PieceIndex) -> UInt64 { (UInt64(index.rawValue) ^ seed) &* 0x9e37_79b9_7f4a_7c15 }

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
    let priority = Self.priority(new)
    var slot = Slot.root
    var current = root
    while current.exists, Self.priority(current) >= priority {
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
    while left.exists, right.exists {
      if Self.priority(left) >= Self.priority(right) {
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
  func collect(
    overlapping start: UInt32, _ end: UInt32, base: UInt32, into found: inout [PieceIndex], path: inout [PieceIndex],
    _ pages: borrowing PageCache
  ) {
    let low = Self.distance(base, start)
    let high = Self.distance(base, end)
    path.removeAll(keepingCapacity: true)
    var current = root
    while true {
      while current.exists {
        // Runs are disjoint and ordered, so a run that ends at or before the range has only such ones to its left.
        if Self.distance(base, pages.runEnd(of: current)) <= low {
          current = pages[current].right
        } else {
          path.append(current)
          current = pages[current].left
        }
      }
      guard let next = path.popLast(), Self.distance(base, pages[next].start) < high else { return }
      found.append(next)
      current = pages[next].right
    }
  }

  /// Appends every piece to `found`, in order. O(n).
  func collectAll(into found: inout [PieceIndex], path: inout [PieceIndex], _ pages: borrowing PageCache) {
    path.removeAll(keepingCapacity: true)
    var current = root
    while current.exists || !path.isEmpty {
      while current.exists {
        path.append(current)
        current = pages[current].left
      }
      guard let next = path.popLast() else { return }
      found.append(next)
      current = pages[next].right
    }
  }
}
