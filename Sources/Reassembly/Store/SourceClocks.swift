/// Table of the known clocks of all sources.
///
/// A clock is identified by its *zero*: its time stamp minus the packet clock, which is constant while the clock is not changed.
struct SourceClocks {
  struct Clock {
    let source: UInt64
    /// Time stamp at which the packet clock shows 0, in nanoseconds.
    ///
    /// It is the difference of two 64-bit numbers, which needs more than 64 bits.
    var zero: Int128
    /// Rank of its last use.
    var lastUse: UInt64
  }

  /// Greatest number of known clocks; the least recently used one is replaced.
  static let capacity = 256
  /// Longest step forward in nanoseconds between packets of a clock.
  private static let longestStep: Int128 = 3_600_000_000_000
  /// Greatest delay of a packet behind the latest one of its clock, in nanoseconds.
  private static let greatestDelay: Int128 = 1_000_000_000

  /// Number of clocks of one source within an hour that captures joined to one file may have.
  private static let mostTogether = 4

  /// Clocks, ascending by source and then by zero.
  private var clocks: [Clock] = []
  /// Rank of the last use of any clock.
  private var lastUse: UInt64 = 0
  /// Index of the clock that was chosen last.
  private var current = 0

  var isEmpty: Bool { clocks.isEmpty }
  subscript(index: Int) -> Clock { clocks[index] }

  /// Returns the zero of the clock of a source that was chosen last; that of any source if this one has none; nil without any clock.
  ///
  /// O(clocks of the source).
  func latestZero(of source: UInt64) -> Int128? {
    guard !clocks.isEmpty else { return nil }
    let own = clocks[range(of: source)]
    return (own.max { $0.lastUse < $1.lastUse } ?? clocks[current]).zero
  }

  /// Returns whether a packet lies more than an hour behind the latest clock of its source.
  func isLeap(_ zero: Int128, of source: UInt64) -> Bool {
    !range(of: source).isEmpty && latestZero(of: source).map { $0 - zero > Self.longestStep } ?? false
  }

  /// Records that a clock was chosen.
  mutating func use(_ index: Int) {
    // The previous clock was in use until now.
    clocks[current].lastUse = lastUse &+ 1
    lastUse &+= 2
    clocks[index].lastUse = lastUse
    current = index
  }

  /// Shifts all clocks, so that they show at another time what they showed before.
  ///
  /// O(n).
  mutating func shift(by distance: Int128) {
    for index in clocks.indices { clocks[index].zero += distance }
  }

  /// Returns the longest step on a clock for which the packet can belong to no other clock.
  func reach(of index: Int) -> Int128 {
    guard index + 1 < clocks.count, clocks[index + 1].source == clocks[index].source else { return Self.longestStep }
    return min(Self.longestStep, max(0, clocks[index + 1].zero - clocks[index].zero - Self.greatestDelay - 1))
  }

  /// Returns the longest delay behind a clock for which the packet can belong to no other clock.
  func delay(of index: Int) -> Int128 {
    guard index > 0, clocks[index - 1].source == clocks[index].source else { return Self.greatestDelay }
    return min(Self.greatestDelay, max(0, clocks[index].zero - clocks[index - 1].zero - 1))
  }

  /// Returns the clock of a packet whose time stamp minus the packet clock is `zero`; nil if no known clock explains it.
  ///
  /// A source without a clock takes over the clock of another source that explains its first packet. O(log n), then O(n).
  mutating func match(_ zero: Int128, of source: UInt64) -> Int? {
    let own = range(of: source)
    if !own.isEmpty {
      let above = partition(own) { $0.zero < zero }
      if above < own.upperBound, clocks[above].zero - zero <= Self.greatestDelay { return above }
      guard above > own.lowerBound, zero - clocks[above - 1].zero <= Self.longestStep else { return nil }
      return isDisorder(zero, above, own) ? insert(zero, of: source) : above - 1
    }
    var above: Int128?
    var below: Int128?
    for clock in clocks {
      if clock.zero >= zero {
        if clock.zero - zero <= Self.greatestDelay { above = min(above ?? clock.zero, clock.zero) }
      } else if zero - clock.zero <= Self.longestStep {
        below = max(below ?? clock.zero, clock.zero)
      }
    }
    return (above ?? below).map { put($0, of: source) }
  }

  /// Whether so many clocks are above a packet that its source must deliver packets out of order, with any delay.
  ///
  /// Such a packet does not show elapsed time: the latest packets show it.
  private func isDisorder(_ zero: Int128, _ above: Int, _ own: Range<Int>) -> Bool {
    let last = above + Self.mostTogether
    return last < own.upperBound && clocks[last].zero - zero <= Self.longestStep
  }

  /// Adds the clock of a packet that no known clock explains.
  ///
  /// If the next clock above is close, the new one is placed next to it without a gap: packets that are late by any time up to a few
  /// seconds must not make the packet clock run ahead.
  ///
  /// - Returns: the index of the clock.
  mutating func insert(_ zero: Int128, of source: UInt64) -> Int {
    let own = range(of: source)
    let above = partition(own) { $0.zero < zero }
    if above < own.upperBound, clocks[above].zero - zero <= 2 * Self.greatestDelay {
      return put(clocks[above].zero - Self.greatestDelay, of: source)
    }
    return put(zero, of: source)
  }

  private mutating func put(_ zero: Int128, of source: UInt64) -> Int {
    if clocks.count >= Self.capacity { removeOldest() }
    let index = partition(range(of: source)) { $0.zero < zero }
    clocks.insert(Clock(source: source, zero: zero, lastUse: lastUse), at: index)
    if clocks.count > 1, index <= current { current += 1 }
    return index
  }

  /// Removes the least recently chosen clock, which is never the current one.
  private mutating func removeOldest() {
    var oldest: Int?
    for index in clocks.indices where index != current {
      if let known = oldest, clocks[known].lastUse <= clocks[index].lastUse { continue }
      oldest = index
    }
    guard let oldest else { return }
    clocks.remove(at: oldest)
    if oldest < current { current -= 1 }
  }

  /// Returns the indices of the clocks of a source; if there are none, an empty range at their place.
  private func range(of source: UInt64) -> Range<Int> {
    let start = partition(clocks.indices) { $0.source < source }
    return start..<partition(start..<clocks.count) { $0.source <= source }
  }

  /// Returns the index of the first clock in a range for which `precedes` is false.
  ///
  /// O(log n).
  private func partition(_ range: Range<Int>, _ precedes: (Clock) -> Bool) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if precedes(clocks[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
