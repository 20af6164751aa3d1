import Packets

/// How many packets were passed over, by what they hold instead of TCP. The kinds are bounded, the counts are not.
struct PassedOverTally {
  typealias Kind = (kind: PassedOver, packets: UInt64)

  /// A sender can make up any number of kinds.
  static let mostKinds = 64

  private var kinds: [Kind] = []
  /// Packets of kinds that came when there was no more room.
  private(set) var others: UInt64 = 0

  /// O(1) for a kind that comes often: the more frequent ones stand in front.
  mutating func count(_ kind: PassedOver) {
    guard let place = kinds.firstIndex(where: { $0.kind == kind }) else {
      if kinds.count < Self.mostKinds { kinds.append((kind, 1)) } else { others &+= 1 }
      return
    }
    kinds[place].packets &+= 1
    if place > 0, kinds[place].packets > kinds[place - 1].packets { kinds.swapAt(place, place - 1) }
  }

  /// The largest first; of equal ones that with the smaller number.
  var largestFirst: [Kind] {
    kinds.sorted { a, b in
      if a.packets != b.packets { return a.packets > b.packets }
      return (a.kind.layer.rawValue, a.kind.number) < (b.kind.layer.rawValue, b.kind.number)
    }
  }

  /// Packets in which TCP may be hidden.
  var mayHoldTCP: UInt64 { kinds.reduce(others) { $1.kind.mayHoldTCP ? $0 &+ $1.packets : $0 } }
}
