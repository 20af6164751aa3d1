import Capture
import Packets

/// Packet time while no packets arrive.
///
/// It is the time of the last packet plus the time since then: the network card may stamp packets with a clock of its own, and the system's
/// clock may be set. Twice the longest delay in the kernel is subtracted, so that a packet that still waits there is not older.
struct IdleClock {
  private static let margin = 2 * Int64(LiveSettings.readTimeout) * 1_000_000

  private var last: Timestamp?
  private var readAt: Int64 = 0

  /// Records that a packet with this time stamp was read.
  mutating func packet(at time: Timestamp, now: Int64) {
    last = time
    readAt = now
  }

  /// Returns the current packet time; nil before the first packet, and while it may be no later than the time of the last one.
  func present(_ now: Int64) -> Timestamp? {
    guard let last, now - readAt > Self.margin else { return nil }
    return Timestamp(nanoseconds: last.nanoseconds &+ (now - readAt - Self.margin))
  }
}
