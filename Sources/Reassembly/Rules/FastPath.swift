import Packets

/// Fast path: header prediction, as TCP implementations have had it since 4.3BSD-Reno.
///
/// Rules, section 3: A segment. `Segment.swift` holds the steps for any segment.
///
/// Most segments of a connection are a bare acknowledgment, the next bytes of one direction, or its end. For these the outcome of every
/// step is known beforehand. The fast path does what those steps do with such a segment, and no more: if a step would have more to do, the
/// segment takes the slow path.
extension Assembler {
  /// Handles a segment that needs no decision.
  ///
  /// The packet must be captured whole and stand in no tag and no tunnel.
  ///
  /// - Returns: what became of the segment; nil if the segment or the state of the connection needs the slow path.
  @inline(always)
  mutating func fastPath(
    _ flags: TCPFlags, sequence: SequenceNumber, acknowledgment: SequenceNumber, window: UInt16, payload: Span<UInt8>, _ half: HalfHandle,
    measuresTiming: Bool, info: CaptureInfo
  ) -> Disposition? {
    let connection = half.connection
    let control = flags.intersection([.syn, .fin, .rst, .urg, .ack])
    let count = payload.count
    let isFIN = control == [.fin, .ack]
    guard isFIN || control == .ack, allowsFastPath(connection) else { return nil }
    let isBare = count == 0 && !isFIN
    // One byte may be a probe of a closed window.
    guard isBare || (count != 1 && sequence.rawValue == half.state.base && allowsFastPath(half)) else { return nil }
    if !measuresTiming {
      half.state.record(window: window)
    } else if half.state.flags.contains(.runs), count > 0, window != 0 {
      // The run says that the window was open before.
      measureSilence(before: info, half)
    } else {
      measureInOrder(
        sequence.rawValue, acknowledgment: acknowledgment.rawValue, window: window, count: count, isFIN: isFIN, half, info: info)
    }
    self.count(payload: count, half, info: info)
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

  /// Whether a connection allows the fast path.
  ///
  /// It is not in time-wait, has no pending SYN and no ledger that matters, and neither a filter nor an observer sees plain segments.
  @inline(always)
  private func allowsFastPath(_ connection: ConnectionHandle) -> Bool {
    connection.state.list != .timeWait && connection.state.pendingSYN == nil
      && connection.state.flags.isDisjoint(with: [.filtered, .observed, .ledgerTouched])
  }

  /// Allows the fast path again if no ledger of the connection matters for the next segment.
  mutating func reviewLedgers(_ connection: ConnectionHandle) {
    let originator = connection.originator
    guard originator.state.ledger?.isPending != true, originator.other.state.ledger?.isPending != true else { return }
    connection.state.flags.remove(.ledgerTouched)
  }

  /// Whether a direction allows the fast path: its start is known, no end is, and nothing is queued or kept.
  @inline(always)
  private func allowsFastPath(_ half: HalfHandle) -> Bool {
    let flags = half.state.flags
    return flags.intersection([.positioned, .started, .awaitingStart, .fin, .finReached, .reset, .resetPending]) == [.positioned, .started]
      && half.state.queue.isEmpty && !half.state.firstKept.exists
  }
}
