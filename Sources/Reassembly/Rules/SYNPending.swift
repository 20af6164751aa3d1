import Packets

/// Pending SYN: a SYN on an open connection that may be the first packet of the next one.
///
/// Either it has another number, and is forged or begins the next connection (RFC 5961, section 4), or it has the same number after
/// payload, and is late or begins the next connection.
///
/// Rules, section 2: Connections.
extension Assembler {
  /// Memory that the data of all pending SYNs may take, in bytes.
  private static let pendingSYNMemory = 1 << 20

  /// Records a SYN that may begin the next connection.
  ///
  /// A further one with another number replaces it.
  mutating func recordPendingSYN(_ segment: borrowing TCPSegment, _ half: HalfHandle, info: CaptureInfo) -> Disposition {
    let connection = half.connection
    if let known = connection.state.pendingSYN, known.side == half.side, known.sequence == segment.sequence.rawValue {
      let before = known.keptBytes
      known.add(segment, info: info, room: Self.pendingSYNMemory - pendingSYNBytes)
      pendingSYNBytes += known.keptBytes - before
    } else {
      dropPendingSYN(connection)
      let pending = PendingSYN(
        segment, side: half.side, isRepetition: segment.sequence.rawValue &+ 1 == UInt32(truncatingIfNeeded: half.state.origin), info: info,
        room: Self.pendingSYNMemory - pendingSYNBytes)
      pendingSYNBytes += pending.keptBytes
      connection.state.pendingSYN = pending
    }
    connection.state.flags.remove(.activeSincePendingSYN)
    return Disposition(kind: .pendingSYN, connection: connection.state.id)
  }

  /// Counts a pending SYN that was never confirmed; its packets belong to the connection that it came on.
  mutating func dropPendingSYN(_ connection: ConnectionHandle) {
    guard let pending = connection.state.pendingSYN else { return }
    connection.state.pendingSYN = nil
    pendingSYNBytes -= pending.allKeptBytes
    // A repetition is a copy of the connection's own SYN.
    drop(pending, pending.isRepetition ? nil : .synIgnored, connection)
    for answer in pending.answers { drop(answer, .synAckIgnored, connection) }
  }

  private mutating func drop(_ pending: PendingSYN, _ anomaly: Anomaly?, _ connection: ConnectionHandle) {
    let half = connection.half(pending.side)
    if let anomaly { count(anomaly, half, count: pending.packets) }
    half.state.packets &+= pending.packets
    half.state.payloadBytes &+= pending.payloadBytes
    drop(pending.payloadBytes, .synIgnored, half)
  }

  /// Whether a segment confirms the pending SYN.
  ///
  /// Either the peer acknowledges it, or its sender continues after it while the old connection is silent.
  func confirmsPendingSYN(_ segment: borrowing TCPSegment, _ half: HalfHandle, _ control: ControlBits) -> Bool {
    guard let pending = half.connection.state.pendingSYN else { return false }
    return pending.isRepetition ? confirmedAnswer(segment, half, control) != nil : confirms(pending, segment, half, control)
  }

  private func confirms(_ pending: PendingSYN, _ segment: borrowing TCPSegment, _ half: HalfHandle, _ control: ControlBits) -> Bool {
    if half.side == pending.side {
      let hasPayload = segment.payload.count > 0 || segment.missingLength > 0
      return segment.sequence.rawValue == pending.next && hasPayload && !control.isSYN && !control.isRST
        && !half.connection.state.flags.contains(.activeSincePendingSYN)
    }
    // A reset that acknowledges the pending SYN refuses the new connection.
    guard control.isACK else { return false }
    let number = segment.acknowledgment.rawValue
    guard number &- pending.next <= UInt32(truncatingIfNeeded: pending.wireLength) else { return false }
    if control.isSYN { return true }
    // A number that the old stream has reached is an acknowledgment of the old stream.
    let old = half.connection.half(pending.side).state
    guard old.flags.contains(.started) else { return true }
    let position = old.position(of: number)
    return position < old.origin || position > old.next
  }

  // MARK: a SYN that repeats the number of the connection

  /// Whether a copy of a direction's SYN may begin the next connection.
  ///
  /// Payload of the direction must precede it, and the number of the server must be known, because that of the answer is compared with it.
  func isRepetition(_ segment: borrowing TCPSegment, _ half: HalfHandle) -> Bool {
    half.state.flags.contains(.payload) && segment.payload.count == 0 && segment.missingLength == 0
      && (half.other.state.flags.contains(.syn) || half.state.flags.contains(.acknowledges))
  }

