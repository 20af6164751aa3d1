import Packets

/// How connections end: FIN and RST by position, completion exactly once.
extension Assembler {
  // MARK: FIN

  /// A FIN at a sequence number; answers what became of it, nil where it said nothing new.
  mutating func takeFIN(at sequence: UInt32, _ half: HalfIndex) -> Disposition.Kind? {
    let fin = position(of: sequence, half)
    let flags = pool.slab[half].flags
    if flags.contains(.fin) {
      guard fin != pool.slab[half].fin else { return nil }
      note(.finIgnored, half)
      return .finIgnored
    }
    let expected = expectedPosition(half)
    guard fin >= expected, fin &- expected <= Self.windowReach else {
      note(.finIgnored, half)
      return .finIgnored
    }
    pool.slab[half].fin = fin
    pool.slab[half].flags.insert(.fin)
    if flags.contains(.started) {
      if fin == expected, !flags.contains(.resetPending), holdsNothing(half) {
        deliverEnd(half)
        return .finished
      }
      dropBeyond(fin, half)
      deliver(half, live: nil, stamp: .none)
    } else {
      // Only the start of the direction tells whether the FIN lies behind it.
      hold(half)
      reviewPendingReset(half)
    }
    return .finished
  }

  /// Whether a FIN here ends the stream before bytes that are queued: it does so although its own data may close the hole before them.
  @inline(__always)
  func endsBeforeQueued(_ sequence: UInt32, _ half: HalfIndex) -> Bool {
    guard pool.slab[half].flags.contains(.started), !pool.slab[half].queue.isEmpty else { return false }
    let distance = pool.slab[half].position(of: sequence) &- pool.slab[half].next
    return distance >= 0 && distance <= Self.windowReach
  }

  /// What is queued at or beyond the FIN is no stream data.
  mutating func dropBeyond(_ fin: Int64, _ half: HalfIndex) {
    guard !pool.slab[half].queue.isEmpty else { return }
    let base = pool.slab[half].base
    let limit = UInt32(truncatingIfNeeded: fin)
    while case let last = pool.slab[half].queue.tree.last(pages), last.exists, Int32(bitPattern: pages.runEnd(of: last) &- limit) > 0 {
      if Int32(bitPattern: pages[last].start &- limit) < 0 {
        _ = pool.slab[half].queue.split(last, at: limit, base: base, &pages)
        continue
      }
      dropQueued(last, .beyondFin, half)
    }
    noteWaiting(half)
  }

  // MARK: RST

  mutating func takeReset(_ segment: borrowing TCPSegment, _ half: HalfIndex, isACK: Bool) -> Disposition.Kind {
    drop(Int64(segment.payload.count), .rstPayload, half)
    let index = half.connection
    if isACK, answersSYN(segment.acknowledgment.rawValue, half) {
      pool.slab[half].flags.insert(.reset)
      complete(index, close: .refused, cause: .close)
      return .refused
    }
    let sequence = segment.sequence.rawValue
    let other = pool.slab[half.other]
    let isAtAcknowledgment = other.flags.contains(.acknowledges) && sequence == other.latestAcknowledgment
    let flags = pool.slab[half].flags
    let isKnown = flags.contains(.based)
    let position = position(of: sequence, half)
    let distance = position &- pool.slab[half].next
    // A FIN takes a number of its own, so a reset behind it is no farther ahead.
    let isExpected = distance == 0 || (distance == 1 && flags.contains(.ended))
    if isAtAcknowledgment || (flags.contains(.started) && isExpected) {
      acceptReset(half, at: position)
      return .reset
    }
    guard isKnown, distance > 0 || !flags.contains(.started), window(half).contains(position) else {
      if !isKnown { pool.slab[half].flags.remove(.based) }
      note(.rstIgnored, half)
      return .rstIgnored
    }
    // What was accepted stands; a further reset ahead of it says nothing new.
    guard !flags.contains(.reset) else { return .reset }
    if !flags.contains(.resetPending) || position < pool.slab[half].reset { pool.slab[half].reset = position }
    pool.slab[half].flags.insert(.resetPending)
    return .reset
  }

