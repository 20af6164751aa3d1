internal import Reassembly

/// Reason why a direction is not `complete`, in the order of the index.
enum IncompleteReason: UInt8, CaseIterable, OutputWordSource {
  case gap, cut, conflict, noSYN, noEnd, reset, withdrawn, truncated, unchecked, belowMinimum, writeFailed

  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .gap: ("gap", "Bytes of the stream were not captured, or an option turned them away.")
    case .cut: ("cut", "The snap length of the capture cut bytes of the stream off.")
    case .conflict: ("conflict", "Two captured copies of a range differ.")
    case .noSYN: ("no_syn", "The SYN was not captured: bytes may precede offset 0.")
    case .noEnd: ("no_end", "Neither a FIN nor a reset of the sender was reached: bytes may follow.")
    case .reset: ("reset", "The sender reset the connection: bytes that it wanted to send may be missing.")
    case .withdrawn: ("withdrawn", "A reset was taken back because its sender went on with data.")
    case .truncated: ("truncated", "`--max-bytes` kept bytes out of the file.")
    case .unchecked: ("unchecked", "Repeated bytes could not be compared with the first copy.")
    case .belowMinimum: ("below_minimum", "The direction has fewer bytes than `--min-bytes`.")
    case .writeFailed: ("write_failed", "The file could not be written; `write_error` says why.")
    }
  }

  /// Whether the reason holds for a direction.
  ///
  /// - Parameters:
  ///   - half: the engine's report of the direction.
  ///   - file: its file; nil if there is nothing to record.
  /// - Returns: true if the reason holds.
  func holds(for half: HalfReport, _ file: FlowFile?) -> Bool {
    switch self {
    case .gap: half.gapCount > 0 && (file?.notes?.gapKinds.hasOther ?? true)
    case .cut: half.gapCount > 0 && (file?.notes?.gapKinds.hasCut ?? false)
    case .conflict: (file?.notes?.conflictCount ?? 0) > 0
    case .noSYN: half.start != .syn
    case .noEnd: half.end == .none
    case .reset: half.end == .rst
    case .withdrawn: half.withdrawn
    case .truncated: (file?.truncatedBytes ?? 0) > 0
    case .unchecked: half.anomalies[.unchecked] > 0
    case .belowMinimum: file?.isWithheld == true
    case .writeFailed: file?.failure != nil
    }
  }

  /// Whether any reason holds for a direction.
  static func anyHolds(for half: HalfReport, _ file: FlowFile?) -> Bool { allCases.contains { $0.holds(for: half, file) } }
}
