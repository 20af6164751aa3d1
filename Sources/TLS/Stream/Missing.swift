/// Records behind the last one that was opened, of which no clear bytes came.
///
/// How many bytes they held is known only when another record opens: its sequence number tells how many records there were.
struct Missing {
  /// Records whose head was seen.
  private(set) var records = 0
  /// Clear bytes that those can have held.
  private(set) var clearBytes: Int64 = 0
  private var isExact = true
  /// Bytes of records whose heads were not seen, from the end of one record to the head of another.
  private(set) var stretch: Int64 = 0
  private(set) var hasStretch = false
  /// Whether the length of the stretch is exact.
  private(set) var isStretchExact = true
  private var kind: ClearGap.Kind?

  var isEmpty: Bool { records == 0 && !hasStretch }

  /// Adds a record whose head was seen.
  mutating func add(record clearLength: Int, isExact: Bool, _ kind: ClearGap.Kind) {
    records += 1
    clearBytes &+= Int64(clearLength)
    self.isExact = self.isExact && isExact
    note(kind)
  }

  /// Adds bytes in which heads of records may stand.
  mutating func add(stretch length: Int64, isExact: Bool = true, _ kind: ClearGap.Kind = .lost) {
    hasStretch = true
    stretch &+= length
    isStretchExact = isStretchExact && isExact
    note(kind)
  }

  /// What the capture lacks outweighs what it has and does not open.
  private mutating func note(_ new: ClearGap.Kind) {
    switch (kind, new) {
    case (nil, _), (_, .lost), (.key?, .rejected): kind = new
    default: break
    }
  }

  /// Makes the gap of these records.
  ///
  /// - Parameters:
  ///   - offset: clear offset at which it begins.
  ///   - inStretch: number of records that the stretch held at least.
  ///   - overhead: bytes of each that are no clear bytes.
  ///   - sameKeys: whether the keys are the same before and behind it, so that the number is exact.
  /// - Returns: the gap; nil if they held no clear byte.
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