  /// Whether a reset that acknowledges `number` answers a SYN which was not answered yet.
  private func answersSYN(_ number: UInt32, _ half: HalfIndex) -> Bool {
    let other = pool.slab[half.other]
    guard other.flags.contains(.syn), pool.slab[half].flags.isDisjoint(with: [.syn, .payload, .fin]) else { return false }
    guard !pool.slab[half].hasAcknowledged(other.origin) else { return false }
    let position = other.position(of: number)
    // Data on the SYN is acknowledged with it. A client that acknowledges has had an answer, whether it was captured or not.
    return position == other.origin || (!other.flags.contains(.acknowledges) && position > other.origin && position <= other.next)
  }

  private mutating func acceptReset(_ half: HalfIndex, at position: Int64) {
    if !pool.slab[half].flags.contains(.reset) { pool.slab[half].reset = position }
    pool.slab[half].flags.remove(.resetPending)
    pool.slab[half].flags.insert(.reset)
    pool.slab[half.connection].flags.insert(.reset)
  }

  /// The stream has got to a reset that lay ahead.
  @inline(always)
  mutating func acceptPendingReset(_ half: HalfIndex) {
    if pool.slab[half].flags.contains(.resetPending) { acceptResetReached(half) }
  }

  private mutating func acceptResetReached(_ half: HalfIndex) {
    let flags = pool.slab[half].flags
    guard pool.slab[half].next &+ (flags.contains(.ended) ? 1 : 0) >= pool.slab[half].reset else { return }
    acceptReset(half, at: pool.slab[half].reset)
  }

  /// A TCP that reset sends no more: payload behind a reset proves it forged.
  mutating func withdrawReset(_ half: HalfIndex, end: Int64) {
    guard !pool.slab[half].flags.isDisjoint(with: [.reset, .resetPending]), end > pool.slab[half].reset else { return }
    pool.slab[half].flags.subtract([.reset, .resetPending])
    pool.slab[half].flags.insert(.withdrawn)
    note(.rstWithdrawn, half)
    if !pool.slab[half.other].flags.contains(.reset) { pool.slab[half.connection].flags.remove(.reset) }
  }

  // MARK: completion

  /// What completes a connection: its own end where it has come to one, else `reason`.
  func closeReason(_ index: ConnectionIndex, otherwise reason: ConnectionReport.Close) -> ConnectionReport.Close {
    let originator = HalfIndex(index, .originator)
    let responder = originator.other
    let originatorEnded = pool.slab[originator].flags.contains(.ended)
    let responderEnded = pool.slab[responder].flags.contains(.ended)
    if originatorEnded, responderEnded { return .fin }
    if pool.slab[index].flags.contains(.reset) { return .rst }
    if originatorEnded && pool.slab[responder].packets == 0 || responderEnded && pool.slab[originator].packets == 0 {
      return .fin
    }
    return reason
  }

  /// Flushes both directions and tells the stream, exactly once. (gopacket: `closeHalfConnection`.)
  ///
  /// - Parameter time: when it was due, where a sweep comes later; stragglers are known from then on.
  mutating func complete(_ index: ConnectionIndex, close: ConnectionReport.Close, cause: Gap.Cause, at time: Int64? = nil) {
    ignoreCandidate(index)
    if pool.slab[index].endedAt == Connection.notEnded {
      pool.slab[index].endedAt = pool.slab[index].list == .halfEnded ? pool.slab[index].listedAt : clock.now
    }
    let originator = HalfIndex(index, .originator)
    finish(originator, cause: cause)
    finish(originator.other, cause: cause)
    let stream = pool.slab[stream: index].stream.take()
    let mayForget = stream?.reassemblyComplete(report(index, close: close)) ?? true
    pool.slab[originator].ledger = nil
    pool.slab[originator.other].ledger = nil
    let isOver = close == .fin || close == .rst || close == .refused
    if mayForget || !isOver || options.stragglerTime == nil {
      pool.remove(index)
    } else {
      list(index, in: .lingering, at: max(time ?? clock.now, pool.lastTime(of: .lingering)))
    }
  }

