import Packets

/// Accounting: every captured byte is delivered, repeated, or dropped under a reason.
///
/// Rules, section 10: Two laws.
extension Assembler {
  /// Counts an anomaly of a direction, and in the totals.
  mutating func count(_ anomaly: Anomaly, _ half: HalfHandle, count: UInt64 = 1) {
    ledger(half).anomalies[anomaly] &+= count
    statistics.anomalies[anomaly] &+= count
  }

  /// Counts payload bytes that are not part of the stream.
  mutating func drop(_ count: Int64, _ reason: DropReason, _ half: HalfHandle) {
    guard count > 0 else { return }
    ledger(half).dropped[reason] &+= UInt64(count)
    statistics.dropped[reason] &+= UInt64(count)
  }

  /// The ledger of a direction, for writing; made if there is none.
  func ledger(_ half: HalfHandle) -> HalfLedger {
    half.connection.state.flags.insert(.ledgerTouched)
    if let ledger = half.state.ledger { return ledger }
    let ledger = HalfLedger()
    half.state.ledger = ledger
    return ledger
  }
}
