import Packets

/// Retransmission: bytes below the expected offset that are repeated, late for their gap, or before the start.
///
/// Rules, section 3: A segment; the comparison with delivered bytes is section 4: Overlap. (gopacket: `overlapExisting`.)
extension Assembler {
  /// Accounts for bytes below the expected offset. (gopacket: `overlapExisting`.)
  mutating func handleRetransmission(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int64, _ half: HalfHandle, stamp: PacketStamp)
    -> Disposition.Kind
  {
    guard bytes.count > 0 else { return .repeated }
    var kind = Disposition.Kind.beforeStart
    var position = start
    let end = start &+ Int64(bytes.count)
    let origin = half.state.origin
    if position < origin {
      drop(min(origin, end) &- position, .beforeStart, half)
      position = origin
    }
    var isUnchecked = false
    while position < end {
      let gap = half.state.ledger?.gaps.gap(endingAfter: position)
      if let gap, gap.lowerBound <= position {
        drop(min(gap.upperBound, end) &- position, .late, half)
        if kind == .beforeStart { kind = .late }
        position = gap.upperBound
        continue
      }
      let stop = min(end, gap?.lowerBound ?? end)
      kind = .repeated
      let range = Int(position &- start)..<Int(stop &- start)
      if compareRepeated(UnsafeBufferPointer(rebasing: bytes[range]), at: position, half, stamp: stamp) == .unchecked { isUnchecked = true }
      position = stop
    }
    if kind == .repeated { statistics.overlapPackets &+= 1 }
    if isUnchecked { count(.unchecked, half) }
    return kind
  }

  private mutating func compareRepeated(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int64, _ half: HalfHandle, stamp: PacketStamp)
    -> Comparison
  {
    half.state.retransmittedBytes &+= Int64(bytes.count)
    statistics.overlapBytes &+= UInt64(bytes.count)
    if let known = half.state.ledger?.gaps.knownFrom, position < known { return .unchecked }
    guard let stream = half.connection.stream.object else { return .unchecked }
    return stream.repeated(bytes.span, at: half.state.offset(of: position), stamp: stamp, from: half.side)
  }
}
