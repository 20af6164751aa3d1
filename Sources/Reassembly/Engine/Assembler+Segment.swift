import Packets

/// What happens to a segment of an open connection, step by step.
///
/// Steps on every packet's way that have one caller are inlined, here and in the other files: to hand a segment and its information on costs
/// more than the step. So are those that only read the assembler, because a method that borrows it has it copied.
extension Assembler {
  mutating func process(_ segment: TCPSegment, _ sender: HalfIndex, info: CaptureInfo) -> Disposition {
    var half = sender
    let control = ControlBits(segment)
    if pool.slab[half.connection].candidate != nil {
      if confirmsCandidate(segment, half, control) {
        half = confirmCandidate(half)
      } else if !belongsToCandidate(segment, half), !control.isSYN {
        pool.slab[half.connection].flags.insert(.liveSinceCandidate)
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
    if pool.slab[half.connection].flags.contains(.judgesPlainSegments) || !segment.layers.isEmpty {
      let verdict = pool.slab[stream: half.connection].accept(
        segment, info: info, from: half.side, next: pool.slab[half].nextSequence, start: &start)
      if case .rejected(let reason) = verdict { return reject(segment, half, as: reason.anomaly, info: info) }
    }
    if control.isSYN { settle(meaning, isn: segment.sequence.rawValue, half) }
    return apply(segment, half, control, start: start, info: info)
  }

  /// A segment that was accepted: acknowledgment, reset, payload and FIN, in this order.
  @inline(always)
  private mutating func apply(_ segment: TCPSegment, _ half: HalfIndex, _ control: ControlBits, start: Bool, info: CaptureInfo)
    -> Disposition
  {
    let index = half.connection
    let id = pool.slab[index].id
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
    if start, !pool.slab[half].flags.contains(.started) { begin(half, at: position(of: sequence, half)) }
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
    if pool.slab[index].flags.contains(.noted) { reviewNotes(index) }
    settle(index, byPacket: true)
    return Disposition(kind: kind, connection: id)
  }

  @inline(always)
  mutating func count(payload: Int, _ half: HalfIndex, info: CaptureInfo) {
    pool.slab[half].packets &+= 1
    pool.slab[half].payloadBytes &+= Int64(payload)
    noteLast(half.connection, info)
  }

  @inline(always)
  private mutating func noteHandshake(_ segment: TCPSegment, _ half: HalfIndex, _ control: ControlBits) {
    if control.isSYN { noteSYN(half, isACK: control.isACK) }
    guard !control.isRST else { return }
    pool.slab[half].note(window: segment.window)
    guard control.isACK else { return }
    pool.slab[half].note(acknowledgment: segment.acknowledgment.rawValue)
    if pool.slab[half.other].flags.contains(.syn) { settleAlternatives(half.other, firstByte: segment.acknowledgment.rawValue) }
    let flags = pool.slab[half.connection].flags
    if flags.contains(.synAckSeen), !flags.contains(.synAckAcknowledged) { noteAcknowledgedSYNACK(half.connection) }
  }

  private mutating func noteSYN(_ half: HalfIndex, isACK: Bool) {
    let index = half.connection
    let evidence = pool.slab[index].clientBy
    if !isACK {
      pool.slab[index].flags.insert(.synSeen)
      if evidence != .syn { pool.slab[index].setClient(half.side, by: .syn) }
    } else {
      pool.slab[index].flags.insert(.synAckSeen)
      if evidence != .syn, evidence != .synAck { pool.slab[index].setClient(half.side.other, by: .synAck) }
    }
  }

  /// The handshake is complete with the client's acknowledgment, whichever of the two was captured first.
  mutating func noteAcknowledgedSYNACK(_ index: ConnectionIndex) {
    let client = HalfIndex(index, pool.slab[index].flags.client)
    let origin = pool.slab[client.other].origin
    guard pool.slab[client.other].flags.contains(.syn), pool.slab[client].hasAcknowledged(origin) else { return }
    pool.slab[index].flags.insert(.synAckAcknowledged)
  }

  /// A further SYN-ACK with another number.
  private mutating func ignoreSYNACK(_ segment: borrowing TCPSegment, _ half: HalfIndex, info: CaptureInfo) -> Disposition {
    count(payload: segment.payload.count, half, info: info)
    pool.slab[half].note(acknowledgment: segment.acknowledgment.rawValue)
    note(.synAckIgnored, half)
    drop(Int64(segment.payload.count), .synIgnored, half)
    let id = pool.slab[half.connection].id
    settle(half.connection, byPacket: true)
    return Disposition(kind: .synAckIgnored, connection: id)
  }

  /// A segment that an option or the stream turned away: counted, and its place marked so that a gap there says why.
  ///
  /// - Parameter anomaly: what is counted besides `rejected`.
  mutating func reject(_ segment: borrowing TCPSegment, _ half: HalfIndex, as anomaly: Anomaly?, info: CaptureInfo) -> Disposition {
    count(payload: segment.payload.count, half, info: info)
    note(.rejected, half)
    if let anomaly { note(anomaly, half) }
    drop(Int64(segment.payload.count), .rejected, half)
    let length = segment.payload.count &+ segment.missingLength
    if length > 0, pool.slab[half].flags.contains(.based) {
      let sequence = segment.sequence.rawValue &+ (ControlBits(segment).isSYN ? 1 : 0)
      let start = pool.slab[half].position(of: sequence)
      mark(.rejected, start..<start &+ Int64(length), half)
      enforceLimits(half)
    }
    // A limit may have made the direction come to its end, which completes the connection.
    let id = pool.slab[half.connection].id
    settle(half.connection, byPacket: true)
    return Disposition(kind: .rejected, connection: id)
  }

  /// Where a sequence number lies; the first one seen gets a place of its own.
  @inline(always)
  mutating func position(of sequence: UInt32, _ half: HalfIndex) -> Int64 {
    if !pool.slab[half].flags.contains(.based) {
      pool.slab[half].flags.insert(.based)
      pool.slab[half].next = HalfConnection.firstPosition(of: sequence)
    }
    return pool.slab[half].position(of: sequence)
  }
}
