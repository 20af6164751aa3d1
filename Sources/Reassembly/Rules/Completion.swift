import Packets

/// Completion: how a connection ends, exactly once. (gopacket: `closeHalfConnection`.)
///
/// Rules, section 5: FIN and RST.
extension Assembler {
  /// The reason for completion: the connection's own end if it has ended, else `reason`.
  func closeReason(_ connection: ConnectionHandle, otherwise reason: ConnectionReport.Close) -> ConnectionReport.Close {
    let originator = connection.originator
    let responder = originator.other
    let originatorEnded = originator.state.flags.contains(.finReached)
    let responderEnded = responder.state.flags.contains(.finReached)
    if originatorEnded, responderEnded { return .fin }
    if connection.state.flags.contains(.reset) { return .rst }
    if originatorEnded && responder.state.packets == 0 || responderEnded && originator.state.packets == 0 {
      return .fin
    }
    return reason
  }

  /// Flushes both directions and calls the stream for the last time. (gopacket: `closeHalfConnection`.)
  mutating func complete(_ connection: ConnectionHandle, close: ConnectionReport.Close, cause: Gap.Cause) {
    dropPendingSYN(connection)
    if connection.state.endedAt == Connection.notEnded {
      connection.state.endedAt = connection.state.list == .halfClosed ? connection.state.listedAt : clock.now
    }
    let originator = connection.originator
    finish(originator, cause: cause)
    finish(originator.other, cause: cause)
    let stream = connection.stream.object.take()
    let mayForget = stream?.reassemblyComplete(report(connection, close: close)) ?? true
    if originator.state.ledger != nil { removeLedger(originator) }
    if originator.other.state.ledger != nil { removeLedger(originator.other) }
    let isOver = close == .fin || close == .rst || close == .refused
    if mayForget || !isOver || options.stragglerTime == nil {
      pool.remove(connection)
    } else {
      list(connection, in: .timeWait)
    }
  }

  /// Delivers all that one direction has, reports what is missing, and frees its memory.
  @inline(always)
  private mutating func finish(_ half: HalfHandle, cause: Gap.Cause) {
    let isDone = half.state.flags.intersection([.finReached, .awaitingStart]) == .finReached && hasNothingQueued(half)
    if !isDone { finishOpen(half, cause: cause) }
  }

  private mutating func finishOpen(_ half: HalfHandle, cause: Gap.Cause) {
    if let ledger = half.state.ledger, ledger.outOfWindow.count > 0 { dropOutOfWindow(half) }
    let isKnown = !half.state.queue.isEmpty || half.state.flags.contains(.fin)
    if !half.state.flags.contains(.started), isKnown { startMidstream(half) }
    awaitingStart.remove(half)
    while half.state.queue.hasBytes { giveUpGap(half, cause: cause) }
    if half.state.flags.contains(.started), !half.state.flags.contains(.finReached) {
      let fin = half.state.flags.contains(.fin) ? half.state.fin : nil
      skip(half, to: fin, cause: cause)
      deliver(half, live: nil, stamp: .none, isLast: true)
    }
    freePlaceholders(half)
    freeKept(half)
  }

  func report(_ connection: ConnectionHandle, close: ConnectionReport.Close) -> ConnectionReport {
    let flags = connection.state.flags
    let hasAll = flags.isSuperset(of: [.synSeen, .synAckSeen, .synAckAcknowledged])
    let hasSome = !flags.isDisjoint(with: [.synSeen, .synAckSeen])
    let key = connection.state.key
    return ConnectionReport(
      id: connection.state.id, key: flags.contains(.originatorIsCanonical) ? key : key.reversed, start: connection.state.startTime,
      lastInfo: CaptureInfo(
        time: connection.state.lastTime, capturedLength: 0, packetNumber: connection.state.lastPacketNumber,
        input: connection.state.lastInput),
      client: flags.client, clientBy: connection.state.clientBy, handshake: hasAll ? .complete : hasSome ? .partial : .none, close: close,
      originator: report(connection.originator), responder: report(connection.responder), timing: timing(connection))
  }

  @inline(always)
  func report(_ half: HalfHandle) -> HalfReport {
    let flags = half.state.flags
    let isStarted = flags.contains(.started)
    // If the SYN came after the start was known, the stream lacks its first bytes.
    let startsAtSYN = flags.contains(.syn) && !flags.contains(.startedBeforeSYN)
    let ledger = half.state.ledger
    return HalfReport(
      start: startsAtSYN ? .syn : isStarted ? .midstream : .none,
      end: flags.contains(.finReached) ? .fin : flags.contains(.reset) ? .rst : .none,
      firstSequence: isStarted ? SequenceNumber(UInt32(truncatingIfNeeded: half.state.origin)) : nil,
      packets: half.state.packets, bytes: half.state.bytes,
      length: isStarted ? half.state.offset(of: half.state.next) : 0, payloadBytes: half.state.payloadBytes,
      gapCount: ledger?.gapCount ?? 0, gapBytes: ledger?.gapBytes ?? 0, retransmittedBytes: half.state.retransmittedBytes,
      outOfOrderPackets: UInt64(half.state.outOfOrderPackets), withdrawn: flags.contains(.withdrawn),
      dropped: ledger?.dropped ?? Tally(), anomalies: ledger?.anomalies ?? Tally(), timing: timing(half))
  }
}
