import Packets

/// Numbers of packets that were passed over, by content.
///
/// The number of kinds is bounded, and the counts are not.
struct PassedOverTally {
  typealias Kind = (kind: PassedOver, packets: UInt64)

  /// Maximum number of kinds, because a sender can invent any number of them.
  static let mostKinds = 64

  private var kinds: [Kind] = []
  /// Number of packets whose kind is not counted, because the maximum number of kinds was reached.
  private(set) var others: UInt64 = 0

  /// Counts a packet.
  ///
  /// O(1) for a frequent kind: the more frequent kinds are at the front.
  mutating func count(_ kind: PassedOver) {
    guard let place = kinds.firstIndex(where: { $0.kind == kind }) else {
      if kinds.count < Self.mostKinds { kinds.append((kind, 1)) } else { others &+= 1 }
      return
    }
    kinds[place].packets &+= 1
    if place > 0, kinds[place].packets > kinds[place - 1].packets { kinds.swapAt(place, place - 1) }
  }

  /// Kinds by number of packets, the largest first; equal ones in the order of their numbers.
  var largestFirst: [Kind] {
    kinds.sorted { a, b in
      if a.packets != b.packets { return a.packets > b.packets }
      return (a.kind.layer.rawValue, a.kind.number) < (b.kind.layer.rawValue, b.kind.number)
    }
  }

  /// Number of packets that may hold TCP.
  var mayHoldTCP: UInt64 { kinds.reduce(others) { $1.kind.mayHoldTCP ? $0 &+ $1.packets : $0 } }
}
