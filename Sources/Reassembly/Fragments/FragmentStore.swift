/// Fragment store: the bytes of one datagram, and which fragment owns which of them.
///
///     parts   | 0 | 0 |   | 2 | 1 | 1 |   |     owners by offset: disjoint, in order
///     holes           | x |           | x |     bytes without an owner (RFC 815); the last hole is open until the length is known
///
/// A fragment costs O(log n) steps, those for the parts and holes that it ends, and moving what lies after it: 8192 units of a datagram at
/// most, 64 KiB. It makes at most two holes or three parts more than it ends, except where it fills holes that other fragments made.
struct FragmentStore {
  /// Range of bytes that one fragment owns.
  private struct Part {
    var start: UInt16
    var end: UInt16
    /// Index in `fragments`.
    var fragment: UInt32
  }

  private struct Hole {
    var start: UInt16
    var end: UInt16
  }

  private struct Fragment {
    /// Range on the wire; `bytes` may be shorter if the capture cut the fragment.
    var start: UInt16
    var end: UInt16
    /// Number of parts that it owns.
    var parts: UInt32
    var bytes: [UInt8]
  }

  /// Highest offset that a length field can state.
  private static let limit = UInt16.max
  /// Memory of the header of an array, in bytes.
  private static let arrayOverhead = 48

  private var parts: [Part] = []
  private var holes = [Hole(start: 0, end: limit)]
  private var fragments: [Fragment] = []
  /// Indices in `fragments` of those that own nothing.
  private var free: [UInt32] = []
  private var storedBytes = 0

  /// Memory in bytes.
  var cost: Int {
    storedBytes &+ (fragments.count &- free.count) &* Self.arrayOverhead &+ parts.capacity &* MemoryLayout<Part>.stride
      &+ holes.capacity &* MemoryLayout<Hole>.stride &+ fragments.capacity &* MemoryLayout<Fragment>.stride
      &+ free.capacity &* MemoryLayout<UInt32>.stride
  }

  /// Offset after the last byte with an owner.
  var end: Int { parts.last.map { Int($0.end) } ?? 0 }

  /// Whether no byte is missing before the end that `close(at:)` set.
  var isWhole: Bool { holes.isEmpty }

  /// Sets the end of the datagram.
  ///
  /// - Precondition: `total` is not below `end`.
  mutating func close(at total: Int) {
    guard let last = holes.indices.last else { return }
    holes[last].end = UInt16(truncatingIfNeeded: total)
    if holes[last].start == holes[last].end { holes.removeLast() }
  }

  /// Relation of a fragment to those before it.
  enum Meeting {
    case none
    /// One earlier fragment has the same range and the same bytes.
    case duplicate
    case overlap
  }

  /// Compares a fragment with the owners of its range.
  ///
  /// If the capture cut an equal earlier copy shorter, that one gets the longer bytes.
  ///
  /// `mayRepeat` tells whether the fragment may count as a duplicate.
  mutating func meet(_ bytes: [UInt8], _ range: Range<Int>, mayRepeat: Bool) -> Meeting {
    let (first, end) = parts(in: range)
    if first == end { return .none }
    guard end &- first == 1, mayRepeat else { return .overlap }
    let part = parts[first]
    let place = Int(part.fragment)
    let known = fragments[place]
    guard Int(part.start) == range.lowerBound, Int(part.end) == range.upperBound, known.start == part.start, known.end == part.end else {
      return .overlap
    }
    let common = min(bytes.count, known.bytes.count)
    guard bytes[..<common] == known.bytes[..<common] else { return .overlap }
    if bytes.count > known.bytes.count {
      storedBytes &+= bytes.count &- known.bytes.count
      fragments[place].bytes = bytes
    }
    return .duplicate
  }

  /// Inserts the bytes of a fragment that win.
  ///
  /// - Precondition: the range ends at or before the limit of a length field, and at or before the end that `close(at:)` set.
  mutating func insert(_ bytes: [UInt8], _ range: Range<Int>, policy: FragmentPolicy) {
    precondition(range.upperBound <= Int(Self.limit), "a datagram is no longer")
    let won = policy == .first ? range : contested(range, policy)
    let (first, end) = holes(in: won)
    if policy == .first ? first == end : won.isEmpty { return }
    let place = store(bytes, range)
    if policy == .first {
      for index in (first..<end).reversed() {
        let hole = holes[index]
        let part = Part(start: max(hole.start, UInt16(won.lowerBound)), end: min(hole.end, UInt16(won.upperBound)), fragment: place)
        parts.insert(part, at: firstPart(endingAfter: Int(part.start)))
        fragments[Int(place)].parts &+= 1
      }
    } else {
      replaceParts(in: won, by: place)
    }
    fill(first, end, won)
  }

  /// Appends the bytes in order, up to the first that the capture lacks.
  func append(to packet: inout [UInt8]) {
    for part in parts {
      let fragment = fragments[Int(part.fragment)]
      let lower = Int(part.start &- fragment.start)
      let upper = min(Int(part.end &- fragment.start), fragment.bytes.count)
      if lower < upper { packet.append(contentsOf: fragment.bytes[lower..<upper]) }
      if upper &- lower < Int(part.end &- part.start) { return }
    }
  }
}

// MARK: fragments

extension FragmentStore {
  private mutating func store(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
    storedBytes &+= bytes.count
    let fragment = Fragment(start: UInt16(range.lowerBound), end: UInt16(range.upperBound), parts: 0, bytes: bytes)
    guard let place = free.popLast() else {
      fragments.append(fragment)
      return UInt32(truncatingIfNeeded: fragments.count &- 1)
    }
    fragments[Int(place)] = fragment
    return place
  }

