import Packets

/// Midstream start: offset 0 of a direction whose SYN was not captured.
///
/// Rules, section 2: Connections. The bytes of the direction wait in its queue until the start is known; then the lowest byte is offset 0.
extension Assembler {
  /// Time that a direction without a SYN awaits its start.
  static let awaitStartTime = PacketDuration.seconds(1)

  /// Number of queued bytes at which a direction without a SYN starts at once.
  private static let awaitStartBytes: UInt32 = 1 << 20

  /// Queues the payload of a direction whose start is not known yet.
  mutating func queueBeforeStart(_ payload: UnsafeBufferPointer<UInt8>, _ incoming: Incoming, _ half: HalfHandle) -> Disposition.Kind {
    let bytes = UnsafeBufferPointer(rebasing: payload[0..<incoming.captured])
    if bytes.count > 0 { insert(bytes, at: incoming.start, incoming, half) }
    if incoming.missing > 0 { insertPlaceholder(.cut, incoming.end..<incoming.wireEnd, half) }
    updateGapTimer(half)
    awaitStart(half)
    reviewPendingReset(half)
    if half.state.queue.queuedBytes >= Self.awaitStartBytes || hasTooManyEarlyConflicts(half) { startMidstream(half) }
    enforceLimits(half)
    return .queued
  }

  /// Makes a direction await its start.
  mutating func awaitStart(_ half: HalfHandle) {
    guard !half.state.flags.contains(.awaitingStart) else { return }
    awaitingStart.append(half, at: clock.now)
    nextDue = min(nextDue, due(clock.now, after: Self.awaitStartTime))
  }

  /// Starts a direction at a known position, which its SYN or the stream gave, and delivers what is ready.
  mutating func startStream(_ half: HalfHandle, at position: Int64) {
    setStart(half, at: position)
    deliver(half, live: nil, stamp: .none)
  }

  /// Sets offset 0 of a direction that has delivered nothing.
  mutating func setStart(_ half: HalfHandle, at position: Int64) {
    awaitingStart.remove(half)
    rebase(half, to: position)
    half.state.flags.formUnion([.positioned, .started])
    if half.state.flags.contains(.fin) { dropBeyond(half.state.fin, half) }
    reportEarlyConflicts(half)
  }

  /// Starts a direction at its lowest byte, because no SYN came in time, and delivers what is ready.
  mutating func startMidstream(_ half: HalfHandle) {
    setStart(half, at: lowestPosition(half))
    deliver(half, live: nil, stamp: .none)
  }

  /// The lowest known position of a direction that has delivered nothing: its lowest byte; without bytes, its FIN.
  @inline(always)
  func lowestPosition(_ half: HalfHandle) -> Int64 {
    let first = half.state.queue.tree.first(pages)
    if first.exists { return half.state.position(of: pages[first].start) }
    return half.state.flags.contains(.fin) ? half.state.fin : half.state.next
  }

  /// The position of the expected byte; before the start is known, the position that would be the start.
  @inline(__always)
  func expectedPosition(_ half: HalfHandle) -> Int64 {
    half.state.flags.contains(.started) ? half.state.next : lowestPosition(half)
  }

  /// The position of a sequence number; the first number of a direction anchors its positions.
  @inline(always)
  mutating func anchoredPosition(of sequence: UInt32, _ half: HalfHandle) -> Int64 {
    if !half.state.flags.contains(.positioned) {
      half.state.flags.insert(.positioned)
      half.state.next = HalfConnection.firstPosition(of: sequence)
    }
    return half.state.position(of: sequence)
  }

  /// Reports the early conflicts, which have offsets as soon as the start is known.
  private mutating func reportEarlyConflicts(_ half: HalfHandle) {
    guard let ledger = half.state.ledger, !ledger.earlyConflicts.isEmpty else { return }
    let early = removeEarlyConflicts(ledger)
    guard let stream = half.connection.stream.object else { return }
    let end = half.state.flags.contains(.fin) ? half.state.fin : Int64.max
    for conflict in early {
      let position = half.state.position(of: conflict.sequence)
      let offset = half.state.offset(of: position)
      guard offset >= 0, offset <= Self.byteReach, position < end else { continue }
      stream.conflict(
        Conflict(
          offset: offset, kept: conflict.kept.bytes.span, keptInfo: conflict.kept.stamp,
          other: conflict.other.bytes.span, otherInfo: conflict.other.stamp), from: half.side)
    }
  }
}
