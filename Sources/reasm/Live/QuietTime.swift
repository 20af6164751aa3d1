import Capture
import Packets

/// What time it is on the packets' clock while none comes.
///
/// It is that of the last packet and the time since: time stamps may come from a clock of the network card, and somebody may set the
/// system's. A packet that still waits in the kernel must not turn out older, so that the longest wait, twice, is taken off.
struct QuietTime {
  private static let margin = 2 * Int64(LiveSettings.readTimeout) * 1_000_000

  private var last: Timestamp?
  private var readAt: Int64 = 0

  /// A packet with this time stamp was read.
  mutating func packet(at time: Timestamp, now: Int64) {
    last = time
    readAt = now
  }

  /// nil before the first packet, and while it may be no later than the last one.
  func present(_ now: Int64) -> Timestamp? {
    guard let last, now - readAt > Self.margin else { return nil }
    return Timestamp(nanoseconds: last.nanoseconds &+ (now - readAt - Self.margin))
  }
}
