import Packets

/// SYNs on connections that exist: repeated, late, replaced, or candidates for the next connection.
extension Assembler {
  /// What a SYN on a connection means.
  enum SYNMeaning {
    /// A copy of this direction's SYN: its payload lies at offset 0.
    case own
    /// The first SYN of this direction, or one that takes the place of an earlier one.
    case first
    /// The SYN of this direction, captured when its bytes were seen already, which begin this far behind offset 0; -1 is the SYN's place.
    case late(below: Int64)
    /// Another answer of the server; the client will say which one counts.
    case alternative
    /// May begin the next connection.
    case candidate
    /// The connection is over: this begins the next one.
    case next
  }

  mutating func judgeSYN(_ segment: borrowing TCPSegment, _ half: HalfIndex, isACK: Bool) -> SYNMeaning {
    let isn = segment.sequence.rawValue
    let flags = pool.slab[half].flags
    let connection = half.connection
    if isOver(connection), isNew(isn, half, endedAt: pool.slab[connection].endedAt) { return .next }
    if flags.contains(.syn), !flags.contains(.startedBeforeSYN) {
      if isn &+ 1 == UInt32(truncatingIfNeeded: pool.slab[half].origin) { return .own }
      if flags.isDisjoint(with: [.payload, .fin]) {
        if isACK { return answersAnother(segment.acknowledgment.rawValue, half) ? .candidate : alternativeSYNACK(isn, half) }
        // Nothing was answered and nothing sent: the client tries again with another number.
        if pool.slab[half.other].packets == 0 { return .first }
      }
      return .candidate
    }
    guard flags.contains(.based) else { return .first }
    return distanceOfLate(isn, half).map(SYNMeaning.late) ?? .candidate
  }

  /// A SYN this far below the lowest byte of a direction without one is its own, captured late.
  private static let lateHandshakeReach: Int64 = 1 << 20

  /// How far the bytes of a direction, which has some, begin behind offset 0 of a SYN with this number; nil where the SYN is not its own.
  @inline(always)
  func distanceOfLate(_ isn: UInt32, _ half: HalfIndex) -> Int64? {
    let lowest = pool.slab[half].flags.contains(.started) ? pool.slab[half].origin : lowestPosition(half)
    let below = lowest &- pool.slab[half].position(of: isn &+ 1)
    // A keep-alive repeats the place of the SYN, so the lowest byte may lie right there.
    return below >= -1 && below <= Self.lateHandshakeReach ? below : nil
  }

  /// Does what a SYN that was accepted means for its direction.
  mutating func settle(_ meaning: SYNMeaning, isn: UInt32, _ half: HalfIndex) {
    switch meaning {
    case .first: restart(half, isn: isn)
    case .late(let below):
      pool.slab[half].flags.insert(.syn)
      if !pool.slab[half].flags.contains(.started) {
        begin(half, at: pool.slab[half].position(of: isn &+ 1))
      } else if below != 0 {
        pool.slab[half].flags.insert(.startedBeforeSYN)
      }
    case .own, .alternative, .candidate, .next: break
    }
  }

  private mutating func restart(_ half: HalfIndex, isn: UInt32) {
    // A SYN that was turned away left a mark where its data would have been.
    if !pool.slab[half].queue.isEmpty { freeMarks(half) }
    place(half, isn: isn)
  }

  /// Offset 0 of a direction that has handed on nothing lies behind this number.
  private mutating func place(_ half: HalfIndex, isn: UInt32) {
    // A reset that waited for the stream of the earlier number waits in vain.
    pool.slab[half].flags.remove(.resetPending)
    rebase(half, to: HalfConnection.firstPosition(of: isn &+ 1))
    pool.slab[half].flags.formUnion([.syn, .based, .started])
  }

  /// Both directions ended, or a reset was accepted.
  func isOver(_ index: ConnectionIndex) -> Bool {
    pool.slab[index].flags.contains(.reset)
      || (pool.slab[HalfIndex(index, .originator)].flags.contains(.ended) && pool.slab[HalfIndex(index, .responder)].flags.contains(.ended))
  }

  // MARK: SYN-ACKs with different numbers

  /// Whether a SYN-ACK acknowledges nothing that the client has sent: it answers a SYN that was not captured.
  private func answersAnother(_ number: UInt32, _ half: HalfIndex) -> Bool {
    guard pool.slab[half.other].flags.contains(.syn) else { return false }
    let position = pool.slab[half.other].position(of: number)
    return position < pool.slab[half.other].origin || position > pool.slab[half.other].next
  }

  private mutating func alternativeSYNACK(_ isn: UInt32, _ half: HalfIndex) -> SYNMeaning {
    // The client has already said which one counts.
    let other = pool.slab[half.other].flags
    if other.contains(.acknowledges), pool.slab[half.other].highestAcknowledgment == isn &+ 1 { return .first }
    if pool.slab[half.other].hasAcknowledged(pool.slab[half].origin) { return .alternative }
    let ledger = ledger(half)
    if !ledger.alternativeISNs.contains(isn), ledger.alternativeISNs.count < HalfLedger.maximumAlternatives {
      ledger.alternativeISNs.append(isn)
    }
    return .alternative
  }

  /// Settles which SYN-ACK of the other direction counts, by what the client acknowledges or the server sends.
  @inline(__always)
  mutating func settleAlternatives(_ half: HalfIndex, firstByte: UInt32) {
    if pool.slab[half].ledger != nil { chooseAlternative(half, firstByte: firstByte) }
  }

