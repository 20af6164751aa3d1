import Packets

/// Ledger limits: remembered gaps and early conflicts may take a share of the memory of queued bytes, and fewer are kept beyond it.
///
/// Rules, section 7: Timers and limits.
extension Assembler {
  /// A sixteenth of the total memory limit is the share that remembered gaps, early conflicts (those that await a start) and out-of-window
  /// segments may each take.
  static let ledgerShare = 16

  /// Memory of one remembered gap in an array that has just grown, in bytes.
  private static let gapCost = 2 * MemoryLayout<Range<Int64>>.stride

  /// Memory that each of the two may take, in bytes; nil without a limit.
  private var ledgerLimit: Int? { options.memoryLimit.map { $0 / Self.ledgerShare } }

  /// Remembers a gap, which lies after all earlier ones of its direction.
  mutating func remember(_ gap: Range<Int64>, _ ledger: HalfLedger) {
    let before = ledger.gaps.count
    let isShort = ledgerLimit.map { rememberedGaps &* Self.gapCost >= $0 } ?? false
    ledger.gaps.append(gap, capacity: isShort ? GapHistory.least : GapHistory.capacity)
    if isShort, ledger.gaps.count <= before { statistics.memoryLimitFlushes &+= 1 }
    rememberedGaps &+= ledger.gaps.count &- before
  }

  /// Keeps a conflict until the start of its direction is known.
  mutating func keep(_ conflict: EarlyConflict, _ half: HalfHandle) {
    earlyConflictBytes &+= conflict.cost
    ledger(half).earlyConflicts.append(conflict)
  }

  /// Whether a direction must start because of its own early conflicts, or because of those of all directions.
  mutating func hasTooManyEarlyConflicts(_ half: HalfHandle) -> Bool {
    guard let early = half.state.ledger?.earlyConflicts, !early.isEmpty else { return false }
    if early.count > HalfLedger.maximumEarlyConflicts { return true }
    guard let limit = ledgerLimit, earlyConflictBytes > limit else { return false }
    statistics.memoryLimitFlushes &+= 1
    return true
  }

  /// Removes and returns the early conflicts of a direction.
  mutating func removeEarlyConflicts(_ ledger: HalfLedger) -> [EarlyConflict] {
    let early = ledger.earlyConflicts
    ledger.earlyConflicts = []
    for conflict in early { earlyConflictBytes &-= conflict.cost }
    return early
  }

  /// Removes the ledger of a direction whose connection is over.
  mutating func removeLedger(_ half: HalfHandle) {
    guard let ledger = half.state.ledger else { return }
    _ = removeEarlyConflicts(ledger)
    rememberedGaps &-= ledger.gaps.count
    half.state.ledger = nil
  }
}
