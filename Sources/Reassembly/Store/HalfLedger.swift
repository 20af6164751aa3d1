import Packets

/// Ledger of the rare facts of a direction; most directions never need one.
final class HalfLedger {
  var dropped = Tally<DropReason>()
  var anomalies = Tally<Anomaly>()
  var gaps = GapHistory()
  var gapCount: UInt64 = 0
  var gapBytes: Int64 = 0
  /// Number of missing bytes since the last delivery.
  var skippedBytes: Int64 = 0
  var outOfWindow = OutOfWindowRun()
  /// Length in bytes of the placeholders that came while placeholders reached into the far half of the window and no byte was queued.
  var placeholdersAhead: Int64 = 0
  /// Initial sequence numbers of SYN-ACKs that are not valid now, until the direction carries bytes.
  ///
  /// The newest is the last one. There are at most `maximumAlternatives`.
  private(set) var alternativeISNs: [UInt32] = []

  /// Whether something in it matters for the next segment.
  var isPending: Bool { skippedBytes > 0 || outOfWindow.count > 0 || !alternativeISNs.isEmpty || !earlyConflicts.isEmpty }

  private static let maximumAlternatives = 4

  /// Remembers a SYN-ACK that is not valid now, and forgets the oldest one if there are too many.
  func rememberAlternative(_ isn: UInt32) {
    alternativeISNs.removeAll { $0 == isn }
    if alternativeISNs.count == Self.maximumAlternatives { alternativeISNs.removeFirst() }
    alternativeISNs.append(isn)
  }

  func forgetAlternatives() { alternativeISNs = [] }

  /// Conflicts among bytes whose direction awaits its start; bounded by `maximumEarlyConflicts` and what one packet adds.
  var earlyConflicts: [EarlyConflict] = []

  /// Number of early conflicts beyond which the direction starts at once.
  static let maximumEarlyConflicts = 64
}

/// Conflict of two versions of bytes whose offset is not known yet.
struct EarlyConflict {
  struct Version {
    var bytes: [UInt8]
    var stamp: PacketStamp
  }

  /// Sequence number of the first byte.
  var sequence: UInt32
  var kept: Version
  var other: Version

  /// Memory in bytes: its place in an array that has just grown, and two arrays of bytes.
  var cost: Int { 2 &* MemoryLayout<EarlyConflict>.stride &+ 2 &* 48 &+ kept.bytes.count &+ other.bytes.count }
}

/// Contiguous out-of-window segments, three of which in a row show that the capture paused.
struct OutOfWindowRun {
  /// First segment of their bytes, which are linked by `right`, in order.
  var first = QueuedIndex.none
  var last = QueuedIndex.none
  var count = 0
  var bytes: Int64 = 0
  var firstSequence: UInt32 = 0
  /// Sequence number that continues them.
  var nextSequence: UInt32 = 0

  /// Number of segments that resynchronise the stream.
  static let proofLength = 3
}

/// The most recent gaps of a direction, which tell a late byte from a repeated one.
struct GapHistory {
  /// Gaps as ranges of positions, ascending and disjoint.
  private var ranges: [Range<Int64>] = []
  /// Index of the first range in use; those before it are forgotten.
  private var first = 0

  static let capacity = 256
  /// Number of gaps that a direction remembers if all directions together remember too many.
  static let least = 8

  /// Number of gaps remembered.
  var count: Int { ranges.count - first }

  /// Position below which gaps may have been forgotten.
  private(set) var knownFrom = Int64.min

  /// Appends a gap, which lies after all others.
  ///
  /// - Parameters:
  ///   - range: the positions of the gap.
  ///   - capacity: the number of gaps that may be remembered.
  mutating func append(_ range: Range<Int64>, capacity: Int) {
    if let last = ranges.last, last.upperBound == range.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
      return
    }
    ranges.append(range)
    guard count > capacity else { return }
    first = ranges.count - capacity
    knownFrom = ranges[first - 1].upperBound
    if capacity < Self.capacity {
      // A new array of its own size, so that forgotten gaps take no memory.
      ranges = Array(ranges[first...])
      first = 0
    } else if first == Self.capacity {
      ranges.removeFirst(first)
      first = 0
    }
  }

  /// The first gap that ends after `position`, or nil.
  ///
  /// O(log n).
  func gap(endingAfter position: Int64) -> Range<Int64>? {
    var low = first
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= position { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count ? ranges[low] : nil
  }
}