  /// Whether a SYN-ACK answers a repetition with another number than that of the connection.
  func answersRepetition(_ segment: borrowing TCPSegment, _ half: HalfHandle) -> Bool {
    guard let pending = half.connection.state.pendingSYN, pending.isRepetition, pending.side != half.side,
      segment.acknowledgment.rawValue == pending.next
    else { return false }
    let isn = segment.sequence.rawValue
    let state = half.state
    if state.flags.contains(.syn), !state.flags.contains(.startedBeforeSYN) { return isn &+ 1 != UInt32(truncatingIfNeeded: state.origin) }
    // The SYN-ACK of the connection was not captured.
    if state.flags.contains(.positioned) { return distanceOfLate(isn, half) == nil }
    return half.other.state.latestAcknowledgment != isn &+ 1
  }

  /// Records a SYN-ACK that answers a repetition.
  mutating func recordAnswer(_ segment: borrowing TCPSegment, _ half: HalfHandle, info: CaptureInfo) -> Disposition {
    guard let pending = half.connection.state.pendingSYN else { return ignoreSYNACK(segment, half, info: info) }
    // If another pending SYN arrives before the answer, the answer may still be the SYN-ACK of this connection.
    let flags = half.state.flags
    if flags.contains(.syn), flags.isDisjoint(with: [.payload, .fin]) { ledger(half).rememberAlternative(segment.sequence.rawValue) }
    let before = pending.allKeptBytes
    let isKept = pending.add(answer: segment, side: half.side, info: info, room: Self.pendingSYNMemory - pendingSYNBytes)
    guard isKept else { return ignoreSYNACK(segment, half, info: info) }
    pendingSYNBytes += pending.allKeptBytes - before
    half.connection.state.flags.remove(.activeSincePendingSYN)
    return Disposition(kind: .pendingSYN, connection: half.connection.state.id)
  }

  /// Returns the answer to a repetition that a segment confirms.
  ///
  /// Either the client acknowledges the answer, or the server continues after it while the old connection is silent.
  func confirmedAnswer(_ segment: borrowing TCPSegment, _ half: HalfHandle, _ control: ControlBits) -> PendingSYN? {
    guard !control.isSYN, !control.isRST, let pending = half.connection.state.pendingSYN else { return nil }
    for answer in pending.answers where confirms(answer, segment, half, control) { return answer }
    return nil
  }

  /// Whether a segment that confirms nothing belongs to the pending SYN: a bare acknowledgment of its sender.
  func belongsToPendingSYN(_ segment: borrowing TCPSegment, _ half: HalfHandle) -> Bool {
    guard let pending = half.connection.state.pendingSYN, half.side == pending.side else { return false }
    return segment.sequence.rawValue == pending.next && segment.payload.count == 0 && segment.missingLength == 0
  }

  /// Completes the old connection, and makes the new one from its pending SYN and from `answer`, if there is one.
  ///
  /// - Returns: the direction of the new connection that sent the current segment.
  mutating func confirmPendingSYN(_ half: HalfHandle, answer: PendingSYN? = nil) -> HalfHandle {
    let connection = half.connection
    guard let pending = connection.state.pendingSYN, let first = pending.copies.first else { return half }
    connection.state.pendingSYN = nil
    pendingSYNBytes -= pending.allKeptBytes
    for other in pending.answers where other !== answer { drop(other, .synAckIgnored, connection) }
    let sender = replaceConnection(connection.half(pending.side), info: first.info, layers: pending.layers)
    replay(pending, sender)
    if let answer { replay(answer, sender.other) }
    return half.side == pending.side ? sender : sender.other
  }

  /// Handles the packets of a pending SYN as those of the new connection.
  private mutating func replay(_ pending: PendingSYN, _ half: HalfHandle) {
    let originatorKey = half.connection.state.originatorKey
    let key = half.side == .originator ? originatorKey : originatorKey.reversed
    for copy in pending.copies {
      let segment = TCPSegment(
        key: key, sequence: SequenceNumber(pending.sequence), acknowledgment: SequenceNumber(pending.acknowledgment ?? 0),
        flags: pending.acknowledgment == nil ? .syn : [.syn, .ack], window: pending.window, options: Span(),
        payload: copy.payload.span, missingLength: copy.missingLength)
      _ = handleSegment(segment, half, info: copy.info)
    }
    countOtherCopies(pending, half)
  }

  /// Counts the copies of the SYN that were not kept as packets of the new connection.
  private mutating func countOtherCopies(_ pending: PendingSYN, _ half: HalfHandle) {
    half.state.packets &+= pending.packets &- UInt64(pending.copies.count)
    half.state.payloadBytes &+= pending.payloadBytes &- Int64(pending.keptBytes)
    half.state.retransmittedBytes &+= pending.repeatedBytes
    statistics.overlapPackets &+= pending.repeatedPackets
    statistics.overlapBytes &+= UInt64(clamping: pending.repeatedBytes)
    drop(pending.payloadBytes &- Int64(pending.keptBytes) &- pending.repeatedBytes, .synIgnored, half)
  }
}
