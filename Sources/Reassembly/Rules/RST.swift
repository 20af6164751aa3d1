import Packets

/// RST: which resets count, and which payload withdraws one (RFC 5961, section 3).
///
/// Rules, section 5: FIN and RST.
extension Assembler {
  mutating func handleRST(_ segment: borrowing TCPSegment, _ half: HalfHandle, isACK: Bool) -> Disposition.Kind {
    drop(Int64(segment.payload.count), .rstPayload, half)
    let connection = half.connection
    if isACK, answersSYN(segment.acknowledgment.rawValue, half) {
      half.state.flags.insert(.reset)
      complete(connection, close: .refused, cause: .close)
      return .refused
    }
    let sequence = segment.sequence.rawValue
    let other = half.other.state
    let isAtAcknowledgment = other.flags.contains(.acknowledges) && sequence == other.latestAcknowledgment
    let flags = half.state.flags
    let isKnown = flags.contains(.positioned)
    let position = anchoredPosition(of: sequence, half)
    let distance = position &- half.state.next
    // A FIN takes a number of its own, so a reset after it lies at the expected number too.
    let isExpected = distance == 0 || (distance == 1 && flags.contains(.finReached))
    if isAtAcknowledgment || (flags.contains(.started) && isExpected) {
      acceptReset(half, at: position)
      return .reset
    }
    let window = window(half)
    guard isKnown, distance > 0 || !flags.contains(.started), position >= window.lowest, position <= window.highest else {
      if !isKnown { half.state.flags.remove(.positioned) }
      count(.rstIgnored, half)
      return .rstIgnored
    }
    // An accepted reset stands; a further one above it says nothing new.
    guard !flags.contains(.reset) else { return .reset }
    if !flags.contains(.resetPending) || position < half.state.reset { half.state.reset = position }
    half.state.flags.insert(.resetPending)
    return .reset
  }

  /// Whether a reset that acknowledges `number` answers a SYN that has no answer yet.
  private func answersSYN(_ number: UInt32, _ half: HalfHandle) -> Bool {
    let other = half.other.state
    guard other.flags.contains(.syn), half.state.flags.isDisjoint(with: [.syn, .payload, .fin]) else { return false }
    guard !half.state.hasAcknowledged(other.origin) else { return false }
    let position = other.position(of: number)
    // Data on the SYN is acknowledged with it. A client that acknowledges has had an answer, captured or not.
    return position == other.origin || (!other.flags.contains(.acknowledges) && position > other.origin && position <= other.next)
  }

  private mutating func acceptReset(_ half: HalfHandle, at position: Int64) {
    if !half.state.flags.contains(.reset) { half.state.reset = position }
    half.state.flags.remove(.resetPending)
    half.state.flags.insert(.reset)
    half.connection.state.flags.insert(.reset)
  }

  /// Accepts a pending reset that the stream has reached.
  @inline(always)
  mutating func acceptPendingReset(_ half: HalfHandle) {
    if half.state.flags.contains(.resetPending) { acceptResetReached(half) }
  }

  private mutating func acceptResetReached(_ half: HalfHandle) {
    let flags = half.state.flags
    guard half.state.next &+ (flags.contains(.finReached) ? 1 : 0) >= half.state.reset else { return }
    acceptReset(half, at: half.state.reset)
  }

  /// Withdraws a reset that payload after it shows to be forged.
  ///
  /// A TCP that reset a connection sends no more, so payload of its sender after the reset is such evidence.
  mutating func withdrawReset(_ half: HalfHandle, end: Int64) {
    guard !half.state.flags.isDisjoint(with: [.reset, .resetPending]), end > half.state.reset else { return }
    half.state.flags.subtract([.reset, .resetPending])
    half.state.flags.insert(.withdrawn)
    count(.rstWithdrawn, half)
    if !half.other.state.flags.contains(.reset) { half.connection.state.flags.remove(.reset) }
  }
}
