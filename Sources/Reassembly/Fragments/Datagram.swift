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

  /// The table owns datagrams; the links between them own nothing, so that a long chain is not freed by recursion.
  weak var older: Datagram?
  weak var newer: Datagram?
  let key: Defragmenter.Key
  /// On the assembler's clock.
  let created: Int64
  var header: DatagramHeader?
  var layers = LayerPath()
  private(set) var state = State.open
  private var store = FragmentStore()
  /// Digests of fragments, with a seed of the process.
  private var seen: Set<Int> = []
  private var total: Int?

  /// What a datagram takes besides its fragments, and a digest in a set that is as full as it gets.
  private static let overhead = 384
  private static let digestCost = 11

  init(key: Defragmenter.Key, created: Int64) {
    self.key = key
    self.created = created
  }

  /// Bytes of memory.
  var cost: Int { Self.overhead &+ store.cost &+ seen.capacity &* Self.digestCost }

  /// Takes the bytes of a fragment that lies at `range`; they may be fewer, where the capture cut it.
  ///
  /// - Parameter policy: which copy of a byte wins; nil forbids overlaps.
  func insert(_ bytes: [UInt8], _ range: Range<Int>, isLast: Bool, policy: FragmentPolicy?) -> Outcome {
    if let total, range.upperBound > total || (isLast && range.upperBound != total) { return .malformed }
    // A copy is exact only if it is the last fragment as the first one was.
    let hasSameRole = isLast == (total == range.upperBound)
    if isLast, total == nil {
      if store.end > range.upperBound { return .malformed }
      total = range.upperBound
      store.close(at: range.upperBound)
    }
    let meeting = store.meet(bytes, range, mayRepeat: hasSameRole || policy != nil)
    if meeting == .repetition { return .duplicate }
    if meeting == .overlap, policy == nil { return .forbidden }
    seen.insert(Self.digest(bytes, range))
    store.insert(bytes, range, policy: policy ?? .first)
    return meeting == .overlap ? .overlapped : .stored
  }

  /// The datagram, once every fragment is there; then its bytes are let go. Where the capture cut a fragment, it ends there.
  func assemble() -> Assembly {
    guard state == .open, let total, store.isWhole, let header else { return .incomplete }
    var packet: [UInt8] = []
    guard header.append(forPayloadLength: total, to: &packet) else { return .oversized }
    let originalLength = packet.count &+ total
    store.append(to: &packet)
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
