import Packets

/// Where a connection lives: the address of its slot, which never moves, so that whoever holds one reaches the connection without a search.
///
/// Only `ConnectionSlab` makes one and looks behind it; it is good from `take` until `giveBack`.
struct ConnectionIndex: Hashable {
  var address: UInt
  static let none = ConnectionIndex(address: 0)
  var exists: Bool { address != 0 }
}

/// Where a direction lives: the address of its connection's slot, which is even, with the side in bit 0.
struct HalfIndex: Hashable {
  private var bits: UInt
  static let none = HalfIndex(.none, .originator)
  var exists: Bool { bits != 0 }

  init(_ connection: ConnectionIndex, _ side: Side) { bits = connection.address | UInt(side.rawValue) }

  var connection: ConnectionIndex { ConnectionIndex(address: bits & ~1) }
  var side: Side { bits & 1 == 0 ? .originator : .responder }
  var other: HalfIndex {
    var other = self
    other.bits ^= 1
    return other
  }
}
