import Packets

/// Pending SYN: a SYN with another number on an open connection, either forged or the first packet of the next one (RFC 5961, section 4).
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
      let pending = PendingSYN(segment, side: half.side, info: info, room: Self.pendingSYNMemory - pendingSYNBytes)
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
    pendingSYNBytes -= pending.keptBytes
    let half = connection.half(pending.side)
    count(.synIgnored, half, count: pending.packets)
    half.state.packets &+= pending.packets
    half.state.payloadBytes &+= pending.payloadBytes
    drop(pending.payloadBytes, .synIgnored, half)
  }

  /// Whether a segment confirms the pending SYN: the peer acknowledges it, or its sender continues behind it while the old connection is
  /// silent.
  func confirmsPendingSYN(_ segment: borrowing TCPSegment, _ half: HalfHandle, _ control: ControlBits) -> Bool {
    guard let pending = half.connection.state.pendingSYN else { return false }
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

  /// Whether a segment that confirms nothing belongs to the pending SYN: a bare acknowledgment of its sender.
  func belongsToPendingSYN(_ segment: borrowing TCPSegment, _ half: HalfHandle) -> Bool {
    guard let pending = half.connection.state.pendingSYN, half.side == pending.side else { return false }
    return segment.sequence.rawValue == pending.next && segment.payload.count == 0 && segment.missingLength == 0
  }

  /// Completes the old connection and makes the new one from its pending SYN.
  ///
  /// - Returns: the direction of the new connection that sent the current segment.
  mutating func confirmPendingSYN(_ half: HalfHandle) -> HalfHandle {
    let connection = half.connection
    guard let pending = connection.state.pendingSYN, let first = pending.copies.first else { return half }
    connection.state.pendingSYN = nil
    pendingSYNBytes -= pending.keptBytes
    let sender = replaceConnection(connection.half(pending.side), info: first.info, layers: pending.layers)
    let key = sender.connection.state.originatorKey
    for copy in pending.copies {
      let segment = TCPSegment(
        key: key, sequence: SequenceNumber(pending.sequence), acknowledgment: SequenceNumber(pending.acknowledgment ?? 0),
        flags: pending.acknowledgment == nil ? .syn : [.syn, .ack], window: pending.window, options: Span(),
        payload: copy.payload.span, missingLength: copy.missingLength)
      _ = handleSegment(segment, sender, info: copy.info)
    }
    countOtherCopies(pending, sender)
    return half.side == pending.side ? sender : sender.other
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
