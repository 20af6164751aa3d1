import Capture
import Packets

/// End of a live capture that a signal or a limit asked for: packets that the kernel had captured by then are still read.
struct CaptureEnd {
  /// Time in nanoseconds after which the kernel has delivered every packet that it had captured.
  private static let delay = (Int64(LiveSettings.readTimeout) + 150) * 1_000_000
  /// Longest time in nanoseconds that packets are still read, if their time stamps do not come from the system's clock.
  private static let longest: Int64 = 10_000_000_000

  /// Whether packets are stamped by the system's clock.
  private let isSystemTime: Bool

  private var askedAt: Int64?
  private var time = Timestamp(nanoseconds: .max)

  var isAsked: Bool { askedAt != nil }

  init(timeStampType: String?) { isSystemTime = timeStampType?.hasPrefix("host") ?? true }

  /// Records that the end was asked for; the first time counts.
  mutating func ask(_ now: Int64) {
    guard askedAt == nil else { return }
    askedAt = now
    time = SystemClock.present
  }

  /// Whether every packet up to that moment was read.
  ///
  /// - Parameters:
  ///   - now: the monotonic time in nanoseconds.
  ///   - last: the time stamp of the packet that was read just now; nil if there was none.
  /// - Returns: false also if the end was not asked for.
  func isReached(_ now: Int64, last: Timestamp?) -> Bool {
    guard let askedAt else { return false }
    guard let last else { return now - askedAt >= Self.delay }
    return isSystemTime ? last >= time : now - askedAt >= Self.longest
  }
}
