import Packets

/// Completion: how a connection ends, exactly once. (gopacket: `closeHalfConnection`.)
///
/// Rules, section 5: FIN and RST.
extension Assembler {
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
    removeLedger(originator)
    removeLedger(originator.other)
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

  func report(_ index: ConnectionIndex, close: ConnectionReport.Close) -> ConnectionReport {
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
  func report(_ half: HalfIndex) -> HalfReport {
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
