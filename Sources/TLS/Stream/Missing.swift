/// Records behind the last opened one that yielded no clear bytes.
///
/// Their clear length is known only when another record opens, whose sequence number determines how many records there were.
struct Missing {
  /// Number of records whose head was captured.
  private(set) var records = 0
  /// Greatest clear length of those records.
  private(set) var clearBytes: Int64 = 0
  private var isExact = true
  /// Number of bytes between the end of a record and the head of another, in which heads were lost.
  private(set) var stretch: Int64 = 0
  private(set) var hasStretch = false
  /// Whether the length of the stretch is exact.
  private(set) var isStretchExact = true
  private var kind: ClearGap.Kind?

  var isEmpty: Bool { records == 0 && !hasStretch }

  /// Adds a record whose head was captured.
  mutating func add(record clearLength: Int, isExact: Bool, _ kind: ClearGap.Kind) {
    records += 1
    clearBytes &+= Int64(clearLength)
    self.isExact = self.isExact && isExact
    note(kind)
  }

  /// Adds bytes that may contain heads of records.
  mutating func add(stretch length: Int64, isExact: Bool = true, _ kind: ClearGap.Kind = .lost) {
    hasStretch = true
    stretch &+= length
    isStretchExact = isStretchExact && isExact
    note(kind)
  }

  /// Combines the kinds: lost bytes take precedence over captured ones that do not open.
  private mutating func note(_ new: ClearGap.Kind) {
    switch (kind, new) {
    case (nil, _), (_, .lost), (.key?, .rejected): kind = new
    default: break
    }
  }

  /// Returns the gap of these records.
  ///
  /// - Parameters:
  ///   - offset: the clear offset of the first byte.
  ///   - inStretch: the least number of records in the stretch.
  ///   - overhead: the number of bytes of each record that are not clear bytes.
  ///   - sameKeys: whether the keys before and behind it are the same, so that the number of records is exact.
  /// - Returns: the gap; nil if it is empty.
  func gap(at offset: Int64, inStretch: Int64, overhead: Int, sameKeys: Bool) -> ClearGap? {
    let (used, isTooLarge) = inStretch.multipliedReportingOverflow(by: Int64(overhead))
    let length = clearBytes &+ (isTooLarge ? 0 : max(0, stretch &- used))
    guard length > 0 else { return nil }
    let kind = kind ?? .lost
    return ClearGap(
      offset: offset, length: length, isExact: sameKeys && isExact && !hasStretch, kind: kind,
      cause: kind == .key ? .key : hasStretch ? .head : .record)
  }
}
