import Reassembly

/// What must come of the fragments of one datagram: a map from offset to byte and its fragment's extent.
///
/// It stops when the datagram is whole: what comes later belongs to the next one.
struct FragmentModel {
  private struct Owned {
    var value: UInt8
    var start: Int
    var end: Int
  }

  private let isIPv6: Bool
  private let policy: FragmentPolicy
  private var owners: [Int: Owned] = [:]
  /// Fragments that were taken, to know a copy of one.
  private var taken: [(start: Int, bytes: [UInt8], isLast: Bool)] = []
  private var total: Int?
  private var isOver = false

  init(isIPv6: Bool, _ policy: FragmentPolicy) {
    self.isIPv6 = isIPv6
    self.policy = policy
  }

  /// Whether the engine can be held to the answer: nothing came after the datagram was whole.
  func isFollowed(_ answer: [UInt8]?) -> Bool { answer != nil || !isOver }

  /// Takes a fragment; answers the datagram that it completes.
  mutating func take(_ payload: [UInt8], at start: Int, isLast: Bool) -> [UInt8]? {
    var bytes = payload
    if !isLast, bytes.count % 8 != 0 {
      if isIPv6 { return nil }
      bytes.removeLast(bytes.count % 8)
    }
    let end = start + bytes.count
    guard !isOver, !bytes.isEmpty else { return nil }
    if let total, end > total || (isLast && end != total) { return nil }
    if isLast, total == nil {
      guard (owners.keys.max() ?? -1) < end else { return nil }
      total = end
    }
    if isIPv6, (start..<end).contains(where: { owners[$0] != nil }) {
      // A copy changes nothing; any other overlap ends the datagram (RFC 5722).
      if !taken.contains(where: { $0.start == start && $0.bytes == bytes && $0.isLast == isLast }) { isOver = true }
      return nil
    }
    taken.append((start, bytes, isLast))
    for (index, value) in bytes.enumerated() {
      if let owner = owners[start + index], !wins(start, end, against: owner) { continue }
      owners[start + index] = Owned(value: value, start: start, end: end)
    }
    #if PLANTED_BUG
      if start == 40 { owners[41]?.value ^= 1 }
    #endif
    guard let total, owners.count == total else { return nil }
    isOver = true
    return (0..<total).compactMap { owners[$0]?.value }
  }

  private func wins(_ start: Int, _ end: Int, against owner: Owned) -> Bool {
    switch policy {
    case .first: false
    case .last: true
    case .bsd: start < owner.start
    case .linux: start <= owner.start
    case .windows: start < owner.start && end > owner.end
    case .solaris: start < owner.start && end >= owner.end
    }
  }
}
