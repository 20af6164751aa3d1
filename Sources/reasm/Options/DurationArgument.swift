import ArgumentParser
import Reassembly

/// Duration in packet time as on the command line: `250ms`, `30s`, `5m`, `24h`, `7d`, or a number of seconds; `0` means none.
struct DurationArgument: Hashable, CustomStringConvertible {
  /// Duration; nil if `0` disables the timer.
  var duration: PacketDuration?

  init(_ duration: PacketDuration?) { self.duration = duration }

  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
  ]

  init(parsing text: String) throws {
    if text == "0" {
      duration = nil
      return
    }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let suffix = digits.count == text.count ? "s" : text.dropFirst(digits.count)
    let unit = Self.units.first { $0.name == suffix }
    guard let unit, let number = Int64(digits) else {
      throw ValidationError("a duration is a whole number of seconds, or one with ms, s, m, h or d, such as 250ms or 5m; 0 means none")
    }
    let (nanoseconds, overflow) = number.multipliedReportingOverflow(by: unit.nanoseconds)
    guard !overflow else { throw ValidationError("longer than the 292 years that packet time can hold; 0 means none") }
    duration = nanoseconds == 0 ? nil : PacketDuration(nanoseconds: nanoseconds)
  }

  /// Text in the largest unit that yields a whole number.
  var description: String {
    guard let nanoseconds = duration?.nanoseconds else { return "0" }
    let unit = Self.units.last { nanoseconds % $0.nanoseconds == 0 } ?? Self.units[0]
    return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
  }
}
