import Packets

/// SYN-ACK: which of several SYN-ACKs with different numbers counts.
///
/// Rules, section 2: Connections.
extension Assembler {
  /// Counts a SYN-ACK with another number, which has no effect yet.
  mutating func ignoreSYNACK(_ segment: borrowing TCPSegment, _ half: HalfHandle, info: CaptureInfo) -> Disposition {
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
    // The acknowledgment of the client has already decided.
    let other = half.other.state.flags
    if other.contains(.acknowledges), half.other.state.highestAcknowledgment == isn &+ 1 { return .first }
    if half.other.state.hasAcknowledged(half.state.origin) { return .alternative }
    let ledger = ledger(half)
    if !ledger.alternativeISNs.contains(isn), ledger.alternativeISNs.count < HalfLedger.maximumAlternatives {
      ledger.alternativeISNs.append(isn)
    }
    return .alternative
  }

  /// Chooses the SYN-ACK of a direction that counts, by what the client acknowledges or the server sends.
  @inline(__always)
  mutating func chooseSYNACK(_ half: HalfHandle, firstByte: UInt32) {
    if half.state.ledger != nil { chooseAmongSYNACKs(half, firstByte: firstByte) }
  }

  private mutating func chooseAmongSYNACKs(_ half: HalfHandle, firstByte: UInt32) {
    guard let ledger = half.state.ledger, !ledger.alternativeISNs.isEmpty else { return }
    let state = half.state
    guard state.flags.isDisjoint(with: [.delivered, .fin]), state.next == state.origin else {
      ledger.alternativeISNs = []
      return
    }
    if ledger.alternativeISNs.contains(firstByte &- 1) {
      // Bytes that came out of order are queued by their numbers, and stay if the window of the new start has room for them.
      setOrigin(half, isn: firstByte &- 1)
      deliver(half, live: nil, stamp: .none)
      updateGapTimer(half)
    }
    if UInt32(truncatingIfNeeded: half.state.origin) == firstByte { ledger.alternativeISNs = [] }
  }
}
