import Packets

/// Segment: the steps that every segment of an open connection goes through, from top to bottom. (gopacket: `AssembleWithContext`.)
///
/// Rules, section 3: A segment. `FastPath.swift` does the same for the segments that need no decision.
///
/// A step with one caller is inlined, here and in the other files: passing a segment and its information on costs more than the step. A step
/// that only reads the assembler is inlined too, because a method that borrows the assembler copies it.
extension Assembler {
  mutating func process(_ segment: TCPSegment, _ sender: HalfHandle, info: CaptureInfo) -> Disposition {
    var half = sender
    let control = ControlBits(segment)
    if half.connection.state.candidate != nil {
      if confirmsCandidate(segment, half, control) {
        half = confirmCandidate(half)
      } else if !belongsToCandidate(segment, half), !control.isSYN {
        half.connection.state.flags.insert(.liveSinceCandidate)
      }
    }
    var meaning = SYNMeaning.own
    if control.isSYN {
      meaning = judgeSYN(segment, half, isACK: control.isACK)
      switch meaning {
      case .own, .first, .late: break
      case .alternative: return ignoreSYNACK(segment, half, info: info)
      case .candidate: return noteCandidate(segment, half, info: info)
      case .next:
        half = replace(half, info: info, layers: segment.layers)
        meaning = .first
      }
    }
    var start = false
    if half.connection.state.flags.contains(.judgesPlainSegments) || !segment.layers.isEmpty {
      let verdict = half.connection.stream.accept(
        segment, info: info, from: half.side, next: half.state.nextSequence, start: &start)
      if case .rejected(let reason) = verdict { return reject(segment, half, as: reason.anomaly, info: info) }
    }
    if control.isSYN { settle(meaning, isn: segment.sequence.rawValue, half) }
    return apply(segment, half, control, start: start, info: info)
  }

  /// A segment that was accepted: acknowledgment, reset, payload and FIN, in this order.
  @inline(always)
  private mutating func apply(_ segment: TCPSegment, _ half: HalfHandle, _ control: ControlBits, start: Bool, info: CaptureInfo)
    -> Disposition
  {
    let index = half.connection
    let id = index.state.id
    count(payload: segment.payload.count, half, info: info)
    noteHandshake(segment, half, control)
    if control.isContradictory { note(.synWithFinOrRst, half) }
    if control.isRST {
      let kind = takeReset(segment, half, isACK: control.isACK)
      if kind != .refused { settle(index, byPacket: true) }
      return Disposition(kind: kind, connection: id)
    }
    let sequence = control.isSYN ? segment.sequence.rawValue &+ 1 : segment.sequence.rawValue
    let wireLength = segment.payload.count &+ segment.missingLength
    if start, !half.state.flags.contains(.started) { begin(half, at: position(of: sequence, half)) }
    var kind = Disposition.Kind.control
    let end = sequence &+ UInt32(truncatingIfNeeded: wireLength)
    // A length that no segment has, claimed by a record of the capture, says nothing of where the FIN stands.
    let isFIN = control.isFIN && wireLength <= Self.windowReach
    if isFIN != control.isFIN { note(.finIgnored, half) }
    let endsFirst = isFIN && endsBeforeQueued(end, half)
    if endsFirst { _ = takeFIN(at: end, half) }
    if wireLength > 0 {
      if segment.flags.contains(.urg) { note(.urgent, half) }
      kind = place(segment, at: sequence, half, control, info: info)
    }
    if isFIN, !endsFirst, let finished = takeFIN(at: end, half), kind == .control { kind = finished }
    if index.state.flags.contains(.noted) { reviewNotes(index) }
    settle(index, byPacket: true)
    return Disposition(kind: kind, connection: id)
  }

  @inline(always)
  mutating func count(payload: Int, _ half: HalfHandle, info: CaptureInfo) {
    half.state.packets &+= 1
    half.state.payloadBytes &+= Int64(payload)
    noteLast(half.connection, info)
  }

  @inline(__always)
  mutating func noteLast(_ index: ConnectionHandle, _ info: CaptureInfo) {
    index.state.lastSeen = clock.now
    index.state.lastTime = info.time
    index.state.lastPacketNumber = info.packetNumber
    index.state.lastInput = info.input
  }
}
