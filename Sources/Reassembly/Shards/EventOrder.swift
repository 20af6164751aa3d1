/// Order of the events of assemblers with shards: it tells where an event stands among those of one assembler without a shard.
///
/// An event is whatever a stream is told. Each assembler has its events in order; those of several are merged by their places.
///
/// Its properties are reached several times for a packet that is passed over. Each access ends before another begins, on one thread, so that
/// no check of exclusivity is needed.
package final class EventOrder {
  /// Place of the present event.
  @exclusivity(unchecked) package private(set) var place = EventPlace()
  /// Largest number of connections that were known at once, those in time-wait included.
  @exclusivity(unchecked) package private(set) var mostConnections = 0
  /// Largest number of bytes that were queued and kept at once.
  @exclusivity(unchecked) package private(set) var mostBytes = 0

  /// Creates an order whose first packet is yet to come.
  package init() {}

  /// Begins a packet, whether a filter takes it or not; the timers that its time makes due run before its segments are handled.
  package func beginPacket() { place = EventPlace(packet: place.packet &+ 1, step: .timer) }

  /// Begins to handle the segments of the packet.
  func beginSegments() { place = EventPlace(packet: place.packet, step: .segment) }

  /// Begins the next segment of the packet, of whatever shard.
  func beginSegment() { place.number &+= 1 }

  /// Begins to handle a timer.
  ///
  /// - Parameters:
  ///   - kind: the kind of the timer: of timers that are due at the same time, lower ones run first.
  ///   - due: the time at which it is due.
  ///   - rank: the id of its connection, and the number of its direction in the lowest bit.
  func beginTimer(_ kind: UInt8, due: Int64, rank: UInt64) {
    place.kind = kind
    place.number = due
    place.rank = rank
  }

  /// Begins to complete an open connection, because the input has ended.
  func beginEnd(of id: UInt64) { place = EventPlace(packet: place.packet, step: .end, rank: id << 1) }

  /// Notes how much memory is in use.
  func note(connections: Int, bytes: Int) {
    mostConnections = max(mostConnections, connections)
    mostBytes = max(mostBytes, bytes)
  }
}

/// Place of an event in the order of events.
package struct EventPlace: Hashable, Sendable {
  /// Step in which an event happens, in the order of time.
  package enum Step: UInt8, Sendable {
    /// A timer is due at the time of a packet.
    case timer
    /// A segment of the packet is handled.
    case segment
    /// The input has ended.
    case end
  }

  /// Number of the packet, counted from 1 over all inputs.
  package var packet: UInt64
  /// Step of the packet.
  package var step: Step
  /// Due time of a timer; number of a segment among those of its packet.
  package var number: Int64
  /// Kind of a timer.
  package var kind: UInt8
  /// Id of the connection of a timer, and the number of the direction in the lowest bit; the same for a connection at the end.
  package var rank: UInt64

  /// Creates a place from its parts.
  package init(packet: UInt64 = 0, step: Step = .timer, number: Int64 = 0, kind: UInt8 = 0, rank: UInt64 = 0) {
    self.packet = packet
    self.step = step
    self.number = number
    self.kind = kind
    self.rank = rank
  }
}

extension EventPlace: Comparable {
  /// Whether the event at `a` happens before the one at `b`.
  package static func < (a: Self, b: Self) -> Bool {
    if a.packet != b.packet { return a.packet < b.packet }
    if a.step != b.step { return a.step.rawValue < b.step.rawValue }
    if a.number != b.number { return a.number < b.number }
    return a.kind != b.kind ? a.kind < b.kind : a.rank < b.rank
  }
}
