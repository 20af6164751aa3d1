import Capture
import Packets

/// The end of a capture that was asked to end: what the kernel had captured by then is still read.
struct StopPoint {
  /// Packets wait in the kernel for no longer than this, with some room.
  private static let longest = (Int64(LiveSettings.readTimeout) + 150) * 1_000_000

  private var askedAt: Int64?
  private var time = Timestamp(nanoseconds: .max)

  var isAsked: Bool { askedAt != nil }

  /// The end was asked for; the first time counts.
  mutating func ask(_ now: Int64) {
    guard askedAt == nil else { return }
    askedAt = now
    time = RealTime.present
  }

  /// Everything up to the moment was read, or has had the time to come.
  func isReached(_ now: Int64, last: Timestamp?) -> Bool {
    guard let askedAt else { return false }
    if let last, last >= time { return true }
    return now - askedAt >= Self.longest
  }
}
