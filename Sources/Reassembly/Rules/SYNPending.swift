import Packets

/// Pending SYN: a SYN with another number on an open connection, forged or the beginning of the next one (RFC 5961, section 4).
///
/// Rules, section 2: Connections.
extension Assembler {
  /// Bytes of data that all candidate SYNs together may hold.
  private static let candidateMemory = 1 << 20

  /// Notes a SYN that may begin the next connection; a further one with another number takes its place.
  mutating func noteCandidate(_ segment: borrowing TCPSegment, _ half: HalfHandle, info: CaptureInfo) -> Disposition {
    let index = half.connection
    if let known = index.state.candidate, known.side == half.side, known.sequence == segment.sequence.rawValue {
      let before = known.keptBytes
      known.take(segment, info: info, room: Self.candidateMemory - candidateBytes)
      candidateBytes += known.keptBytes - before
    } else {
      ignoreCandidate(index)
      let candidate = CandidateSYN(segment, side: half.side, info: info, room: Self.candidateMemory - candidateBytes)
      candidateBytes += candidate.keptBytes
      index.state.candidate = candidate
    }
    index.state.flags.remove(.liveSinceCandidate)
    return Disposition(kind: .candidate, connection: index.state.id)
  }

  /// A candidate that was never confirmed: its packets belong to the connection it came on.
  mutating func ignoreCandidate(_ index: ConnectionHandle) {
    guard let candidate = index.state.candidate else { return }
    index.state.candidate = nil
    candidateBytes -= candidate.keptBytes
    let half = index.half(candidate.side)
    note(.synIgnored, half, count: candidate.packets)
    half.state.packets &+= candidate.packets
    half.state.payloadBytes &+= candidate.payloadBytes
    drop(candidate.payloadBytes, .synIgnored, half)
  }

  /// Whether a segment proves that the candidate SYN began a new connection: the peer acknowledges it, or its sender goes on from it while
  /// the old connection is silent.
  func confirmsCandidate(_ segment: borrowing TCPSegment, _ half: HalfHandle, _ control: ControlBits) -> Bool {
    guard let candidate = half.connection.state.candidate else { return false }
    if half.side == candidate.side {
      let hasPayload = segment.payload.count > 0 || segment.missingLength > 0
      return segment.sequence.rawValue == candidate.next && hasPayload && !control.isSYN && !control.isRST
        && !half.connection.state.flags.contains(.liveSinceCandidate)
    }
    // A reset that acknowledges it refuses the new connection.
    guard control.isACK else { return false }
    let number = segment.acknowledgment.rawValue
    guard number &- candidate.next <= UInt32(truncatingIfNeeded: candidate.wireLength) else { return false }
    if control.isSYN { return true }
    // A number that the old stream has reached is an acknowledgment of the old stream.
    let old = half.connection.half(candidate.side).state
    guard old.flags.contains(.started) else { return true }
    let position = old.position(of: number)
    return position < old.origin || position > old.next
  }

  /// Whether a segment that proves nothing belongs to the candidate all the same: its sender's bare acknowledgment.
  func belongsToCandidate(_ segment: borrowing TCPSegment, _ half: HalfHandle) -> Bool {
    guard let candidate = half.connection.state.candidate, half.side == candidate.side else { return false }
    return segment.sequence.rawValue == candidate.next && segment.payload.count == 0 && segment.missingLength == 0
  }

  /// The old connection ends here and the new one begins at its SYN; answers the half of the new one that sent the segment.
  mutating func confirmCandidate(_ half: HalfHandle) -> HalfHandle {
    let index = half.connection
    guard let candidate = index.state.candidate, let first = candidate.copies.first else { return half }
    index.state.candidate = nil
    candidateBytes -= candidate.keptBytes
    let sender = replace(index.half(candidate.side), info: first.info, layers: candidate.layers)
    let key = sender.connection.state.originatorKey
    for copy in candidate.copies {
      let segment = TCPSegment(
        key: key, sequence: SequenceNumber(candidate.sequence), acknowledgment: SequenceNumber(candidate.acknowledgment ?? 0),
        flags: candidate.acknowledgment == nil ? .syn : [.syn, .ack], window: candidate.window, options: Span(),
        payload: copy.payload.span, missingLength: copy.missingLength)
      _ = process(segment, sender, info: copy.info)
    }
    countOtherCopies(candidate, sender)
    return half.side == candidate.side ? sender : sender.other
  }

  /// Copies of the SYN that were not kept were packets of the new connection too: repetitions, or not looked at.
  private mutating func countOtherCopies(_ candidate: CandidateSYN, _ half: HalfHandle) {
    half.state.packets &+= candidate.packets &- UInt64(candidate.copies.count)
    half.state.payloadBytes &+= candidate.payloadBytes &- Int64(candidate.keptBytes)
    half.state.retransmittedBytes &+= candidate.repeatedBytes
    statistics.overlapPackets &+= candidate.repeatedPackets
    statistics.overlapBytes &+= UInt64(clamping: candidate.repeatedBytes)
    drop(candidate.payloadBytes &- Int64(candidate.keptBytes) &- candidate.repeatedBytes, .synIgnored, half)
  }
}
