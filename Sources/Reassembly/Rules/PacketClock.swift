import Packets

/// Packet clock: advances by the time between packets, never backwards and never by more than an hour at once.
///
/// It starts at 0 with the first packet and stops at 2^62 ns (146 years), which only invented times can reach.
///
/// Rules, section 2: Connections.
struct PacketClock {
  /// Nanoseconds since the first packet.
  private(set) var now: Int64 = 0
  /// Capture time of the last packet; `.max` before the first.
  private var last = Int64.max
  /// Number of steps that went backwards or exceeded an hour.
  private(set) var jumps: UInt64 = 0

  private static let longestStep: Int64 = 3_600_000_000_000
  private static let end: Int64 = 1 << 62

  /// A time on the clock, in the units of `QueuedSegment.arrival`.
  static func arrival(at time: Int64) -> UInt64 { time <= 0 ? 0 : UInt64(time) >> 6 }

  var arrival: UInt64 { Self.arrival(at: now) }

  @inline(always)
  mutating func advance(to time: Timestamp) {
    let time = min(time.nanoseconds, .max - 1)
    // If the times are in order, their distance fits into 64 bits without a sign.
    if time >= last, UInt64(bitPattern: time &- last) <= UInt64(Self.longestStep) {
      now = min(now &+ (time &- last), Self.end)
    } else {
      jump(to: time)
    }
    last = time
  }

  @inline(never)
  private mutating func jump(to time: Int64) {
    guard last != .max else { return }
    jumps &+= 1
    if time > last { now = min(now &+ Self.longestStep, Self.end) }
  }
}
