internal import Stages

/// Match that is not selected yet, or that waits for the bytes around it.
final class Candidate {
  let pattern: Int
  let start: Int64
  private(set) var end: Int64
  let first: ByteStamp?
  private(set) var last: ByteStamp
  /// Bytes around the match, as far as they came.
  var around: [UInt8] = []
  var aroundOffset: Int64 = 0
  /// Whether all bytes around the match came that will come.
  var isWhole = false
  /// Whether it is among those that wait for bytes.
  var isOpen = false
  var isSelected = false
  /// Whether another match was selected in its place.
  var isDropped = false

  init(pattern: Int, start: Int64, end: Int64, first: ByteStamp?, last: ByteStamp) {
    self.pattern = pattern
    self.start = start
    self.end = end
    self.first = first
    self.last = last
  }

  /// Makes the match longer, so that other bytes are around it.
  func extend(to end: Int64, last: ByteStamp) {
    self.end = end
    self.last = last
    around.removeAll(keepingCapacity: true)
    isWhole = false
  }
}

/// Selection of the matches of one pattern in one run of bytes: leftmost start, then longest end, then behind that end again.
///
/// Reports come in the order of their ends, one for each end. The candidates are a chain, in which each one begins at or behind the end of
/// the one before:
///
///     [a0 .. b0)   [a1 .. b1)      [a2 .. b2)
///
/// A report ends behind all of them. If it begins inside of one of them, it overlaps that one, or whatever replaces that one later, since a
/// replacement begins at or before it and ends behind the report: the report is dropped. Otherwise it replaces every candidate that begins
/// at or behind its start.
struct MatchSelection {
  /// Greatest number of candidates; beyond it the first one is selected although a longer match may follow.
  static let most = 64

  /// End of the last selected match in this run; later reports that begin before it overlap it.
  private(set) var selectedEnd = Int64.min
  private(set) var candidates: [Candidate] = []

  /// Whether a report that begins at an offset overlaps what is selected, or a candidate that begins before.
  func excludes(_ start: Int64) -> Bool {
    if start < selectedEnd { return true }
    // The last candidate that begins before the offset is the one that ends last.
    guard let before = candidates.last(where: { $0.start < start }) else { return false }
    return start < before.end
  }

  /// Returns the candidate that begins at an offset, after dropping those behind it; nil if there is none.
  mutating func candidate(from start: Int64) -> Candidate? {
    drop(behind: start)
    guard let last = candidates.last, last.start == start else { return nil }
    return last
  }

  /// Adds a candidate, whose start is not excluded and at which none begins.
  mutating func add(_ candidate: Candidate) {
    drop(behind: candidate.start)
    candidates.append(candidate)
  }

  private mutating func drop(behind start: Int64) {
    while let last = candidates.last, last.start > start {
      last.isDropped = true
      candidates.removeLast()
    }
  }

  /// Selects a match that is no candidate.
  mutating func select(endingAt end: Int64) { selectedEnd = end }

  /// Selects the first candidate; nil without one.
  mutating func selectFirst() -> Candidate? {
    guard !candidates.isEmpty else { return nil }
    let first = candidates.removeFirst()
    selectedEnd = first.end
    first.isSelected = true
    return first
  }
}