  /// Hands on all that one direction has, declares what is missing, and frees its memory.
  @inline(always)
  private mutating func finish(_ half: HalfIndex, cause: Gap.Cause) {
    let isDone = pool.slab[half].flags.intersection([.ended, .held]) == .ended && holdsNothing(half)
    if !isDone { finishOpen(half, cause: cause) }
  }

  private mutating func finishOpen(_ half: HalfIndex, cause: Gap.Cause) {
    if let ledger = pool.slab[half].ledger, ledger.far.count > 0 { releaseFar(half) }
    let isKnown = !pool.slab[half].queue.isEmpty || pool.slab[half].flags.contains(.fin)
    if !pool.slab[half].flags.contains(.started), isKnown { beginMidstream(half) }
    held.remove(half, in: pool.slab)
    while pool.slab[half].queue.hasBytes { giveUpGap(half, cause: cause) }
    if pool.slab[half].flags.contains(.started), !pool.slab[half].flags.contains(.ended) {
      let fin = pool.slab[half].flags.contains(.fin) ? pool.slab[half].fin : nil
      skip(half, to: fin, cause: cause)
      deliver(half, live: nil, stamp: .none, isLast: true)
    }
    freeMarks(half)
    freeSaved(half)
  }

  private func report(_ index: ConnectionIndex, close: ConnectionReport.Close) -> ConnectionReport {
    let flags = pool.slab[index].flags
    let hasAll = flags.isSuperset(of: [.synSeen, .synAckSeen, .synAckAcknowledged])
    let hasSome = !flags.isDisjoint(with: [.synSeen, .synAckSeen])
    let key = pool.slab[index].key
    return ConnectionReport(
      id: pool.slab[index].id, key: flags.contains(.originatorIsCanonical) ? key : key.reversed,
      client: flags.client, clientBy: pool.slab[index].clientBy,
      handshake: hasAll ? .complete : hasSome ? .partial : .none, close: close,
      lastInfo: CaptureInfo(
        time: pool.slab[index].lastTime, capturedLength: 0, originalLength: 0, packetNumber: pool.slab[index].lastPacketNumber,
        input: pool.slab[index].lastInput),
      originator: report(HalfIndex(index, .originator)), responder: report(HalfIndex(index, .responder)))
  }

  @inline(always)
  private func report(_ half: HalfIndex) -> HalfReport {
    let flags = pool.slab[half].flags
    let isStarted = flags.contains(.started)
    // A SYN that came after the start was settled belongs to a stream that lacks its first bytes.
    let startsAtSYN = flags.contains(.syn) && !flags.contains(.startedBeforeSYN)
    let ledger = pool.slab[half].ledger
    return HalfReport(
      start: startsAtSYN ? .syn : isStarted ? .midstream : .none,
      end: flags.contains(.ended) ? .fin : flags.contains(.reset) ? .rst : .none,
      firstSequence: isStarted ? SequenceNumber(UInt32(truncatingIfNeeded: pool.slab[half].origin)) : nil,
      packets: pool.slab[half].packets, bytes: pool.slab[half].bytes,
      length: isStarted ? pool.slab[half].offset(of: pool.slab[half].next) : 0, payloadBytes: pool.slab[half].payloadBytes,
      gapCount: ledger?.gapCount ?? 0, gapBytes: ledger?.gapBytes ?? 0, retransmittedBytes: pool.slab[half].retransmittedBytes,
      outOfOrderPackets: UInt64(pool.slab[half].outOfOrderPackets), withdrawn: flags.contains(.withdrawn),
      dropped: ledger?.dropped ?? Tally(), anomalies: ledger?.anomalies ?? Tally())
  }
}
