import Packets

/// Ledger limits: what directions remember of gaps and early conflicts takes a part of the memory for queued bytes; beyond it they remember less.
///
/// Rules, section 7: Timers and limits.
extension Assembler {
  /// One part in so many of all memory may hold gaps that are remembered, and one conflicts of directions that wait for their start.
  private static let noteShare = 16

  /// Of a gap that is remembered, in a list that has just grown.
  private static let gapCost = 2 * MemoryLayout<Range<Int64>>.stride

  /// Bytes that each of them may take; nil where there is no limit.
  private var noteLimit: Int? {
    options.maxBufferedPagesTotal > 0 ? options.maxBufferedPagesTotal &* (Page.size / Self.noteShare) : nil
  }

  /// Has a direction remember a gap, which lies behind all others of it.
  mutating func remember(_ gap: Range<Int64>, _ ledger: HalfLedger) {
    let before = ledger.gaps.count
    let isShort = noteLimit.map { rememberedGaps &* Self.gapCost >= $0 } ?? false
    ledger.gaps.append(gap, capacity: isShort ? GapHistory.least : GapHistory.capacity)
    if isShort, ledger.gaps.count <= before { statistics.memoryLimitFlushes &+= 1 }
    rememberedGaps &+= ledger.gaps.count &- before
  }

  /// Keeps a conflict until the start of its direction is known.
  mutating func keep(_ conflict: EarlyConflict, _ half: HalfHandle) {
    earlyConflictBytes &+= conflict.cost
    ledger(half).earlyConflicts.append(conflict)
  }

  /// Whether a direction must begin because of the conflicts that it holds, or that all hold.
  mutating func hasTooManyEarlyConflicts(_ half: HalfHandle) -> Bool {
    guard let early = half.state.ledger?.earlyConflicts, !early.isEmpty else { return false }
    if early.count > HalfLedger.maximumEarlyConflicts { return true }
    guard let limit = noteLimit, earlyConflictBytes > limit else { return false }
    statistics.memoryLimitFlushes &+= 1
    return true
  }

  /// Takes the conflicts that a direction holds.
  mutating func removeEarlyConflicts(_ ledger: HalfLedger) -> [EarlyConflict] {
    let early = ledger.earlyConflicts
    ledger.earlyConflicts = []
    for conflict in early { earlyConflictBytes &-= conflict.cost }
    return early
  }

  /// A connection is over: nothing of a direction is remembered any more.
  mutating func removeLedger(_ half: HalfHandle) {
    guard let ledger = half.state.ledger else { return }
    _ = removeEarlyConflicts(ledger)
    rememberedGaps &-= ledger.gaps.count
    half.state.ledger = nil
  }
}
