import Packets

/// Midstream start: offset 0 of a direction whose SYN was not captured.
///
/// Rules, section 2: Connections. Until the start is known the bytes of the direction wait in its queue; then the lowest byte is offset 0.
extension Assembler {
  /// A direction without a SYN is held this long for its lowest byte, or until it holds this many bytes.
  static let awaitStartTime = PacketDuration.seconds(1)

  private static let awaitStartBytes: UInt32 = 1 << 20

  /// The start of the direction is not known yet: its bytes wait for the lowest one.
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

  /// Holds a direction back until its start is known.
  mutating func awaitStart(_ half: HalfHandle) {
    guard !half.state.flags.contains(.awaitingStart) else { return }
    awaitingStart.append(half, at: clock.now)
    nextDue = min(nextDue, due(clock.now, after: Self.awaitStartTime))
  }

  /// The start of a direction is known: its SYN came, or the stream said so.
  mutating func startStream(_ half: HalfHandle, at position: Int64) {
    setStart(half, at: position)
    deliver(half, live: nil, stamp: .none)
  }

  mutating func setStart(_ half: HalfHandle, at position: Int64) {
    awaitingStart.remove(half)
    rebase(half, to: position)
    half.state.flags.formUnion([.positioned, .started])
    if half.state.flags.contains(.fin) { dropBeyond(half.state.fin, half) }
    reportEarlyConflicts(half)
  }

  /// No SYN was seen and the direction was held long enough: its lowest byte is offset 0.
  mutating func startMidstream(_ half: HalfHandle) {
    setStart(half, at: lowestPosition(half))
    deliver(half, live: nil, stamp: .none)
  }

  /// The lowest position that a direction is known to have: that of its lowest byte; where it has none, of its FIN.
  @inline(always)
  func lowestPosition(_ half: HalfHandle) -> Int64 {
    let first = half.state.queue.tree.first(pages)
    if first.exists { return half.state.position(of: pages[first].start) }
    return half.state.flags.contains(.fin) ? half.state.fin : half.state.next
  }

  /// The position of the byte expected next; before the start is known, of what would be the start.
  @inline(__always)
  func expectedPosition(_ half: HalfHandle) -> Int64 {
    half.state.flags.contains(.started) ? half.state.next : lowestPosition(half)
  }

  /// Where a sequence number lies; the first one seen gets a place of its own.
  @inline(always)
  mutating func position(of sequence: UInt32, _ half: HalfHandle) -> Int64 {
    if !half.state.flags.contains(.positioned) {
      half.state.flags.insert(.positioned)
      half.state.next = HalfConnection.firstPosition(of: sequence)
    }
    return half.state.position(of: sequence)
  }

  /// The start of a direction is settled: the conflicts met before have offsets now.
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
