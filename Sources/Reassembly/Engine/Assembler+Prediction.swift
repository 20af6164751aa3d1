import Packets

/// Header prediction, as TCP implementations have it since 4.3BSD-Reno: most segments of an established connection are the next bytes of
/// one direction, or a bare acknowledgment, and of these everything is known beforehand that the steps for any segment would find out.
///
/// What it does is what those steps do with such a segment, and no more: wherever one of them would have more to do, the segment is not
/// predicted.
extension Assembler {
  /// Takes the segment that was to be expected; nil where it is another one, or where the connection is in any other state.
  @inline(always)
  mutating func takePredicted(_ segment: TCPSegment, _ half: HalfIndex, info: CaptureInfo) -> Disposition? {
    let index = half.connection
    guard segment.flags.intersection([.syn, .fin, .rst, .urg, .ack]) == .ack, segment.missingLength == 0, segment.layers.isEmpty,
      isPredictable(index), isPredictable(half), pool.slab[half.other].ledger == nil
    else { return nil }
    // A single byte may be a probe of a closed window.
    let count = segment.payload.count
    guard count == 0 || (count > 1 && segment.sequence.rawValue == pool.slab[half].base) else { return nil }
    self.count(segment, half, info: info)
    pool.slab[half].note(window: segment.window)
    pool.slab[half].note(acknowledgment: segment.acknowledgment.rawValue)
    let id = pool.slab[index].id
    if count > 0 {
      pool.slab[half].flags.insert(.payload)
      let stamp = PacketStamp(segment, info)
      segment.payload.withUnsafeBufferPointer { deliver(half, live: $0, stamp: stamp) }
    }
    pool.append(index, to: .carrying, at: clock.now)
    return Disposition(kind: count > 0 ? .delivered : .control, connection: id)
  }

  /// Bytes have come, nothing hints at an end or at a next connection, and the stream takes plain segments unseen.
  @inline(always)
  private func isPredictable(_ index: ConnectionIndex) -> Bool {
    let flags = pool.slab[index].flags
    return pool.slab[index].list == .carrying && pool.slab[index].candidate == nil
      && flags.isDisjoint(with: [.judgesPlainSegments, .reset]) && flags.intersection([.synAckSeen, .synAckAcknowledged]) != .synAckSeen
  }

  /// The start of the direction is known, no end is, nothing is queued, and nothing out of the ordinary was noted.
  @inline(always)
  private func isPredictable(_ half: HalfIndex) -> Bool {
    let flags = pool.slab[half].flags
    return flags.intersection([.based, .started, .held, .fin, .ended, .reset, .resetPending]) == [.based, .started]
      && pool.slab[half].ledger == nil && pool.slab[half].queue.isEmpty
  }
}
