import Capture
import Packets

/// The end of a capture that was asked to end: what the kernel had captured by then is still read.
struct StopPoint {
  /// After this a packet is to be had from the kernel, with some room.
  private static let delay = (Int64(LiveSettings.readTimeout) + 150) * 1_000_000
  /// Where time stamps do not tell and packets never stop coming.
  private static let longest: Int64 = 10_000_000_000

  /// Whether packets are stamped by the system's clock.
  private let isSystemTime: Bool

  private var askedAt: Int64?
  private var time = Timestamp(nanoseconds: .max)

  var isAsked: Bool { askedAt != nil }

  init(timeStampType: String?) { isSystemTime = timeStampType?.hasPrefix("host") ?? true }

  /// The end was asked for; the first time counts.
  mutating func ask(_ now: Int64) {
    guard askedAt == nil else { return }
    askedAt = now
    time = RealTime.present
  }

  /// Everything up to that moment was read.
  ///
  /// `last` is the time stamp of what was read just now, nil where nothing was there.
  func isReached(_ now: Int64, last: Timestamp?) -> Bool {
    guard let askedAt else { return false }
    guard let last else { return now - askedAt >= Self.delay }
    return isSystemTime ? last >= time : now - askedAt >= Self.longest
  }
}
