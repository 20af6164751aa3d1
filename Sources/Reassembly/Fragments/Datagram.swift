import Packets

/// Datagram in reassembly: the fragments that have come so far.
final class Datagram {
  /// Result of inserting a fragment.
  enum Outcome {
    case stored
    /// The fragment repeats an earlier one.
    case duplicate
    /// Some bytes were there before, and the policy chose between the copies.
    case overlapped
    /// The fragment contradicts the length that another fragment gave.
    case malformed
    /// The fragment overlaps another one, which IPv6 forbids.
    case forbidden
  }

  /// State of a datagram.
  enum State {
    /// The datagram takes fragments.
    case open
    /// The datagram was complete; it is kept to recognise copies of its fragments.
    case whole
    /// The datagram was given up; it is kept so that its other fragments begin no new one.
    case discarded
  }

  /// Result of assembling a datagram.
  enum Assembly {
    /// Fragments are missing.
    case incomplete
    /// The datagram with the header of its first fragment exceeds what a length field can state.
    case oversized
    case whole(Defragmenter.Whole)
  }

  /// The table owns datagrams.
  ///
  /// The links between them are weak, so that a long chain is not freed by recursion.
  weak var older: Datagram?
  weak var newer: Datagram?
  let key: Defragmenter.Key
  /// Time of its first fragment on the clock, in nanoseconds.
  let created: Int64
  var header: DatagramHeader?
  var layers = LayerPath()
  private(set) var state = State.open
  private var store = FragmentStore()
  /// Digests of its fragments, with a seed of the process.
  private var seen: Set<Int> = []
  /// Length in bytes; nil before the last fragment.
  private var total: Int?

  /// Memory of a datagram besides its fragments, in bytes.
  private static let overhead = 384
  /// Memory of a digest in a set that is as full as it gets, in bytes.
  private static let digestCost = 11

  init(key: Defragmenter.Key, created: Int64) {
    self.key = key
    self.created = created
  }

  /// Memory in bytes.
  var cost: Int { Self.overhead &+ store.cost &+ seen.capacity &* Self.digestCost }

  /// Inserts a fragment that lies at `range`.
  ///
  /// It may have fewer bytes than `range`, if the capture cut it.
  ///
  /// The policy decides which copy of a byte wins; nil forbids overlaps.
  func insert(_ bytes: [UInt8], _ range: Range<Int>, isLast: Bool, policy: FragmentPolicy?) -> Outcome {
    if let total, range.upperBound > total || (isLast && range.upperBound != total) { return .malformed }
    // A copy is a duplicate only if both or neither are the last fragment.
    let hasSameRole = isLast == (total == range.upperBound)
    if isLast, total == nil {
      if store.end > range.upperBound { return .malformed }
      total = range.upperBound
      store.close(at: range.upperBound)
    }
    let relation = store.meet(bytes, range, mayRepeat: hasSameRole || policy != nil)
    if relation == .duplicate { return .duplicate }
    if relation == .overlap, policy == nil { return .forbidden }
    seen.insert(Self.digest(bytes, range))
    store.insert(bytes, range, policy: policy ?? .first)
    return relation == .overlap ? .overlapped : .stored
  }

  /// Assembles the datagram once every fragment is there, and frees its bytes.
  ///
  /// If the capture cut a fragment, the datagram is cut there.
  func assemble() -> Assembly {
    guard state == .open, let total, store.isWhole, let header else { return .incomplete }
    var packet: [UInt8] = []
    guard header.append(forPayloadLength: total, to: &packet) else { return .oversized }
    let originalLength = packet.count &+ total
    store.append(to: &packet)
    close(as: .whole)
    return .whole(Defragmenter.Whole(packet: packet, originalLength: originalLength, layers: layers))
  }

  /// Whether this fragment came before.
  func knows(_ bytes: [UInt8], _ range: Range<Int>) -> Bool { seen.contains(Self.digest(bytes, range)) }

  /// Frees the bytes and refuses further fragments.
  func discard() {
    close(as: .discarded)
    seen = []
  }

  private func close(as state: State) {
    self.state = state
    store = FragmentStore()
    header = nil
  }

  private static func digest(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
    var hasher = Hasher()
    hasher.combine(range)
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }
}
