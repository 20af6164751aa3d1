/// Where the bytes of a stream lie in its file: they agree up to the first gap, and each gap that takes no room shifts what follows.
///
/// The last thousand gaps or so are remembered; of what lies before them the place is no longer known.
struct StreamMap {
  static let capacity = 1_024

  /// What lies at a place of the stream, and for how many bytes.
  enum QueuedSegment: Equatable {
    case file(offset: Int64, count: Int64)
    case gap(count: Int64)
    /// The place is no longer known.
    case forgotten(count: Int64)
  }

  private struct Jump {
    var start: Int64
    var end: Int64
    /// Where in the file the bytes behind the gap begin.
    var fileEnd: Int64
  }

  private var jumps: [Jump] = []
  /// The last gap that was forgotten; the beginning of the stream at first.
  private var base = Jump(start: 0, end: 0, fileEnd: 0)

  /// Gaps that are remembered.
  var count: Int { jumps.count }

  /// Adds a gap behind all others. O(1) amortised.
  ///
  /// - Parameter capacity: how many gaps may be remembered, two at least.
  mutating func add(from start: Int64, to end: Int64, fileEnd: Int64, capacity: Int = StreamMap.capacity) {
    if jumps.count >= capacity {
      base = jumps[jumps.count - capacity / 2 - 1]
      // Into memory of their own: what is forgotten shall take none.
      jumps = Array(jumps.suffix(capacity / 2))
    }
    jumps.append(Jump(start: start, end: end, fileEnd: fileEnd))
  }

  /// What lies at `offset`. O(log n).
  func piece(at offset: Int64) -> QueuedSegment {
    if offset < base.end { return .forgotten(count: base.end &- offset) }
    var low = 0
    var high = jumps.count
    while low < high {
      let middle = (low + high) / 2
      if jumps[middle].start <= offset { low = middle + 1 } else { high = middle }
    }
    let before = low == 0 ? base : jumps[low - 1]
    if offset < before.end { return .gap(count: before.end &- offset) }
    let next = low < jumps.count ? jumps[low].start : Int64.max
    return .file(offset: before.fileEnd &+ (offset &- before.end), count: next &- offset)
  }
}
