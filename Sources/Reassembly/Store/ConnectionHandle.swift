import Packets

/// Where a connection lives: the address of its slot, which never moves, so that whoever holds one reaches the connection without a search.
///
/// Only `ConnectionSlab` makes one and looks behind it; it is good from `take` until `giveBack`.
struct ConnectionIndex: Hashable {
  var address: UInt
  static let none = ConnectionIndex(address: 0)
  var exists: Bool { address != 0 }
}

/// Where a direction lives: its address, which is even, with the side in bit 0. Connection and other direction lie at fixed distances.
struct HalfIndex: Hashable {
  private var bits: UInt
  static let none = HalfIndex(bits: 0)
  var exists: Bool { bits != 0 }

  private init(bits: UInt) { self.bits = bits }

  /// A direction of a connection that exists.
  @inline(__always)
  init(_ connection: ConnectionIndex, _ side: Side) {
    bits = connection.address &+ Self.distance(of: side) | UInt(side.rawValue)
  }

  /// From the connection to one of its directions.
  @inline(__always)
  private static func distance(of side: Side) -> UInt {
    UInt(bitPattern: ConnectionSlab.halfOffset &+ (side == .originator ? 0 : ConnectionSlab.halfStride))
  }

  @inline(__always) var address: UInt { bits & ~1 }
  @inline(__always) var side: Side { bits & 1 == 0 ? .originator : .responder }
  @inline(__always) var connection: ConnectionIndex { ConnectionIndex(address: address &- Self.distance(of: side)) }
  @inline(__always) var other: HalfIndex {
    let stride = UInt(bitPattern: ConnectionSlab.halfStride) | 1
    return HalfIndex(bits: side == .originator ? bits &+ stride : bits &- stride)
  }
}
