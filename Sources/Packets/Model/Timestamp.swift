/// Time of a packet in nanoseconds since 1970-01-01T00:00:00Z, as the capture states it.
///
/// Times of microsecond captures are multiplied by 1 000. The range is that of 64 bits: 1677 to 2262.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Nanoseconds since 1970.
  public var nanoseconds: Int64

  /// Creates a time.
  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Returns whether `a` is earlier than `b`.
  @inlinable
  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }
}

extension Timestamp: CustomStringConvertible {
  /// Text in the format of RFC 3339, UTC, with nanoseconds: `2023-11-14T22:13:20.001000000Z`.
  public var description: String {
    let civil = CivilTime(self)
    func digits(_ value: Int64, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    let date = "\(digits(civil.year, 4))-\(digits(civil.month, 2))-\(digits(civil.day, 2))"
    let second = civil.secondOfDay
    let time = "\(digits(second / 3_600, 2)):\(digits(second / 60 % 60, 2)):\(digits(second % 60, 2))"
    return "\(date)T\(time).\(digits(civil.nanosecond, 9))Z"
  }
}

/// A point in time as fields of the Gregorian calendar, UTC.
///
/// It exists for every `Timestamp`: the 64 bits reach from 1677 to 2262, so the year has four digits and nothing overflows.
package struct CivilTime {
  package var year: Int64
  package var month: Int64
  package var day: Int64
  package var secondOfDay: Int64
  package var nanosecond: Int64

  package init(_ time: Timestamp) {
    let billion: Int64 = 1_000_000_000
    let seconds = Self.floorQuotient(time.nanoseconds, billion)
    nanosecond = time.nanoseconds &- seconds &* billion
    let days = Self.floorQuotient(seconds, 86_400)
    secondOfDay = seconds &- days &* 86_400
    // Years begin in March, so that the leap day is the last day of its year; 146 097 days make 400 years.
    let shifted = days &+ 719_468
    let era = Self.floorQuotient(shifted, 146_097)
    let dayOfEra = shifted &- era &* 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Returns the whole seconds since 1970, rounded down.
  package static func seconds(of time: Timestamp) -> Int64 { floorQuotient(time.nanoseconds, 1_000_000_000) }

  private static func floorQuotient(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }
}
