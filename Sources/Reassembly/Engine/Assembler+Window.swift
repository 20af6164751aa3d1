/// The window: all that one direction holds lies within 2^30 of each other, whatever is known of its start. So the distance of two numbers
/// that it holds never wraps, and its queue has one order.
///
/// Held are the queued bytes, the placeholders, the FIN, a reset that waits, and the position that distances are measured from. Two
/// functions keep the rule: `window` says what may come in, and `rebase` drops what may not stay when that position moves.
extension Assembler {
  /// Farther apart than this no two segments of a direction begin.
  static let windowReach: Int64 = 1 << 30
  /// A segment that begins in the window is taken whole, but no more of it than this: so much farther the held bytes may reach.
  static let longestSegment: Int64 = 1 << 20

  /// The positions at which a direction may take in a segment: those within `windowReach` of all that it holds.
  ///
  ///     before the start is known              [lowest ... highest]
  ///                             [highest - 2^30 ................... lowest + 2^30]
  ///     from then on, by the expected offset alone, before which nothing is held
  ///                                 [next - 2^30 ... next + 2^30]
  @inline(__always)
  func window(_ half: HalfIndex) -> ClosedRange<Int64> {
    let next = pool.slab[half].next
    if pool.slab[half].flags.contains(.started) { return next &- Self.windowReach...next &+ Self.windowReach }
    return windowBeforeStart(half)
  }

  private func windowBeforeStart(_ half: HalfIndex) -> ClosedRange<Int64> {
    let state = pool.slab[half]
    var (lowest, highest) = (state.next, state.next)
    if state.flags.contains(.fin) { (lowest, highest) = (min(lowest, state.fin), max(highest, state.fin)) }
    let first = state.queue.tree.first(pages)
    if first.exists {
      lowest = min(lowest, state.position(of: pages[first].start))
      highest = max(highest, state.position(of: lastSegmentStart(state.queue.tree.last(pages))))
    }
    return highest &- Self.windowReach...lowest &+ Self.windowReach
  }

  /// Where the segment begins that brought the last byte of a run. A placeholder may stand for many segments: where the last of them begins
  /// at the earliest.
  private func lastSegmentStart(_ head: PieceIndex) -> UInt32 {
    if pages[head].content == .bytes { return pages[pages.last(ofRun: head)].owner.start }
    return pages[head].end &- min(pages[head].length, UInt32(Self.longestSegment))
  }

  /// Makes `position` the offset 0 of a direction that has handed on nothing, and drops what the window there does not hold: payload as
  /// `before_start` or `out_of_window`, a FIN as `fin_ignored`, a reset as `rst_ignored`. Amortised O(log of what is queued).
  @inline(__always)
  mutating func rebase(_ half: HalfIndex, to position: Int64) {
    if !pool.slab[half].queue.isEmpty { trimQueue(half, around: position) }
    if !pool.slab[half].flags.isDisjoint(with: [.fin, .reset, .resetPending]) { moveEnds(half, to: position) }
    pool.slab[half].next = position
    pool.slab[half].origin = position
  }

  /// Farther apart than this no two bytes of a direction are held.
  static let byteReach = windowReach + longestSegment

  /// How far a number lies ahead of `position`, by the numbers on the wire.
  @inline(__always)
  private static func distance(from position: Int64, to sequence: UInt32) -> Int64 {
    Int64(Int32(bitPattern: sequence &- UInt32(truncatingIfNeeded: position)))
  }

  /// Takes what the window behind `position` does not hold off both ends of the queue. What stays is one stretch of it: the queue and the new
  /// window together are shorter than the circle of numbers, so they meet in one place only.
  private mutating func trimQueue(_ half: HalfIndex, around position: Int64) {
    // The window has admitted all that is held above the lowest byte.
    guard position != lowestPosition(half) else { return }
    let base = pool.slab[half].base
    while case let first = pool.slab[half].queue.tree.first(pages), first.exists {
      let start = Self.distance(from: position, to: pages[first].start)
      guard start < 0 || start > Self.windowReach else { break }
      let end = start &+ Int64(pages.runEnd(of: first) &- pages[first].start)
      // Where what is dropped gets another name, and where the window begins.
      for limit in [-Self.windowReach, 0] where start < limit && limit < end {
        _ = pool.slab[half].queue.split(first, at: UInt32(truncatingIfNeeded: position &+ limit), base: base, &pages)
        break
      }
      dropQueued(first, start >= -Self.windowReach && start < 0 ? .beforeStart : .outOfWindow, half)
    }
    while case let last = pool.slab[half].queue.tree.last(pages), last.exists {
      let start = Self.distance(from: position, to: pages[last].start)
      let isBytes = pages[last].content == .bytes
      // Bytes beyond may be the rest of a segment that begins inside.
      let begin = isBytes ? Self.distance(from: position, to: pages[last].owner.start) : start
      if start >= 0, start <= Self.windowReach || (start <= Self.byteReach && begin <= Self.windowReach) {
        let limit = UInt32(truncatingIfNeeded: position &+ Self.byteReach &+ 1)
        let end = start &+ Int64(pages.runEnd(of: last) &- pages[last].start)
        guard end > Self.byteReach &+ 1 else { break }
        dropQueued(pool.slab[half].queue.split(last, at: limit, base: base, &pages), .outOfWindow, half)
      } else {
        dropQueued(last, .outOfWindow, half)
      }
    }
    noteWaiting(half)
  }

  /// Takes a run or a placeholder out of the queue and accounts for its bytes.
  mutating func dropQueued(_ head: PieceIndex, _ reason: DropReason, _ half: HalfIndex) {
    if pages[head].content == .bytes { drop(Int64(pages.runEnd(of: head) &- pages[head].start), reason, half) }
    pool.slab[half].queue.detach(head, base: pool.slab[half].base, &pages)
    pool.slab[half].queue.freeRun(head, &pages)
  }

  /// FIN and reset keep their numbers when the direction gets another offset 0, and only what lies in the window there counts.
  private mutating func moveEnds(_ half: HalfIndex, to position: Int64) {
    let fin = Self.distance(from: position, to: UInt32(truncatingIfNeeded: pool.slab[half].fin))
    let reset = Self.distance(from: position, to: UInt32(truncatingIfNeeded: pool.slab[half].reset))
    pool.slab[half].fin = position &+ fin
    pool.slab[half].reset = position &+ reset
    if pool.slab[half].flags.contains(.fin), fin < 0 || fin > Self.windowReach {
      pool.slab[half].flags.remove(.fin)
      note(.finIgnored, half)
    }
    if pool.slab[half].flags.contains(.resetPending), reset < 0 || reset > Self.windowReach { ignorePendingReset(half) }
  }

  /// Payload wins against a reset: one that waits and no longer lies in the window of what is held is ignored.
  mutating func reviewPendingReset(_ half: HalfIndex) {
    guard pool.slab[half].flags.contains(.resetPending), !window(half).contains(pool.slab[half].reset) else { return }
    ignorePendingReset(half)
  }

  private mutating func ignorePendingReset(_ half: HalfIndex) {
    pool.slab[half].flags.remove(.resetPending)
    note(.rstIgnored, half)
  }
}
