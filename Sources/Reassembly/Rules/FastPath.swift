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
  mutating func fastPath(
    _ flags: TCPFlags, sequence: SequenceNumber, acknowledgment: SequenceNumber, window: UInt16, payload: Span<UInt8>, _ half: HalfHandle,
    info: CaptureInfo
  ) -> Disposition? {
    let connection = half.connection
    let control = flags.intersection([.syn, .fin, .rst, .urg, .ack])
    let count = payload.count
    let isFIN = control == [.fin, .ack]
    guard isFIN || control == .ack, allowsFastPath(connection) else { return nil }
    let isBare = count == 0 && !isFIN
    // A single byte may be a probe of a closed window.
    guard isBare || (count != 1 && sequence.rawValue == half.state.base && allowsFastPath(half)) else { return nil }
    self.count(payload: count, half, info: info)
    half.state.record(window: window)
    half.state.record(acknowledgment: acknowledgment.rawValue)
    if connection.state.flags.intersection([.synAckSeen, .synAckAcknowledged]) == .synAckSeen { recordAcknowledgedSYNACK(connection) }
    let id = connection.state.id
    if count > 0 {
      half.state.flags.insert(.payload)
      let stamp = PacketStamp(
        time: info.time, packetNumber: info.packetNumber, input: info.input, acknowledgment: acknowledgment)
      payload.withUnsafeBufferPointer { deliverInOrder(half, $0, stamp: stamp) }
    }
    if isFIN { _ = handleFIN(at: half.state.base, half) }
    updateState(connection, byPacket: true)
    return Disposition(kind: count > 0 ? .delivered : isFIN ? .finished : .control, connection: id)
  }

  /// It is not over, nothing that was noted of either direction bears on what comes next, nothing hints at a next connection, and the stream
  /// takes plain segments unseen.
  @inline(always)
  private func allowsFastPath(_ connection: ConnectionHandle) -> Bool {
    connection.state.list != .timeWait && connection.state.pendingSYN == nil
      && connection.state.flags.isDisjoint(with: [.judgesPlainSegments, .ledgerTouched])
  }

  /// Looks through what was noted of a connection; where nothing of it bears on what comes next, segments are predicted again.
  mutating func reviewLedgers(_ connection: ConnectionHandle) {
    let originator = connection.originator
    guard originator.state.ledger?.isPending != true, originator.other.state.ledger?.isPending != true else { return }
    connection.state.flags.remove(.ledgerTouched)
  }

  /// The start of the direction is known, no end is, and nothing is queued or kept.
  @inline(always)
  private func allowsFastPath(_ half: HalfHandle) -> Bool {
    let flags = half.state.flags
    return flags.intersection([.positioned, .started, .awaitingStart, .fin, .finReached, .reset, .resetPending]) == [.positioned, .started]
      && half.state.queue.isEmpty && !half.state.firstSaved.exists
  }
}
