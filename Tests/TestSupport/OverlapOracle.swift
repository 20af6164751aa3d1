/// Which copy of every byte wins, byte by byte, with the segments' original extents.
///
/// Nothing is delivered before `stream` is asked for: the oracle holds for segments that wait behind a hole.
package struct OverlapOracle {
  package enum Policy: String, CaseIterable, Sendable {
    case first, last, bsd, linux, solaris
    case oldLinux = "old-linux"
  }

  /// A byte, and the original extent of the segment that owns it.
  private struct Owned {
    var value: UInt8
    var start: Int
    var end: Int
  }

  private let policy: Policy
  private var owners: [Int: Owned] = [:]
  /// Offsets at which two copies differed, whichever won.
  package private(set) var conflicts: Set<Int> = []

  package init(policy: Policy) { self.policy = policy }

  /// Takes a segment, which had `cut` bytes behind `bytes` that the capture lacks.
  package mutating func take(offset start: Int, bytes: [UInt8], cut: Int = 0) {
    let end = start + bytes.count + cut
    for (index, value) in bytes.enumerated() {
      if let owner = owners[start + index] {
        if owner.value != value { conflicts.insert(start + index) }
        guard wins(start, end, against: owner) else { continue }
      }
      owners[start + index] = Owned(value: value, start: start, end: end)
    }
  }

  /// The bytes that stand, by offset.
  package var bytes: [Int: UInt8] { owners.mapValues(\.value) }

  private func wins(_ start: Int, _ end: Int, against owner: Owned) -> Bool {
    switch policy {
    case .first: false
    case .last: true
    case .bsd: start < owner.start
    case .linux: start < owner.start || start == owner.start && end > owner.end
    case .oldLinux: start < owner.start || start == owner.start && end >= owner.end
    case .solaris: end > owner.end || end == owner.end && start <= owner.start
    }
  }
}
