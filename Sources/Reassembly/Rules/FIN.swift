import Packets

/// FIN: the position at which a direction ends.
///
/// Rules, section 5: FIN and RST.
extension Assembler {
  /// Records a FIN.
  ///
  /// - Returns: what became of the FIN; nil if it repeats a known one.
  mutating func handleFIN(at sequence: UInt32, _ half: HalfHandle) -> Disposition.Kind? {
    let fin = anchoredPosition(of: sequence, half)
    let flags = half.state.flags
    if flags.contains(.fin) {
      guard fin != half.state.fin else { return nil }
      count(.finIgnored, half)
      return .finIgnored
    }
    let expected = expectedPosition(half)
    guard fin >= expected, fin <= window(half).highest else {
      count(.finIgnored, half)
      return .finIgnored
    }
    half.state.fin = fin
    half.state.flags.insert(.fin)
    if flags.contains(.started) {
      if fin == expected, !flags.contains(.resetPending), hasNothingQueued(half) {
        deliverEnd(half)
        return .finished
      }
      dropBeyond(fin, half)
      deliver(half, live: nil, stamp: .none)
    } else {
      // Whether the FIN lies after the start is not known before the start is.
      awaitStart(half)
      reviewPendingReset(half)
    }
    return .finished
  }

  /// Whether a FIN at `sequence` may lie before queued bytes.
  ///
  /// Such a FIN is handled before the payload, which may close the hole before the queued bytes.
  @inline(__always)
  func endsBeforeQueued(_ sequence: UInt32, _ half: HalfHandle) -> Bool {
    guard half.state.flags.contains(.started), !half.state.queue.isEmpty else { return false }
    let distance = half.state.position(of: sequence) &- half.state.next
    return distance >= 0 && distance <= Self.windowReach
  }

  /// Drops the bytes of a segment from `limit` on: bytes at or beyond the FIN, or outside the window, are no stream data.
  mutating func clip(_ incoming: inout Incoming, at limit: Int64, _ reason: DropReason, _ half: HalfHandle) {
    let room = max(0, limit &- incoming.start)
    let captured = Int(min(Int64(incoming.captured), room))
    drop(Int64(incoming.captured &- captured), reason, half)
    incoming.missing = captured < incoming.captured ? 0 : Int(min(Int64(incoming.missing), room &- Int64(captured)))
    incoming.captured = captured
  }

  /// Drops queued bytes at or beyond the FIN, which are no stream data.
  mutating func dropBeyond(_ fin: Int64, _ half: HalfHandle) {
    guard !half.state.queue.isEmpty else { return }
    let base = half.state.base
    let limit = UInt32(truncatingIfNeeded: fin)
    while case let last = half.state.queue.tree.last(pages), last.exists, Int32(bitPattern: pages.clusterEnd(of: last) &- limit) > 0 {
      if Int32(bitPattern: pages[last].start &- limit) < 0 {
        _ = half.state.queue.split(last, at: limit, base: base, &pages)
        continue
      }
      dropQueued(last, .beyondFin, half)
    }
    updateGapTimer(half)
  }
}
