import Packets

/// Packet time: goes on by the difference between packets, never backwards and never by more than an hour at once.
///
/// It starts at 0 with the first packet and stands still at 2^62 ns (146 years), which only invented times can reach.
struct PacketClock {
  /// Nanoseconds since the first packet.
  private(set) var now: Int64 = 0
  private var last: Int64?
  /// Steps that went backwards or exceeded an hour.
  private(set) var jumps: UInt64 = 0

  private static let longestStep: Int64 = 3_600_000_000_000
  private static let end: Int64 = 1 << 62

  /// A time on the clock in the units of `Piece.arrival`.
  static func arrival(at time: Int64) -> UInt64 { time <= 0 ? 0 : UInt64(time) >> 6 }

  var arrival: UInt64 { Self.arrival(at: now) }

  @inline(always)
  mutating func advance(to time: Timestamp) {
    guard let last else {
      self.last = time.nanoseconds
      return
    }
    let (step, overflow) = time.nanoseconds.subtractingReportingOverflow(last)
    self.last = time.nanoseconds
    if overflow || step < 0 || step > Self.longestStep {
      jumps &+= 1
      guard time.nanoseconds > last else { return }
      now = min(now &+ Self.longestStep, Self.end)
    } else {
      now = min(now &+ step, Self.end)
    }
  }
}
