internal import Packets
internal import Reassembly

/// Times and counts of what one end sent, for a line of the list for programs.
public struct ListedDirection: Equatable, Sendable {
  /// Nanoseconds from a segment to its acknowledgment: the least, the mean and the greatest; nil if none was timed.
  var roundTrips: (least: Int64, mean: Int64, most: Int64)?
  var retransmittedSegments: UInt64
  var outOfOrder: UInt64
  var duplicateAcknowledgments: UInt64
  var zeroWindows: UInt64
  /// Nanoseconds during which this end had closed its window.
  var zeroWindowTime: Int64
  var windowProbes: UInt64
  var keepAlives: UInt64
  /// Nanoseconds from the first packet of the connection to the first and the last payload; nil without payload.
  var data: (first: Int64, last: Int64)?
  /// Bytes of the stream per second between these; nil if both times are the same.
  var throughput: UInt64?

  /// Creates the times of a direction; nil if it has none.
  init?(_ half: HalfReport, since start: Int64) {
    guard let timing = half.timing else { return nil }
    roundTrips = timing.roundTrips.map { ($0.minimum.nanoseconds, $0.mean.nanoseconds, $0.maximum.nanoseconds) }
    retransmittedSegments = timing.retransmittedSegments
    outOfOrder = UInt64(half.outOfOrderPackets)
    duplicateAcknowledgments = timing.duplicateAcknowledgments
    zeroWindows = timing.zeroWindows
    zeroWindowTime = timing.zeroWindowTime.nanoseconds
    windowProbes = timing.windowProbes
    keepAlives = timing.keepAlives
    if let first = timing.firstPayload, let last = timing.lastPayload {
      data = (first.nanoseconds &- start, last.nanoseconds &- start)
    }
    throughput = timing.throughput(ofBytes: half.bytes).map { UInt64(exactly: $0.rounded(.down)) ?? .max }
  }

  /// Whether two directions have the same times and counts.
  public static func == (left: ListedDirection, right: ListedDirection) -> Bool { left.words == right.words }

  /// Number of fields in a line.
  static let fieldCount = 13

  // MARK: Encoding in a spool

  static let wordCount = 14
  private static let none = UInt64.max

  /// Encoded times.
  var words: [UInt64] {
    func word(_ value: Int64?) -> UInt64 { value.map(UInt64.init(bitPattern:)) ?? Self.none }
    return [
      word(roundTrips?.least), word(roundTrips?.mean), word(roundTrips?.most), retransmittedSegments, outOfOrder, duplicateAcknowledgments,
      zeroWindows, UInt64(bitPattern: zeroWindowTime), windowProbes, keepAlives, data == nil ? 0 : 1, word(data?.first), word(data?.last),
      throughput ?? Self.none,
    ]
  }

  /// Decodes times.
  init(_ words: ArraySlice<UInt64>) {
    let words = Array(words)
    func signed(_ index: Int) -> Int64 { Int64(bitPattern: words[index]) }
    roundTrips = words[0] == Self.none ? nil : (signed(0), signed(1), signed(2))
    (retransmittedSegments, outOfOrder, duplicateAcknowledgments) = (words[3], words[4], words[5])
    (zeroWindows, zeroWindowTime) = (words[6], signed(7))
    (windowProbes, keepAlives) = (words[8], words[9])
    data = words[10] == 0 ? nil : (signed(11), signed(12))
    throughput = words[13] == Self.none ? nil : words[13]
  }
}
