import Packets

/// Number of a connection in the pool.
struct ConnectionIndex: Hashable {
  var rawValue: UInt32
  static let none = ConnectionIndex(rawValue: .max)
  var exists: Bool { rawValue != .max }
}

/// Number of a direction in the pool: twice the connection's, plus the side.
struct HalfIndex: Hashable {
  var rawValue: UInt32
  static let none = HalfIndex(rawValue: .max)
  var exists: Bool { rawValue != .max }

  init(rawValue: UInt32) { self.rawValue = rawValue }
  init(_ connection: ConnectionIndex, _ side: Side) { rawValue = connection.rawValue &* 2 &+ UInt32(side.rawValue) }

  var connection: ConnectionIndex { ConnectionIndex(rawValue: rawValue >> 1) }
  var side: Side { rawValue & 1 == 0 ? .originator : .responder }
  var other: HalfIndex { HalfIndex(rawValue: rawValue ^ 1) }
}