  /// Takes a part from a fragment, and frees its bytes with the last one.
  private mutating func release(_ place: UInt32) {
    let index = Int(place)
    fragments[index].parts &-= 1
    guard fragments[index].parts == 0 else { return }
    storedBytes &-= fragments[index].bytes.count
    fragments[index].bytes = []
    free.append(place)
  }
}

// MARK: parts

extension FragmentStore {
  /// Indices of the parts that have bytes of a range.
  private func parts(in range: Range<Int>) -> (first: Int, end: Int) {
    let first = firstPart(endingAfter: range.lowerBound)
    if first == parts.count { return (first, first) }
    return (first, parts.partition(from: first) { Int($0.start) >= range.upperBound })
  }

  private func firstPart(endingAfter position: Int) -> Int {
    guard let last = parts.last, Int(last.end) > position else { return parts.count }
    return parts.partition(from: 0) { Int($0.end) > position }
  }

  /// The bytes of a new fragment that win under any policy except `first`.
  ///
  /// They are contiguous. A part wins against the new fragment because its own fragment begins too early, and then so do those of all parts
  /// before it; or because it ends too late, and then so do those of all parts after it. Tests compare this with the rule byte by byte.
  private func contested(_ range: Range<Int>, _ policy: FragmentPolicy) -> Range<Int> {
    let (first, end) = parts(in: range)
    if first == end || policy == .last { return range }
    let fragment = (start: UInt16(range.lowerBound), end: UInt16(range.upperBound))
    let lost = parts.partition(from: first, to: end) { !policy.keepsByStart(fragments[Int($0.fragment)].start, against: fragment.start) }
    let kept = parts.partition(from: lost, to: end) { policy.keepsByEnd(fragments[Int($0.fragment)].end, against: fragment.end) }
    let lower = lost > first ? max(range.lowerBound, Int(parts[lost &- 1].end)) : range.lowerBound
    let upper = kept < end ? min(range.upperBound, Int(parts[kept].start)) : range.upperBound
    return lower..<max(lower, upper)
  }

  /// Gives a range to a fragment and takes it from its owners.
  private mutating func replaceParts(in range: Range<Int>, by place: UInt32) {
    let won = Part(start: UInt16(range.lowerBound), end: UInt16(range.upperBound), fragment: place)
    fragments[Int(place)].parts &+= 1
    let (first, end) = parts(in: range)
    if first == end {
      parts.insert(won, at: first)
      return
    }
    var fresh = [won]
    if parts[first].start < won.start {
      fresh.insert(Part(start: parts[first].start, end: won.start, fragment: parts[first].fragment), at: 0)
      fragments[Int(parts[first].fragment)].parts &+= 1
    }
    if parts[end &- 1].end > won.end {
      fresh.append(Part(start: won.end, end: parts[end &- 1].end, fragment: parts[end &- 1].fragment))
      fragments[Int(parts[end &- 1].fragment)].parts &+= 1
    }
    for index in first..<end { release(parts[index].fragment) }
    parts.replaceSubrange(first..<end, with: fresh)
  }
}

// MARK: holes

extension FragmentStore {
  /// Indices of the holes that have bytes of a range.
  private func holes(in range: Range<Int>) -> (first: Int, end: Int) {
    let first = holes.partition(from: 0) { Int($0.end) > range.lowerBound }
    return (first, holes.partition(from: first) { Int($0.start) >= range.upperBound })
  }

  /// Removes a range from the holes `first..<end`, which are those that have bytes of it.
  private mutating func fill(_ first: Int, _ end: Int, _ range: Range<Int>) {
    guard first < end else { return }
    let lower = UInt16(range.lowerBound)
    let upper = UInt16(range.upperBound)
    var gone = first..<end
    if holes[end &- 1].end > upper {
      if gone.count == 1, holes[first].start < lower {
        holes.insert(Hole(start: upper, end: holes[first].end), at: end)
        holes[first].end = lower
        return
      }
      holes[end &- 1].start = upper
      gone = first..<end &- 1
    }
    if let index = gone.first, holes[index].start < lower {
      holes[index].end = lower
      gone = index &+ 1..<gone.upperBound
    }
    holes.removeSubrange(gone)
  }
}

extension Array {
  /// The first index from `from` on whose element `isBehind`; it holds for no element before that one and for all after it.
  ///
  /// O(log n).
  fileprivate func partition(from: Int, to end: Int? = nil, _ isBehind: (Element) -> Bool) -> Int {
    var low = from
    var high = end ?? count
    while low < high {
      let middle = (low &+ high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle &+ 1 }
    }
    return low
  }
}

/// Owner that keeps its bytes where a new fragment overlaps it (Sturges and Novak's tables).
extension FragmentPolicy {
  /// Whether the owner keeps its bytes because of its start.
  fileprivate func keepsByStart(_ owner: UInt16, against new: UInt16) -> Bool {
    switch self {
    case .first: true
    case .last: false
    case .linux: owner < new
    case .bsd, .windows, .solaris: owner <= new
    }
  }

  /// Whether the owner keeps its bytes because of its end.
  fileprivate func keepsByEnd(_ owner: UInt16, against new: UInt16) -> Bool {
    switch self {
    case .first: true
    case .last, .bsd, .linux: false
    case .windows: owner >= new
    case .solaris: owner > new
    }
  }
}
