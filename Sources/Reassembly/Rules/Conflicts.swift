import Packets

/// Conflicts: two captured copies of a queued byte that differ.
///
/// Rules, section 4: Overlap.
extension Assembler {
  /// Reports the ranges in which a cluster differs from its new copy.
  mutating func compare(
    _ head: QueuedIndex, with bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, newWins: Bool, _ incoming: Incoming, _ half: HalfHandle
  ) {
    let within = Int(start &- pages[head].start)
    let present = UnsafeBufferPointer(rebasing: pages.clusterBytes(of: head)[within..<within + bytes.count])
    if !ByteRanges.areEqual(present, bytes) { report(head, present, bytes, at: start, newWins: newWins, incoming, half) }
  }

  /// Reports to the stream every range in which two copies differ, split where the packet of the older copy changes.
  mutating func report(
    _ head: QueuedIndex, _ present: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>, at start: UInt32, newWins: Bool,
    _ incoming: Incoming, _ half: HalfHandle
  ) {
    guard let stream = half.connection.stream.object else { return }
    let isStarted = half.state.flags.contains(.started)
    var from = 0
    var queued = head
    while let range = ByteRanges.difference(present, bytes, from: from) {
      let sequence = start &+ UInt32(truncatingIfNeeded: range.lowerBound)
      queued = pages.segment(ofCluster: head, holding: sequence, from: queued)
      // A difference that continues in the next segment is reported there.
      let upper = min(range.upperBound, Int(pages[queued].end &- start))
      let old = UnsafeBufferPointer(rebasing: present[range.lowerBound..<upper])
      let new = UnsafeBufferPointer(rebasing: bytes[range.lowerBound..<upper])
      let offset = half.state.offset(of: half.state.position(of: sequence))
      let oldStamp = pages[queued].stamp
      statistics.conflicts &+= 1
      if !isStarted {
        // The start is not known, so no offset is.
        let old = EarlyConflict.Version(bytes: Array(old), stamp: oldStamp)
        let new = EarlyConflict.Version(bytes: Array(new), stamp: incoming.stamp)
        keep(EarlyConflict(sequence: sequence, kept: newWins ? new : old, other: newWins ? old : new), half)
      } else if newWins {
        let conflict = Conflict(offset: offset, kept: new.span, keptInfo: incoming.stamp, other: old.span, otherInfo: oldStamp)
        stream.conflict(conflict, from: half.side)
      } else {
        let conflict = Conflict(offset: offset, kept: old.span, keptInfo: oldStamp, other: new.span, otherInfo: incoming.stamp)
        stream.conflict(conflict, from: half.side)
      }
      from = upper
    }
  }
}
