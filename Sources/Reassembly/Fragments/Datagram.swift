import Packets

/// The fragments of one datagram, as far as they have come.
final class Datagram {
  enum Outcome {
    case stored
    /// The same bytes at the same place once more.
    case duplicate
    /// Some bytes were there before; the policy chose.
    case overlapped
    /// It contradicts the length that another fragment gave.
    case malformed
    /// IPv6 forbids fragments that overlap.
    case forbidden
  }

  /// Bytes of the datagram that one fragment owns.
  private struct Part {
    var range: Range<Int>
    /// The whole fragment.
    var owner: Range<Int>
    var fragment: Int
  }

  /// The table owns datagrams; the links between them own nothing, so that a long chain is not freed by recursion.
  weak var older: Datagram?
  weak var newer: Datagram?
  let key: Defragmenter.Key
  /// On the assembler's clock.
  let created: Int64
  var header: DatagramHeader?
  var layers = LayerPath()
  private(set) var isWhole = false
  private(set) var isDiscarded = false
  /// Disjoint, in order.
  private var parts: [Part] = []
  private var fragments: [[UInt8]] = []
  private var covered = 0
  private var total: Int?
  private var storedBytes = 0

  /// What a datagram and a fragment take besides their bytes.
  private static let overhead = 256
  private static let fragmentOverhead = 96

  init(key: Defragmenter.Key, created: Int64) {
    self.key = key
    self.created = created
  }

  /// Bytes of memory.
  var cost: Int { Self.overhead &+ storedBytes &+ fragments.count &* Self.fragmentOverhead }

  /// Takes the bytes of a fragment that lies at `range`; they may be fewer, where the capture cut it.
  ///
  /// - Parameter policy: which copy of a byte wins; nil forbids overlaps.
  func insert(_ bytes: [UInt8], _ range: Range<Int>, isLast: Bool, policy: FragmentPolicy?) -> Outcome {
    if let total, range.upperBound > total || (isLast && range.upperBound != total) { return .malformed }
    if isLast, total == nil, let end = parts.last?.range.upperBound, end > range.upperBound { return .malformed }
    let first = index(endingAfter: range.lowerBound)
    var end = first
    while end < parts.count, parts[end].range.lowerBound < range.upperBound { end += 1 }
    if first < end {
      // A copy whose bytes were overwritten since may win them back, and one that says where the datagram ends says something new.
      let isSame = parts[first].owner == range && parts[first].range == range && fragments[parts[first].fragment] == bytes
      if isSame, isLast == (total == range.upperBound) { return .duplicate }
      guard policy != nil else { return .forbidden }
    }
    if isLast { total = range.upperBound }
    let number = fragments.count
    fragments.append(bytes)
    storedBytes &+= bytes.count
    let fresh = merged(first..<end, range, number, policy ?? .first)
    parts.replaceSubrange(first..<end, with: fresh)
    return first < end ? .overlapped : .stored
  }

  /// The parts that take the place of those at `old` when fragment `number` comes over them.
  private func merged(_ old: Range<Int>, _ range: Range<Int>, _ number: Int, _ policy: FragmentPolicy) -> [Part] {
    var fresh: [Part] = []
    var cursor = range.lowerBound
    func add(_ lower: Int, _ upper: Int, _ owner: Range<Int>, _ fragment: Int) {
      if lower < upper { fresh.append(Part(range: lower..<upper, owner: owner, fragment: fragment)) }
    }
    for part in parts[old] {
      add(cursor, part.range.lowerBound, range, number)
      add(part.range.lowerBound, min(part.range.upperBound, range.lowerBound), part.owner, part.fragment)
      let lower = max(part.range.lowerBound, range.lowerBound)
      let upper = min(part.range.upperBound, range.upperBound)
      if policy.newWins(new: range, old: part.owner) {
        add(lower, upper, range, number)
      } else {
        add(lower, upper, part.owner, part.fragment)
      }
      add(max(part.range.lowerBound, range.upperBound), part.range.upperBound, part.owner, part.fragment)
      cursor = max(cursor, min(part.range.upperBound, range.upperBound))
    }
    add(cursor, range.upperBound, range, number)
    for part in fresh { covered &+= part.range.count }
    for part in parts[old] { covered &-= part.range.count }
    return fresh
  }

  private func index(endingAfter position: Int) -> Int {
    var low = 0
    var high = parts.count
    while low < high {
      let middle = (low + high) / 2
      if parts[middle].range.upperBound <= position { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The datagram, once every fragment is there. Only its very end may be missing, where the capture cut the last one.
  func assemble() -> Defragmenter.Whole? {
    guard !isWhole, let total, covered == total, let header else { return nil }
    var packet: [UInt8] = []
    guard header.append(forPayloadLength: total, to: &packet) else { return nil }
    let originalLength = packet.count &+ total
    for (index, part) in parts.enumerated() {
      let bytes = fragments[part.fragment]
      let lower = part.range.lowerBound &- part.owner.lowerBound
      let upper = min(part.range.upperBound &- part.owner.lowerBound, bytes.count)
      if lower < upper { packet.append(contentsOf: bytes[lower..<upper]) }
      if upper &- lower < part.range.count, index < parts.count - 1 { return nil }
    }
    isWhole = true
    return Defragmenter.Whole(packet: packet, originalLength: originalLength, layers: layers)
  }

  /// Whether a fragment repeats what the datagram already has.
  func holds(_ bytes: [UInt8], _ range: Range<Int>, isLast: Bool) -> Bool {
    guard let total, range.upperBound <= total, isLast == (range.upperBound == total) else { return false }
    var part = index(endingAfter: range.lowerBound)
    for (index, byte) in bytes.enumerated() {
      let position = range.lowerBound &+ index
      while part < parts.count, parts[part].range.upperBound <= position { part += 1 }
      guard part < parts.count else { return false }
      let stored = fragments[parts[part].fragment]
      let place = position &- parts[part].owner.lowerBound
      guard place < stored.count, stored[place] == byte else { return false }
    }
    return true
  }

  /// Forgets the bytes and takes none any more.
  func discard() {
    isDiscarded = true
    parts = []
    fragments = []
    storedBytes = 0
    covered = 0
  }
}

extension FragmentPolicy {
  /// Whether the bytes of a new fragment win against those of the one that owns them now (Sturges and Novak's tables).
  func newWins(new: Range<Int>, old: Range<Int>) -> Bool {
    switch self {
    case .first: false
    case .last: true
    case .bsd: new.lowerBound < old.lowerBound
    case .linux: new.lowerBound <= old.lowerBound
    case .windows: new.lowerBound < old.lowerBound && new.upperBound > old.upperBound
    case .solaris: new.lowerBound < old.lowerBound && new.upperBound >= old.upperBound
    }
  }
}
