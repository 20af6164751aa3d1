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

  /// What a datagram is good for.
  enum State {
    /// It takes fragments.
    case open
    /// It was handed on; kept to know its fragments again.
    case whole
    /// Nothing can come of it; kept so that its other fragments begin no new one.
    case discarded
  }

  enum Assembly {
    /// Fragments are missing.
    case incomplete
    /// With the header of its first fragment it exceeds what a length field can say.
    case oversized
    case whole(Defragmenter.Whole)
  }

  /// Bytes of the datagram that one fragment owns.
  private struct Part {
    var range: Range<Int>
    var fragment: Int
  }

  private struct Fragment {
    /// On the wire; `bytes` may be fewer, where the capture cut it.
    var range: Range<Int>
    var bytes: [UInt8]
  }

  /// The table owns datagrams; the links between them own nothing, so that a long chain is not freed by recursion.
  weak var older: Datagram?
  weak var newer: Datagram?
  let key: Defragmenter.Key
  /// On the assembler's clock.
  let created: Int64
  var header: DatagramHeader?
  var layers = LayerPath()
  private(set) var state = State.open
  /// Disjoint, in order.
  private var parts: [Part] = []
  private var fragments: [Fragment] = []
  /// Digests of fragments, with a seed of the process.
  private var seen: Set<Int> = []
  private var covered = 0
  private var total: Int?
  private var storedBytes = 0

  /// What a datagram, a fragment and a digest take besides their bytes.
  private static let overhead = 384
  private static let fragmentOverhead = 128
  private static let digestCost = 16

  init(key: Defragmenter.Key, created: Int64) {
    self.key = key
    self.created = created
  }

  /// Bytes of memory.
  var cost: Int { Self.overhead &+ storedBytes &+ fragments.count &* Self.fragmentOverhead &+ seen.count &* Self.digestCost }

  /// Takes the bytes of a fragment that lies at `range`; they may be fewer, where the capture cut it.
  ///
  /// - Parameter policy: which copy of a byte wins; nil forbids overlaps.
  func insert(_ bytes: [UInt8], _ range: Range<Int>, isLast: Bool, policy: FragmentPolicy?) -> Outcome {
    if let total, range.upperBound > total || (isLast && range.upperBound != total) { return .malformed }
    // A copy is exact only if it is the last fragment as the first one was.
    let hasSameRole = isLast == (total == range.upperBound)
    if isLast, total == nil {
      if let end = parts.last?.range.upperBound, end > range.upperBound { return .malformed }
      total = range.upperBound
    }
    let first = index(endingAfter: range.lowerBound)
    var end = first
    while end < parts.count, parts[end].range.lowerBound < range.upperBound { end += 1 }
    if end == first + 1, hasSameRole || policy != nil, repeats(bytes, range, parts[first]) { return .duplicate }
    if first < end, policy == nil { return .forbidden }
    seen.insert(Self.digest(bytes, range))
    let number = fragments.count
    let fresh = merged(first..<end, range, number, policy ?? .first)
    parts.replaceSubrange(first..<end, with: fresh)
    if fresh.contains(where: { $0.fragment == number }) {
      fragments.append(Fragment(range: range, bytes: bytes))
      storedBytes &+= bytes.count
    }
    return first < end ? .overlapped : .stored
  }

  /// Whether a part is the same fragment whole; where the capture had cut it shorter, it gets the longer copy's bytes.
  private func repeats(_ bytes: [UInt8], _ range: Range<Int>, _ part: Part) -> Bool {
    let known = fragments[part.fragment]
    guard part.range == range, known.range == range else { return false }
    let common = min(bytes.count, known.bytes.count)
    guard bytes[..<common] == known.bytes[..<common] else { return false }
    if bytes.count > known.bytes.count {
      storedBytes &+= bytes.count &- known.bytes.count
      fragments[part.fragment].bytes = bytes
    }
    return true
  }

  /// The parts that take the place of those at `old` when fragment `number` comes over them.
  private func merged(_ old: Range<Int>, _ range: Range<Int>, _ number: Int, _ policy: FragmentPolicy) -> [Part] {
    var fresh: [Part] = []
    var cursor = range.lowerBound
    func add(_ lower: Int, _ upper: Int, _ fragment: Int) {
      if lower < upper { fresh.append(Part(range: lower..<upper, fragment: fragment)) }
    }
    for part in parts[old] {
      add(cursor, part.range.lowerBound, number)
      add(part.range.lowerBound, min(part.range.upperBound, range.lowerBound), part.fragment)
      let lower = max(part.range.lowerBound, range.lowerBound)
      let upper = min(part.range.upperBound, range.upperBound)
      let wins = policy.newWins(new: range, old: fragments[part.fragment].range)
      add(lower, upper, wins ? number : part.fragment)
      add(max(part.range.lowerBound, range.upperBound), part.range.upperBound, part.fragment)
      cursor = max(cursor, upper)
    }
    add(cursor, range.upperBound, number)
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

  /// The datagram, once every fragment is there; then its bytes are let go. Where the capture cut a fragment, it ends there.
  func assemble() -> Assembly {
    guard state == .open, let total, covered == total, let header else { return .incomplete }
    var packet: [UInt8] = []
    guard header.append(forPayloadLength: total, to: &packet) else { return .oversized }
    let originalLength = packet.count &+ total
    for part in parts {
      let fragment = fragments[part.fragment]
      let lower = part.range.lowerBound &- fragment.range.lowerBound
      let upper = min(part.range.upperBound &- fragment.range.lowerBound, fragment.bytes.count)
      if lower < upper { packet.append(contentsOf: fragment.bytes[lower..<upper]) }
      if upper &- lower < part.range.count { break }
    }
    letGo(.whole)
    return .whole(Defragmenter.Whole(packet: packet, originalLength: originalLength, layers: layers))
  }

  /// Whether this very fragment came before.
  func knows(_ bytes: [UInt8], _ range: Range<Int>) -> Bool { seen.contains(Self.digest(bytes, range)) }

  /// Forgets the bytes and takes none any more.
  func discard() {
    letGo(.discarded)
    seen = []
  }

  private func letGo(_ state: State) {
    self.state = state
    parts = []
    fragments = []
    storedBytes = 0
    covered = 0
    header = nil
  }

  private static func digest(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
    var hasher = Hasher()
    hasher.combine(range)
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
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
