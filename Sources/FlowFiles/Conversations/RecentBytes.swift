internal import Reassembly

/// The last bytes of one direction, with their stream offsets.
struct RecentBytes {
  /// Number of bytes that are always remembered; up to twice as many are in memory.
  static let window = 64 << 10
  /// Greatest number of contiguous ranges; gaps make more.
  private static let mostRanges = 512

  /// Remembered bytes of all ranges, one behind the other.
  private(set) var bytes: [UInt8] = []
  /// Contiguous ranges, in the order of offsets: where each begins in the stream and in `bytes`.
  private var ranges: [(offset: Int64, index: Int)] = []
  /// Stream offsets from which on the bytes came in a packet, in their order.
  private var marks: [(offset: Int64, packet: UInt64)] = []
  /// Greatest number of packets that are always remembered; up to twice as many are in memory.
  private static let mostMarks = 1_024

  /// Whether bytes before the first range were forgotten.
  private var hasForgotten: Bool

  /// Creates an empty memory; `hasForgotten` if bytes were delivered before.
  init(hasForgotten: Bool = false) { self.hasForgotten = hasForgotten }

  /// Stream offset behind the last byte.
  private var end: Int64 { ranges.last.map { $0.offset &+ Int64(bytes.count - $0.index) } ?? 0 }

  /// Appends bytes at or behind the end.
  ///
  /// O(bytes) on average.
  ///
  /// - Parameters:
  ///   - new: the bytes.
  ///   - offset: the stream offset of the first one.
  ///   - packet: the packet that brought them.
  mutating func append(_ new: Span<UInt8>, at offset: Int64, packet: UInt64) {
    guard new.count > 0 else { return }
    if marks.last?.packet != packet { marks.append((offset, packet)) }
    if marks.count > Self.mostMarks * 2 { marks.removeFirst(Self.mostMarks) }
    let skipped = max(0, new.count - Self.window)
    if skipped > 0 {
      hasForgotten = true
      bytes.removeAll(keepingCapacity: true)
      ranges.removeAll(keepingCapacity: true)
    }
    let start = offset &+ Int64(skipped)
    if ranges.isEmpty || start != end { ranges.append((start, bytes.count)) }
    new.extracting(skipped...).withUnsafeBytes { bytes.append(contentsOf: $0) }
    if bytes.count > Self.window * 2 { removeFirst(bytes.count - Self.window) }
    if ranges.count > Self.mostRanges * 2 { removeFirst(ranges[ranges.count - Self.mostRanges].index) }
  }

  /// Returns the packet that brought the byte at a stream offset; nil if it is not remembered.
  ///
  /// O(log packets).
  func packet(at offset: Int64) -> UInt64? {
    let next = marks.partitioningIndex { $0.offset > offset }
    return next > 0 ? marks[next - 1].packet : nil
  }

  /// Forgets the oldest bytes.
  private mutating func removeFirst(_ count: Int) {
    hasForgotten = true
    bytes.removeFirst(count)
    let first = max(0, ranges.partitioningIndex { $0.index > count } - 1)
    ranges.removeFirst(first)
    for position in ranges.indices {
      if ranges[position].index < count {
        ranges[position] = (ranges[position].offset &+ Int64(count - ranges[position].index), 0)
      } else {
        ranges[position].index -= count
      }
    }
  }

  /// Compares a copy of delivered bytes with what is remembered.
  ///
  /// Gaps are not data and are skipped.
  ///
  /// - Parameters:
  ///   - copy: the copy.
  ///   - offset: the stream offset of its first byte.
  ///   - differences: receives the ranges that differ.
  /// - Returns: `unchecked` if some of the bytes are not remembered.
  func compare(_ copy: Span<UInt8>, at offset: Int64, into differences: inout Differences) -> Comparison {
    var result = Comparison.compared
    var position = 0
    while position < copy.count {
      let at = offset &+ Int64(position)
      let index = ranges.partitioningIndex { $0.offset > at } - 1
      let next = index + 1 < ranges.count ? ranges[index + 1] : nil
      let known = index < 0 ? 0 : (next?.index ?? bytes.count) - ranges[index].index - Int(at &- ranges[index].offset)
      if known > 0 {
        let count = min(known, copy.count - position)
        let place = ranges[index].index + Int(at &- ranges[index].offset)
        differences.compare(bytes.span.extracting(place..<(place + count)), with: copy, position..<(position + count))
        position += count
        continue
      }
      differences.interrupt()
      // Behind the last range no byte was delivered.
      if index < 0 && hasForgotten || next == nil { result = .unchecked }
      guard let next else { break }
      position += Int(min(Int64(copy.count - position), next.offset &- at))
    }
    differences.interrupt()
    return result
  }
}
