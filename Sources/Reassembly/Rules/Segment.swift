import Packets

/// Segment: the steps that every segment of an open connection goes through, from top to bottom. (gopacket: `AssembleWithContext`.)
///
/// Rules, section 3: A segment. `FastPath.swift` does the same for the segments that need no decision.
///
/// A step with one caller is inlined, here and in the other files, because passing a segment and its capture information costs more than
/// the step. A step that only reads the assembler is inlined too: for a call of a method that is not `mutating`, the compiler makes a copy
/// of the assembler.
extension Assembler {
  /// Handles a segment of a connection that is not in time-wait.
  mutating func handleSegment(_ segment: TCPSegment, _ sender: HalfHandle, info: CaptureInfo) -> Disposition {
    var half = sender
    let control = ControlBits(segment)
    if half.connection.state.pendingSYN != nil {
      if confirmsPendingSYN(segment, half, control) {
        // The old connection is complete. From here on `half` is the sender's direction of the new one.
        half = confirmPendingSYN(half, answer: confirmedAnswer(segment, half, control))
      } else if !belongsToPendingSYN(segment, half), !control.isSYN {
        half.connection.state.flags.insert(.activeSincePendingSYN)
      }
    }
    // A segment without a SYN keeps this meaning, and nobody asks for it.
    var meaning = SYNMeaning.own
    if control.isSYN {
      meaning = classifySYN(segment, half, isACK: control.isACK)
      switch meaning {
      case .own, .first, .late, .acknowledged: break
      case .alternative: return ignoreSYNACK(segment, half, info: info)
      case .pendingSYN, .repetition: return recordPendingSYN(segment, half, info: info)
      case .answer:
        guard isOver(half.connection) else { return recordAnswer(segment, half, info: info) }
        half = confirmPendingSYN(half)
        meaning = .first
      case .next:
        half = replaceConnection(half, info: info, layers: segment.layers)
        meaning = .first
      }
    }
    // A filter may set it: the stream then starts with this segment, although no SYN was captured.
    var startsStream = false
    let flags = half.connection.state.flags
    if flags.contains(.observed) || (!segment.layers.isEmpty && flags.contains(.observedInLayers)) {
      half.connection.stream.observe(segment, info: info, from: half.side)
    }
    if flags.contains(.filtered) {
      let verdict = half.connection.stream.accept(
        segment, info: info, from: half.side, next: half.state.nextSequence, start: &startsStream)
      if case .reject(let reason) = verdict { return reject(segment, half, as: reason.anomaly, info: info) }
    }
    let isRepetition = options.measuresTiming && measure(segment, half, control, meaning, info: info)
    if control.isSYN { applySYN(meaning, isn: segment.sequence.rawValue, half) }
    return handleAcceptedSegment(segment, half, control, startsStream: startsStream, isRepetition: isRepetition, info: info)
  }

  /// Handles an accepted segment: acknowledgment, reset, payload and FIN, in this order.
  ///
  /// A FIN that ends the stream below queued bytes is handled before the payload: the payload may close the hole, and would deliver queued
  /// bytes beyond the FIN.
  @inline(always)
  private mutating func handleAcceptedSegment(
    _ segment: TCPSegment, _ half: HalfHandle, _ control: ControlBits, startsStream: Bool, isRepetition: Bool,
    info: CaptureInfo
  )
    -> Disposition
  {
    let connection = half.connection
    let id = connection.state.id
    let retransmittedBytes = half.state.retransmittedBytes
    count(payload: segment.payload.count, half, info: info)
    if control.isSYN { recordSYN(half, isACK: control.isACK) }
    if !control.isRST { handleAcknowledgment(segment, half, control) }
    if control.isContradictory { count(.synWithFinOrRst, half) }
    if control.isRST {
      let kind = handleRST(segment, half, isACK: control.isACK)
      if kind != .refused { updateState(connection, byPacket: true) }
      return Disposition(kind: kind, connection: id)
    }
    let sequence = control.isSYN ? segment.sequence.rawValue &+ 1 : segment.sequence.rawValue
    let wireLength = segment.payload.count &+ segment.missingLength
    if startsStream, !half.state.flags.contains(.started) { startStream(half, at: anchoredPosition(of: sequence, half)) }
    var kind = Disposition.Kind.control
    let end = sequence &+ UInt32(truncatingIfNeeded: wireLength)
    // A record of the capture can claim a length that no segment has. A FIN at the end of more than 2^30 claimed bytes is ignored.
    let isFIN = control.isFIN && wireLength <= Self.windowReach
    if isFIN != control.isFIN { count(.finIgnored, half) }
    let endsFirst = isFIN && endsBeforeQueued(end, half)
    if endsFirst { _ = handleFIN(at: end, half) }
    if wireLength > 0 {
      if segment.flags.contains(.urg) { count(.urgent, half) }
      kind = handlePayload(segment, at: sequence, half, control, info: info)
    }
    if options.measuresTiming {
      measureOutcome(
        kind, length: wireLength, isRepetition: isRepetition || half.state.retransmittedBytes != retransmittedBytes, half,
        at: info.time.nanoseconds)
    }
    if isFIN, !endsFirst, let finished = handleFIN(at: end, half), kind == .control { kind = finished }
    if connection.state.flags.contains(.ledgerTouched) { reviewLedgers(connection) }
    updateState(connection, byPacket: true)
    return Disposition(kind: kind, connection: id)
  }

  @inline(always)
  mutating func count(payload: Int, _ half: HalfHandle, info: CaptureInfo) {
    half.state.packets &+= 1
    half.state.payloadBytes &+= Int64(payload)
    recordLast(half.connection, info)
  }

  @inline(__always)
  mutating func recordLast(_ connection: ConnectionHandle, _ info: CaptureInfo) {
    connection.state.lastSeen = clock.now
    connection.state.recordLast(info)
  }
}
