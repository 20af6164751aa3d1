/// Window: all that one direction holds lies within 2^30 bytes, whether its start is known or not.
///
/// Rules, section 3: A segment.
///
/// So the distance of two held sequence numbers never wraps, and the queue has one order. A direction holds queued bytes, placeholders, the
/// FIN, a pending reset, and the position that distances are measured from. Two functions keep the rule: `window` gives the positions that
/// may come in, and `rebase` drops what may not stay when that position moves.
extension Assembler {
  /// Greatest distance between the first bytes of two segments of a direction.
  static let windowReach: Int64 = 1 << 30
  /// Greatest distance that a segment which begins inside the window may reach beyond it; the rest of it is dropped.
  static let longestSegment: Int64 = 1 << 20

  /// Positions at which a direction may take a segment: those within `windowReach` of all that it holds.
  ///
  ///     before the start is known              [lowest ... highest]
  ///                             [highest - 2^30 ................... lowest + 2^30]
  ///     from then on, by the expected offset alone, because nothing before it is held
  ///                                 [next - 2^30 ... next + 2^30]
  ///
  /// The method changes nothing. It is mutating because a method that borrows the assembler copies it.
  @inline(__always)
  mutating func window(_ half: HalfHandle) -> (lowest: Int64, highest: Int64) {
    let next = half.state.next
    if half.state.flags.contains(.started) { return (next &- Self.windowReach, next &+ Self.windowReach) }
    return windowBeforeStart(half)
  }

  /// Position that the end of a segment may reach which begins at `start`, inside the window.
  @inline(__always)
  static func reach(ofSegmentAt start: Int64, in window: (lowest: Int64, highest: Int64)) -> Int64 {
    min(window.highest, start &+ windowReach) &+ longestSegment
  }

  private mutating func windowBeforeStart(_ half: HalfHandle) -> (lowest: Int64, highest: Int64) {
    let state = half.state
    var (lowest, highest) = (state.next, state.next)
    if state.flags.contains(.fin) { (lowest, highest) = (min(lowest, state.fin), max(highest, state.fin)) }
    let first = state.queue.tree.first(pages)
    if first.exists {
      lowest = min(lowest, state.position(of: pages[first].start))
      highest = max(highest, state.position(of: lastSegmentStart(state.queue.tree.last(pages))))
    }
    return (highest &- Self.windowReach, lowest &+ Self.windowReach)
  }

  /// Lowest number at which the segment can begin that brought the last byte of a cluster.
  ///
  /// A placeholder may stand for many segments, of which the last counts.
  @inline(__always)
  private func lastSegmentStart(_ head: QueuedIndex) -> UInt32 {
    if pages[head].content == .bytes { return pages[pages.last(ofCluster: head)].owner.start }
    return pages[head].end &- min(pages[head].length, UInt32(Self.longestSegment))
  }

  /// Sets offset 0 of a direction that has delivered nothing to `position`, and drops what lies outside the window there.
  ///
  /// Payload is dropped as `before_start` or `out_of_window`, a FIN as `fin_ignored`, a reset as `rst_ignored`. Amortised O(log of what is
  /// queued).
  @inline(__always)
  mutating func rebase(_ half: HalfHandle, to position: Int64) {
    if !half.state.queue.isEmpty { trimQueue(half, around: position) }
    if !half.state.flags.isDisjoint(with: [.fin, .reset, .resetPending]) { moveEnds(half, to: position) }
    half.state.next = position
    half.state.origin = position
  }

  /// Greatest distance between two held bytes of a direction.
  static let byteReach = windowReach + longestSegment

  /// The distance from `position` to a sequence number, modulo 2^32.
  @inline(__always)
  private static func distance(from position: Int64, to sequence: UInt32) -> Int64 {
    Int64(Int32(bitPattern: sequence &- UInt32(truncatingIfNeeded: position)))
  }

  /// Drops what the window at `position` does not hold from both ends of the queue.
  ///
  /// The rest is one contiguous stretch of the queue: the queue and the new window together are shorter than the space of numbers, so they
  /// intersect once.
  private mutating func trimQueue(_ half: HalfHandle, around position: Int64) {
    // If the position is the lowest byte, the window has admitted all that is held.
    guard position != lowestPosition(half) else { return }
    let base = half.state.base
    while case let first = half.state.queue.tree.first(pages), first.exists {
      let start = Self.distance(from: position, to: pages[first].start)
      guard start < 0 || start > Self.windowReach else { break }
      let end = start &+ Int64(pages.clusterEnd(of: first) &- pages[first].start)
      // The drop reason changes at the first limit, and the window begins at the second.
      for limit in [-Self.windowReach, 0] where start < limit && limit < end {
        _ = half.state.queue.split(first, at: UInt32(truncatingIfNeeded: position &+ limit), base: base, &pages)
        break
      }
      dropQueued(first, start >= -Self.windowReach && start < 0 ? .beforeStart : .outOfWindow, half)
    }
    while case let last = half.state.queue.tree.last(pages), last.exists {
      let start = Self.distance(from: position, to: pages[last].start)
      let isBytes = pages[last].content == .bytes
      // Bytes beyond the window may be the rest of a segment that begins inside.
      let begin = isBytes ? Self.distance(from: position, to: pages[last].owner.start) : start
      if start >= 0, start <= Self.windowReach || (start <= Self.byteReach && begin <= Self.windowReach) {
        let limit = UInt32(truncatingIfNeeded: position &+ Self.byteReach &+ 1)
        let end = start &+ Int64(pages.clusterEnd(of: last) &- pages[last].start)
        guard end > Self.byteReach &+ 1 else { break }
        dropQueued(half.state.queue.split(last, at: limit, base: base, &pages), .outOfWindow, half)
      } else {
        dropQueued(last, .outOfWindow, half)
      }
    }
    updateGapTimer(half)
  }

  /// Removes a cluster or a placeholder from the queue and counts its bytes as dropped.
  mutating func dropQueued(_ head: QueuedIndex, _ reason: DropReason, _ half: HalfHandle) {
    if pages[head].content == .bytes { drop(Int64(pages.clusterEnd(of: head) &- pages[head].start), reason, half) }
    half.state.queue.detach(head, base: half.state.base, &pages)
    half.state.queue.freeCluster(head, &pages)
  }

  /// Moves the positions of FIN and reset to the new offset 0; their sequence numbers stay.
  ///
  /// What lies outside the window there is dropped.
  private mutating func moveEnds(_ half: HalfHandle, to position: Int64) {
    let fin = Self.distance(from: position, to: UInt32(truncatingIfNeeded: half.state.fin))
    let reset = Self.distance(from: position, to: UInt32(truncatingIfNeeded: half.state.reset))
    half.state.fin = position &+ fin
    half.state.reset = position &+ reset
    if half.state.flags.contains(.fin), fin < 0 || fin > Self.windowReach {
      half.state.flags.remove(.fin)
      count(.finIgnored, half)
    }
    if half.state.flags.contains(.resetPending), reset < 0 || reset > Self.windowReach { ignorePendingReset(half) }
  }

  /// Ignores a pending reset that no longer lies in the window, because payload counts more than a reset.
  mutating func reviewPendingReset(_ half: HalfHandle) {
    guard half.state.flags.contains(.resetPending) else { return }
    let window = window(half)
    if half.state.reset < window.lowest || half.state.reset > window.highest { ignorePendingReset(half) }
  }

  private mutating func ignorePendingReset(_ half: HalfHandle) {
    half.state.flags.remove(.resetPending)
    count(.rstIgnored, half)
  }
}
