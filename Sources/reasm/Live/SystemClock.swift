import Glibc
import Packets

/// The two clocks of the system, which only a live run reads.
enum SystemClock {
  /// Nanoseconds of a clock that is never set.
  static var monotonic: Int64 { nanoseconds(of: CLOCK_MONOTONIC) }

  /// Time of day, as the kernel stamps packets with it.
  static var present: Timestamp { Timestamp(nanoseconds: nanoseconds(of: CLOCK_REALTIME)) }

  private static func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// Current time in UTC as part of a name: `20231114T221320Z`.
  static var name: String {
    var seconds = time(nil)
    var fields = tm()
    gmtime_r(&seconds, &fields)
    var text = [CChar](repeating: 0, count: 32)
    let length = strftime(&text, text.count, "%Y%m%dT%H%M%SZ", &fields)
    return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
