import Packets

/// Header prediction, as TCP implementations have it since 4.3BSD-Reno: most segments of an established connection are the next bytes of
/// one direction, or a bare acknowledgment, and of these everything is known beforehand that the steps for any segment would find out.
///
/// What it does is what those steps do with such a segment, and no more: wherever one of them would have more to do, the segment is not
/// predicted.
extension Assembler {
  /// Takes a segment that was captured whole and stands in no tag and no tunnel, by its fields, if it was to be expected; nil where it was
  /// not, or where the connection is in any other state.
  @inline(always)
  mutating func takePredicted(
    _ flags: TCPFlags, sequence: SequenceNumber, acknowledgment: SequenceNumber, window: UInt16, payload: Span<UInt8>, _ half: HalfIndex,
    info: CaptureInfo
  ) -> Disposition? {
    let index = half.connection
    guard flags.intersection([.syn, .fin, .rst, .urg, .ack]) == .ack, isPredictable(index), isPredictable(half),
      pool.slab[half.other].ledger == nil
    else { return nil }
    // A single byte may be a probe of a closed window.
    let count = payload.count
    guard count == 0 || (count > 1 && sequence.rawValue == pool.slab[half].base) else { return nil }
    self.count(payload: count, half, info: info)
    pool.slab[half].note(window: window)
    pool.slab[half].note(acknowledgment: acknowledgment.rawValue)
    if pool.slab[index].flags.intersection([.synAckSeen, .synAckAcknowledged]) == .synAckSeen { noteAcknowledgedSYNACK(index) }
    let id = pool.slab[index].id
    if count > 0 {
      pool.slab[half].flags.insert(.payload)
      let stamp = PacketStamp(
        time: info.time, packetNumber: info.packetNumber, input: info.input, acknowledgment: acknowledgment)
      payload.withUnsafeBufferPointer { deliverExpected(half, $0, stamp: stamp) }
      enter(index, .carrying)
    } else {
      pool.append(index, to: pool.slab[index].list, at: clock.now)
    }
    return Disposition(kind: count > 0 ? .delivered : .control, connection: id)
  }

  /// Both ends were heard or bytes have come, nothing hints at an end or at a next connection, and the stream takes plain segments unseen.
  @inline(always)
  private func isPredictable(_ index: ConnectionIndex) -> Bool {
    let list = pool.slab[index].list
    return (list == .carrying || list == .bare) && pool.slab[index].candidate == nil
      && pool.slab[index].flags.isDisjoint(with: [.judgesPlainSegments, .reset])
  }

  /// The start of the direction is known, no end is, nothing is queued or kept, and nothing out of the ordinary was noted.
  @inline(always)
  private func isPredictable(_ half: HalfIndex) -> Bool {
    let flags = pool.slab[half].flags
    return flags.intersection([.based, .started, .held, .fin, .ended, .reset, .resetPending]) == [.based, .started]
      && holdsNothing(half)
  }
}
