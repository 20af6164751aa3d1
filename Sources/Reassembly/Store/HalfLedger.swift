import Packets

/// What a direction notes when something out of the ordinary happens; most directions never need one.
final class HalfLedger {
  var dropped = Tally<DropReason>()
  var anomalies = Tally<Anomaly>()
  var gaps = GapHistory()
  var gapCount: UInt64 = 0
  var gapBytes: Int64 = 0
  /// Gaps since the last bytes that were handed on.
  var skippedBytes: Int64 = 0
  var outOfWindow = OutOfWindowRun()
  /// Initial sequence numbers of further SYN-ACKs, until the client says which one counts; at most `maximumAlternatives`.
  var alternativeISNs: [UInt32] = []

  /// Something of it bears on what comes next.
  var isPending: Bool { skippedBytes > 0 || outOfWindow.count > 0 || !alternativeISNs.isEmpty || !earlyConflicts.isEmpty }

  static let maximumAlternatives = 4
  /// Conflicts among bytes held until the start of the direction is known; bounded by `maximumEarlyConflicts` and what one packet adds.
  var earlyConflicts: [EarlyConflict] = []

  /// With more, the direction is held no longer.
  static let maximumEarlyConflicts = 64
}

/// Two versions of bytes of which no offset is known yet.
struct EarlyConflict {
  struct Version {
    var bytes: [UInt8]
    var stamp: PacketStamp
  }

  /// Sequence number of the first byte.
  var sequence: UInt32
  var kept: Version
  var other: Version

  /// The memory it takes, in bytes: its place in a list that has just grown, and two arrays.
  var cost: Int { 2 &* MemoryLayout<EarlyConflict>.stride &+ 2 &* 48 &+ kept.bytes.count &+ other.bytes.count }
}

/// Segments far outside the window that may prove, three in a row, that the capture paused.
struct OutOfWindowRun {
  /// Their bytes: segments linked by `right`, in order.
  var first = QueuedIndex.none
  var last = QueuedIndex.none
  var count = 0
  var bytes: Int64 = 0
  var firstSequence: UInt32 = 0
  /// The sequence number that continues them.
  var nextSequence: UInt32 = 0

  /// How many contiguous ones prove it.
  static let proofLength = 3
}

/// The most recent gaps of a direction, to tell a late byte from a repeated one.
struct GapHistory {
  /// Ascending and disjoint.
  private var ranges: [Range<Int64>] = []
  /// Start of the ones in use; those before it were forgotten.
  private var first = 0

  static let capacity = 256
  /// As many are remembered where all directions together remember too many.
  static let least = 8

  /// Gaps that are remembered.
  var count: Int { ranges.count - first }

  /// Nothing is known of gaps below this position.
  private(set) var knownFrom = Int64.min

  /// - Parameter capacity: how many may be remembered.
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
      // Into memory of their own: what is forgotten shall take none.
      ranges = Array(ranges[first...])
      first = 0
    } else if first == Self.capacity {
      ranges.removeFirst(first)
      first = 0
    }
  }

  /// The first gap that ends behind `position`, or nil. O(log n).
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
