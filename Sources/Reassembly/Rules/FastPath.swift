import Packets

/// Header prediction, as TCP implementations have it since 4.3BSD-Reno: most segments of a connection are a bare acknowledgment, or the next
/// bytes of one direction, or its end, and of these everything is known beforehand that the steps for any segment would find out.
///
/// Rules, section 3: A segment. `Segment.swift` holds the steps for any segment.
///
/// What it does is what those steps do with such a segment, and no more: wherever one of them would have more to do, the segment is not
/// predicted.
extension Assembler {
  /// Takes a segment that was captured whole and stands in no tag and no tunnel, by its fields, if it was to be expected; nil where it was
  /// not, or where the connection is in any other state.
  @inline(always)
  mutating func takePredicted(
    _ flags: TCPFlags, sequence: SequenceNumber, acknowledgment: SequenceNumber, window: UInt16, payload: Span<UInt8>, _ half: HalfHandle,
    info: CaptureInfo
  ) -> Disposition? {
    let index = half.connection
    let control = flags.intersection([.syn, .fin, .rst, .urg, .ack])
    let count = payload.count
    let isFIN = control == [.fin, .ack]
    guard isFIN || control == .ack, isPredictable(index) else { return nil }
    let isBare = count == 0 && !isFIN
    // A single byte may be a probe of a closed window.
    guard isBare || (count != 1 && sequence.rawValue == half.state.base && isPredictable(half)) else { return nil }
    self.count(payload: count, half, info: info)
    half.state.note(window: window)
    half.state.note(acknowledgment: acknowledgment.rawValue)
    if index.state.flags.intersection([.synAckSeen, .synAckAcknowledged]) == .synAckSeen { noteAcknowledgedSYNACK(index) }
    let id = index.state.id
    if count > 0 {
      half.state.flags.insert(.payload)
      let stamp = PacketStamp(
        time: info.time, packetNumber: info.packetNumber, input: info.input, acknowledgment: acknowledgment)
      payload.withUnsafeBufferPointer { deliverExpected(half, $0, stamp: stamp) }
    }
    if isFIN { _ = takeFIN(at: half.state.base, half) }
    settle(index, byPacket: true)
    return Disposition(kind: count > 0 ? .delivered : isFIN ? .finished : .control, connection: id)
  }

  /// It is not over, nothing that was noted of either direction bears on what comes next, nothing hints at a next connection, and the stream
  /// takes plain segments unseen.
  @inline(always)
  private func isPredictable(_ index: ConnectionHandle) -> Bool {
    index.state.list != .lingering && index.state.candidate == nil
      && index.state.flags.isDisjoint(with: [.judgesPlainSegments, .noted])
  }

  /// Looks through what was noted of a connection; where nothing of it bears on what comes next, segments are predicted again.
  mutating func reviewNotes(_ index: ConnectionHandle) {
    let originator = index.originator
    guard originator.state.ledger?.isPending != true, originator.other.state.ledger?.isPending != true else { return }
    index.state.flags.remove(.noted)
  }

  /// The start of the direction is known, no end is, and nothing is queued or kept.
  @inline(always)
  private func isPredictable(_ half: HalfHandle) -> Bool {
    let flags = half.state.flags
    return flags.intersection([.based, .started, .held, .fin, .ended, .reset, .resetPending]) == [.based, .started]
      && half.state.queue.isEmpty && !half.state.firstSaved.exists
  }
}
