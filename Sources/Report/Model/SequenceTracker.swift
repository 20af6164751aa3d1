/// Reader of the headers of one direction, which turns sequence numbers into stream offsets and payload into kinds of points.
///
/// Sequence numbers wrap at 2^32. Each is taken as the offset nearest to the highest one so far, which is right as long as no step is
/// larger than 2^31.
public struct SequenceTracker: Sendable {
  /// Greatest number of captured ranges that are told apart; beyond it, the lowest hole counts as captured.
  static let mostRanges = 32

  /// Sequence number of offset 0; nil before the first segment.
  private var base: UInt32?
  /// Highest offset so far.
  private var top: Int64 = 0
  /// Captured ranges, in order, none touching the next.
  private var ranges: [Range<Int64>] = []

  /// Creates a tracker of a direction without segments.
  public init() {}

  /// Sequence number of offset 0; nil if no segment and no acknowledgment was seen.
  public var firstSequence: UInt32? { base }

  /// Returns the offset of a sequence number.
  ///
  /// - Parameters:
  ///   - sequence: the number; the first one that is asked for becomes offset 0.
  ///   - isSYN: whether it is the number of a SYN, which precedes offset 0.
  /// - Returns: the offset; −1 for a first SYN.
  public mutating func offset(of sequence: UInt32, isSYN: Bool = false) -> Int64 {
    guard let base else {
      self.base = isSYN ? sequence &+ 1 : sequence
      return isSYN ? -1 : 0
    }
    let expected = base &+ UInt32(truncatingIfNeeded: top)
    return top &+ Int64(Int32(bitPattern: sequence &- expected))
  }

  /// Takes payload, and returns what it is to the stream.
  ///
  /// O(ranges), of which there are at most 32.
  ///
  /// - Parameters:
  ///   - offset: the offset of the first byte.
  ///   - length: the number of bytes, above 0.
  ///   - isPushed: whether the segment has PSH.
  /// - Returns: the kind of its point; nil for the one byte of a keep-alive, right below the highest offset (RFC 9293, section 3.8.4).
  public mutating func take(_ offset: Int64, length: Int64, isPushed: Bool) -> SegmentPoint.Kind? {
    if length == 1, offset == top &- 1, !ranges.isEmpty { return nil }
    let new = offset..<(offset &+ max(1, length))
    let isRepeated = ranges.contains { $0.overlaps(new) }
    let isNext = new.upperBound > top || ranges.isEmpty
    insert(new)
    top = max(top, new.upperBound)
    if isRepeated { return .repeated }
    return isNext ? (isPushed ? .pushed : .segment) : .outOfOrder
  }

  private mutating func insert(_ new: Range<Int64>) {
    // The usual case: the bytes follow the last ones.
    if let last = ranges.last, last.upperBound == new.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound..<new.upperBound
      return
    }
    let from = ranges.firstIndex { $0.upperBound >= new.lowerBound } ?? ranges.count
    let to = ranges[from...].firstIndex { $0.lowerBound > new.upperBound } ?? ranges.count
    let touched = ranges[from..<to]
    let low = min(new.lowerBound, touched.first?.lowerBound ?? new.lowerBound)
    let high = max(new.upperBound, touched.last?.upperBound ?? new.upperBound)
    ranges.replaceSubrange(from..<to, with: CollectionOfOne(low..<high))
    if ranges.count > Self.mostRanges {
      ranges[1] = ranges[0].lowerBound..<ranges[1].upperBound
      ranges.removeFirst()
    }
  }
}
