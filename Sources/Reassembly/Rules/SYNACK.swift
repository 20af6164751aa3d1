import Packets

/// SYN-ACK: which of several SYN-ACKs with different numbers counts.
///
/// Rules, section 2: Connections.
extension Assembler {
  /// Counts a SYN-ACK with another number, which has no effect yet.
  mutating func ignoreSYNACK(_ segment: borrowing TCPSegment, _ half: HalfHandle, info: CaptureInfo) -> Disposition {
    if options.measuresTiming { measureUnused(info, half) }
    count(payload: segment.payload.count, half, info: info)
    half.state.record(acknowledgment: segment.acknowledgment.rawValue)
    count(.synAckIgnored, half)
    drop(Int64(segment.payload.count), .synIgnored, half)
    let id = half.connection.state.id
    updateState(half.connection, byPacket: true)
    return Disposition(kind: .synAckIgnored, connection: id)
  }

  /// Whether a SYN-ACK acknowledges nothing that the client has sent, and so answers a SYN that was not captured.
  func answersAnother(_ number: UInt32, _ half: HalfHandle) -> Bool {
    guard half.other.state.flags.contains(.syn) else { return false }
    let position = half.other.state.position(of: number)
    return position < half.other.state.origin || position > half.other.state.next
  }

  /// The meaning of a SYN-ACK whose number differs from the known one.
  mutating func alternativeSYNACK(_ isn: UInt32, _ half: HalfHandle) -> SYNMeaning {
    let client = half.other.state
    if client.flags.contains(.acknowledges), client.latestAcknowledgment == isn &+ 1 { return .acknowledged }
    ledger(half).rememberAlternative(isn)
    return .alternative
  }

  /// Makes the SYN-ACK with this number the valid one.
  ///
  /// Out-of-order bytes are queued by their numbers, and remain if the window of the new start has room for them.
  mutating func switchSYNACK(_ half: HalfHandle, to isn: UInt32) {
    ledger(half).rememberAlternative(UInt32(truncatingIfNeeded: half.state.origin) &- 1)
    setOrigin(half, isn: isn)
    // An acknowledgment of the other numbers says nothing about this one.
    half.other.state.highestAcknowledgment = half.other.state.latestAcknowledgment
  }

  /// Chooses the valid SYN-ACK of a direction by an acknowledgment of the client.
  @inline(__always)
  mutating func chooseSYNACK(_ half: HalfHandle, acknowledged number: UInt32) {
    guard half.state.ledger?.alternativeISNs.isEmpty == false, mayChangeSYNACK(half) else { return }
    if UInt32(truncatingIfNeeded: half.state.origin) != number { choose(half, acknowledged: number) }
  }

  private mutating func choose(_ half: HalfHandle, acknowledged number: UInt32) {
    guard let alternatives = half.state.ledger?.alternativeISNs else { return }
    if alternatives.contains(number &- 1) {
      change(half, to: number &- 1)
      return
    }
    // The bare acknowledgment was not captured, but queued bytes of the server and their acknowledgment were.
    let first = half.state.queue.tree.first(pages)
    guard first.exists else { return }
    let start = pages[first].start
    if alternatives.contains(start &- 1), number &- start <= pages.clusterEnd(of: first) &- start { change(half, to: start &- 1) }
  }

  /// Chooses the valid SYN-ACK of a direction by the first payload byte of the server.
  ///
  /// The acknowledgment of the client takes precedence, unless the byte has no place in the stream that it acknowledges.
  @inline(__always)
  mutating func chooseSYNACK(_ half: HalfHandle, firstByte: UInt32) {
    guard half.state.ledger?.alternativeISNs.isEmpty == false, mayChangeSYNACK(half) else { return }
    choose(half, firstByte: firstByte)
  }

  private mutating func choose(_ half: HalfHandle, firstByte: UInt32) {
    guard let alternatives = half.state.ledger?.alternativeISNs, alternatives.contains(firstByte &- 1) else { return }
    let client = half.other.state
    let isAcknowledged =
      client.flags.contains(.acknowledges) && client.latestAcknowledgment == UInt32(truncatingIfNeeded: half.state.origin)
    let distance = half.state.position(of: firstByte) &- half.state.origin
    if !isAcknowledged || distance < 0 || distance > Self.windowReach { change(half, to: firstByte &- 1) }
  }

  /// Whether a direction has carried nothing, so that another SYN-ACK may become valid; if it has, the others are forgotten.
  private func mayChangeSYNACK(_ half: HalfHandle) -> Bool {
    if half.state.flags.isDisjoint(with: [.delivered, .fin]), half.state.next == half.state.origin { return true }
    half.state.ledger?.forgetAlternatives()
    return false
  }

  private mutating func change(_ half: HalfHandle, to isn: UInt32) {
    switchSYNACK(half, to: isn)
    deliver(half, live: nil, stamp: .none)
    updateGapTimer(half)
  }
}
