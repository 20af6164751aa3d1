import Packets

/// Completion: how a connection ends, exactly once. (gopacket: `closeHalfConnection`.)
///
/// Rules, section 5: FIN and RST.
extension Assembler {
  /// What completes a connection: its own end where it has come to one, else `reason`.
  func closeReason(_ index: ConnectionHandle, otherwise reason: ConnectionReport.Close) -> ConnectionReport.Close {
    let originator = index.originator
    let responder = originator.other
    let originatorEnded = originator.state.flags.contains(.ended)
    let responderEnded = responder.state.flags.contains(.ended)
    if originatorEnded, responderEnded { return .fin }
    if index.state.flags.contains(.reset) { return .rst }
    if originatorEnded && responder.state.packets == 0 || responderEnded && originator.state.packets == 0 {
      return .fin
    }
    return reason
  }

  /// Flushes both directions and tells the stream, exactly once. (gopacket: `closeHalfConnection`.)
  ///
  /// - Parameter time: when it was due, where a sweep comes later; stragglers are known from then on.
  mutating func complete(_ index: ConnectionHandle, close: ConnectionReport.Close, cause: Gap.Cause, at time: Int64? = nil) {
    ignoreCandidate(index)
    if index.state.endedAt == Connection.notEnded {
      index.state.endedAt = index.state.list == .halfEnded ? index.state.listedAt : clock.now
    }
    let originator = index.originator
    finish(originator, cause: cause)
    finish(originator.other, cause: cause)
    let stream = index.stream.object.take()
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
  private mutating func finish(_ half: HalfHandle, cause: Gap.Cause) {
    let isDone = half.state.flags.intersection([.ended, .held]) == .ended && holdsNothing(half)
    if !isDone { finishOpen(half, cause: cause) }
  }

  private mutating func finishOpen(_ half: HalfHandle, cause: Gap.Cause) {
    if let ledger = half.state.ledger, ledger.far.count > 0 { releaseFar(half) }
    let isKnown = !half.state.queue.isEmpty || half.state.flags.contains(.fin)
    if !half.state.flags.contains(.started), isKnown { beginMidstream(half) }
    held.remove(half)
    while half.state.queue.hasBytes { giveUpGap(half, cause: cause) }
    if half.state.flags.contains(.started), !half.state.flags.contains(.ended) {
      let fin = half.state.flags.contains(.fin) ? half.state.fin : nil
      skip(half, to: fin, cause: cause)
      deliver(half, live: nil, stamp: .none, isLast: true)
    }
    freeMarks(half)
    freeSaved(half)
  }

  func report(_ index: ConnectionHandle, close: ConnectionReport.Close) -> ConnectionReport {
    let flags = index.state.flags
    let hasAll = flags.isSuperset(of: [.synSeen, .synAckSeen, .synAckAcknowledged])
    let hasSome = !flags.isDisjoint(with: [.synSeen, .synAckSeen])
    let key = index.state.key
    return ConnectionReport(
      id: index.state.id, key: flags.contains(.originatorIsCanonical) ? key : key.reversed,
      client: flags.client, clientBy: index.state.clientBy,
      handshake: hasAll ? .complete : hasSome ? .partial : .none, close: close,
      lastInfo: CaptureInfo(
        time: index.state.lastTime, capturedLength: 0, originalLength: 0, packetNumber: index.state.lastPacketNumber,
        input: index.state.lastInput),
      originator: report(index.originator), responder: report(index.responder))
  }

  @inline(always)
  func report(_ half: HalfHandle) -> HalfReport {
    let flags = half.state.flags
    let isStarted = flags.contains(.started)
    // A SYN that came after the start was settled belongs to a stream that lacks its first bytes.
    let startsAtSYN = flags.contains(.syn) && !flags.contains(.startedBeforeSYN)
    let ledger = half.state.ledger
    return HalfReport(
      start: startsAtSYN ? .syn : isStarted ? .midstream : .none,
      end: flags.contains(.ended) ? .fin : flags.contains(.reset) ? .rst : .none,
      firstSequence: isStarted ? SequenceNumber(UInt32(truncatingIfNeeded: half.state.origin)) : nil,
      packets: half.state.packets, bytes: half.state.bytes,
      length: isStarted ? half.state.offset(of: half.state.next) : 0, payloadBytes: half.state.payloadBytes,
      gapCount: ledger?.gapCount ?? 0, gapBytes: ledger?.gapBytes ?? 0, retransmittedBytes: half.state.retransmittedBytes,
      outOfOrderPackets: UInt64(half.state.outOfOrderPackets), withdrawn: flags.contains(.withdrawn),
      dropped: ledger?.dropped ?? Tally(), anomalies: ledger?.anomalies ?? Tally())
  }
}
