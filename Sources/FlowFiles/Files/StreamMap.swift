/// Map from stream offsets to file offsets: they agree up to the first gap, and each gap without room in the file shifts the rest.
///
/// About the last thousand gaps are remembered. The places of earlier bytes are no longer known.
struct StreamMap {
  static let capacity = 1_024

  /// Content of the stream at an offset, with its length.
  enum Piece: Equatable {
    case file(offset: Int64, count: Int64)
    case gap(count: Int64)
    /// Bytes whose place is no longer known.
    case forgotten(count: Int64)
  }

  private struct Jump {
    var start: Int64
    var end: Int64
    /// File offset of the bytes behind the gap.
    var fileEnd: Int64
  }

  private var jumps: [Jump] = []
  /// Last gap that was forgotten; the beginning of the stream at first.
  private var base = Jump(start: 0, end: 0, fileEnd: 0)

  /// Number of gaps that are remembered.
  var count: Int { jumps.count }

  /// Adds a gap behind all others.
  ///
  /// Amortised O(1).
  ///
  /// - Parameters:
  ///   - start: the stream offset of the gap.
  ///   - end: the stream offset of the end of the gap.
  ///   - fileEnd: the file offset of the bytes behind the gap.
  ///   - capacity: the greatest number of gaps that are remembered, at least 2.
  mutating func add(from start: Int64, to end: Int64, fileEnd: Int64, capacity: Int = StreamMap.capacity) {
    if jumps.count >= capacity {
      base = jumps[jumps.count - capacity / 2 - 1]
      // A copy in memory of its own, so that forgotten gaps take none.
      jumps = Array(jumps.suffix(capacity / 2))
    }
    jumps.append(Jump(start: start, end: end, fileEnd: fileEnd))
  }

  /// Returns the content at `offset`.
  ///
  /// O(log n).
  func piece(at offset: Int64) -> Piece {
    if offset < base.end { return .forgotten(count: base.end &- offset) }
    let behind = jumps.partitioningIndex { $0.start > offset }
    let before = behind == 0 ? base : jumps[behind - 1]
    if offset < before.end { return .gap(count: before.end &- offset) }
    let next = behind < jumps.count ? jumps[behind].start : Int64.max
    return .file(offset: before.fileEnd &+ (offset &- before.end), count: next &- offset)
  }
}
