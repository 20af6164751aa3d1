/// Traffic of the whole capture over time, in a bounded number of bins of equal width.
///
/// The width begins at a millisecond and doubles whenever there would be too many bins, so that nothing need be known of the capture
/// before. Bins stand at multiples of their width: the same packets give the same bins in any order.
public struct Timeline: Sendable {
  /// Greatest number of bins.
  public static let mostBins = 1_024

  /// Traffic of one bin.
  public struct Bin: Equatable, Sendable {
    /// Number of payload bytes from clients.
    public var fromClient: UInt64 = 0
    /// Number of payload bytes from servers.
    public var fromServer: UInt64 = 0
    /// Number of repeated payload bytes.
    public var repeated: UInt64 = 0
    /// Number of gaps.
    public var gaps: UInt64 = 0
    /// Number of ranges with two versions.
    public var conflicts: UInt64 = 0

    /// Creates an empty bin.
    public init() {}

    static func + (a: Bin, b: Bin) -> Bin {
      var sum = a
      sum.fromClient &+= b.fromClient
      sum.fromServer &+= b.fromServer
      sum.repeated &+= b.repeated
      sum.gaps &+= b.gaps
      sum.conflicts &+= b.conflicts
      return sum
    }
  }

  /// Width of a bin in nanoseconds.
  public private(set) var width: Int64 = 1_000_000
  /// Number of the first bin: its time divided by the width.
  private var first: Int64 = 0
  /// Bins in the order of time.
  public private(set) var bins: [Bin] = []

  /// Creates a timeline without traffic.
  public init() {}

  /// Time of the beginning of the first bin, in nanoseconds.
  public var start: Int64 { first.multipliedReportingOverflow(by: width).partialValue }

  /// Adds traffic at a time.
  ///
  /// O(1) on average.
  ///
  /// - Parameters:
  ///   - time: the time in nanoseconds.
  ///   - change: adds to the bin.
  public mutating func add(at time: Int64, _ change: (inout Bin) -> Void) {
    var place = Self.quotient(time, width)
    if bins.isEmpty { first = place }
    while max(place, first &+ Int64(bins.count) &- 1) &- min(place, first) >= Int64(Self.mostBins) {
      halve()
      place = Self.quotient(time, width)
    }
    if place < first {
      bins.insert(contentsOf: repeatElement(Bin(), count: Int(first &- place)), at: 0)
      first = place
    }
    let index = Int(place &- first)
    if index >= bins.count { bins += repeatElement(Bin(), count: index - bins.count + 1) }
    change(&bins[index])
  }

  /// Doubles the width of the bins.
  private mutating func halve() {
    var merged: [Bin] = []
    let start = Self.quotient(first, 2)
    for (index, bin) in bins.enumerated() {
      let place = Int(Self.quotient(first &+ Int64(index), 2) &- start)
      if place == merged.count { merged.append(bin) } else { merged[place] = merged[place] + bin }
    }
    bins = merged
    first = start
    // 64 bits of nanoseconds are 2^35 times the greatest number of bins of a millisecond, so the width stays far below 2^63.
    width &*= 2
  }

  /// Returns the quotient rounded down.
  private static func quotient(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }
}
