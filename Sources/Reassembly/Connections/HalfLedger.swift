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
  var far = FarSegments()
  /// Initial sequence numbers of further SYN-ACKs, until the client says which one counts; at most `maximumAlternatives`.
  var alternativeISNs: [UInt32] = []

  /// Something of it bears on what comes next.
  var isPending: Bool { skippedBytes > 0 || far.count > 0 || !alternativeISNs.isEmpty || !heldConflicts.isEmpty }

  static let maximumAlternatives = 4
  /// Conflicts among bytes held until the start of the direction is known; bounded by `maximumHeldConflicts` and what one packet adds.
  var heldConflicts: [HeldConflict] = []

  /// With more, the direction is held no longer.
  static let maximumHeldConflicts = 64
}

/// Two versions of bytes of which no offset is known yet.
struct HeldConflict {
  struct Version {
    var bytes: [UInt8]
    var stamp: PacketStamp
  }

  /// Sequence number of the first byte.
  var sequence: UInt32
  var kept: Version
  var other: Version
}

/// Segments far outside the window that may prove, three in a row, that the capture paused.
struct FarSegments {
  /// Their bytes: pieces linked by `right`, in order.
  var first = PieceIndex.none
  var last = PieceIndex.none
  var count = 0
  var bytes: Int64 = 0
  var firstSequence: UInt32 = 0
  /// The sequence number that continues them.
  var nextSequence: UInt32 = 0

  /// How many contiguous ones prove it.
  static let proof = 3
}

/// The most recent gaps of a direction, to tell a late byte from a repeated one.
struct GapHistory {
  /// Ascending and disjoint.
  private var ranges: [Range<Int64>] = []
  /// Start of the ones in use; those before it were forgotten.
  private var first = 0

  static let capacity = 256

  /// Nothing is known of gaps below this position.
  private(set) var knownFrom = Int64.min

  mutating func append(_ range: Range<Int64>) {
    if let last = ranges.last, last.upperBound == range.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
      return
    }
    ranges.append(range)
    guard ranges.count - first > Self.capacity else { return }
    knownFrom = ranges[first].upperBound
    first += 1
    if first == Self.capacity {
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