  private mutating func chooseAlternative(_ half: HalfIndex, firstByte: UInt32) {
    guard let ledger = pool.slab[half].ledger, !ledger.alternativeISNs.isEmpty else { return }
    let state = pool.slab[half]
    guard state.flags.isDisjoint(with: [.delivered, .fin]), state.next == state.origin else {
      ledger.alternativeISNs = []
      return
    }
    if ledger.alternativeISNs.contains(firstByte &- 1) {
      // What came out of order is queued by its numbers, and stays where the window of the other start has room for it.
      place(half, isn: firstByte &- 1)
      deliver(half, live: nil, stamp: .none)
      noteWaiting(half)
    }
    if UInt32(truncatingIfNeeded: pool.slab[half].origin) == firstByte { ledger.alternativeISNs = [] }
  }

  // MARK: candidates

  /// Bytes of data that all candidate SYNs together may hold.
  static let candidateMemory = 1 << 20

  /// Notes a SYN that may begin the next connection; a further one with another number takes its place.
  mutating func noteCandidate(_ segment: borrowing TCPSegment, _ half: HalfIndex, info: CaptureInfo) -> Disposition {
    let index = half.connection
    if let known = pool.slab[index].candidate, known.side == half.side, known.sequence == segment.sequence.rawValue {
      let before = known.keptBytes
      known.take(segment, info: info, room: Self.candidateMemory - candidateBytes)
      candidateBytes += known.keptBytes - before
    } else {
      ignoreCandidate(index)
      let candidate = CandidateSYN(segment, side: half.side, info: info, room: Self.candidateMemory - candidateBytes)
      candidateBytes += candidate.keptBytes
      pool.slab[index].candidate = candidate
    }
    pool.slab[index].flags.remove(.liveSinceCandidate)
    return Disposition(kind: .candidate, connection: pool.slab[index].id)
  }

  /// A candidate that was never confirmed: its packets belong to the connection it came on.
  mutating func ignoreCandidate(_ index: ConnectionIndex) {
    guard let candidate = pool.slab[index].candidate else { return }
    pool.slab[index].candidate = nil
    candidateBytes -= candidate.keptBytes
    let half = HalfIndex(index, candidate.side)
    note(.synIgnored, half, count: candidate.packets)
    pool.slab[half].packets &+= candidate.packets
    pool.slab[half].payloadBytes &+= candidate.payloadBytes
    drop(candidate.payloadBytes, .synIgnored, half)
  }

  /// Whether a segment proves that the candidate SYN began a new connection: the peer acknowledges it, or its sender goes on from it while
  /// the old connection is silent.
  func confirmsCandidate(_ segment: borrowing TCPSegment, _ half: HalfIndex, _ control: ControlBits) -> Bool {
    guard let candidate = pool.slab[half.connection].candidate else { return false }
    if half.side == candidate.side {
      let hasPayload = segment.payload.count > 0 || segment.missingLength > 0
      return segment.sequence.rawValue == candidate.next && hasPayload && !control.isSYN && !control.isRST
        && !pool.slab[half.connection].flags.contains(.liveSinceCandidate)
    }
    // A reset that acknowledges it refuses the new connection.
    guard control.isACK else { return false }
    let number = segment.acknowledgment.rawValue
    guard number &- candidate.next <= UInt32(truncatingIfNeeded: candidate.wireLength) else { return false }
    if control.isSYN { return true }
    // A number that the old stream has reached is an acknowledgment of the old stream.
    let old = pool.slab[HalfIndex(half.connection, candidate.side)]
    guard old.flags.contains(.started) else { return true }
    let position = old.position(of: number)
    return position < old.origin || position > old.next
  }

  /// Whether a segment that proves nothing belongs to the candidate all the same: its sender's bare acknowledgment.
  func belongsToCandidate(_ segment: borrowing TCPSegment, _ half: HalfIndex) -> Bool {
    guard let candidate = pool.slab[half.connection].candidate, half.side == candidate.side else { return false }
    return segment.sequence.rawValue == candidate.next && segment.payload.count == 0 && segment.missingLength == 0
  }

  /// The old connection ends here and the new one begins at its SYN; answers the half of the new one that sent the segment.
  mutating func confirmCandidate(_ half: HalfIndex) -> HalfIndex {
    let index = half.connection
    guard let candidate = pool.slab[index].candidate, let first = candidate.copies.first else { return half }
    pool.slab[index].candidate = nil
    candidateBytes -= candidate.keptBytes
    let sender = replace(HalfIndex(index, candidate.side), info: first.info, layers: candidate.layers)
    let key = pool.slab[sender.connection].originatorKey
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
  private mutating func countOtherCopies(_ candidate: CandidateSYN, _ half: HalfIndex) {
    pool.slab[half].packets &+= candidate.packets &- UInt64(candidate.copies.count)
    pool.slab[half].payloadBytes &+= candidate.payloadBytes &- Int64(candidate.keptBytes)
    pool.slab[half].retransmittedBytes &+= candidate.repeatedBytes
    statistics.overlapPackets &+= candidate.repeatedPackets
    statistics.overlapBytes &+= UInt64(clamping: candidate.repeatedBytes)
    drop(candidate.payloadBytes &- Int64(candidate.keptBytes) &- candidate.repeatedBytes, .synIgnored, half)
  }
}
