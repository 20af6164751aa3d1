public import Packets

/// A point in time, split into the fields of the Gregorian calendar, UTC.
///
/// Every `Timestamp` has one: its 64 bits reach from 1677 to 2262, so the year has four digits and nothing here can overflow.
struct CivilTime {
  var year: Int64
  var month: Int64
  var day: Int64
  var secondOfDay: Int64
  var nanosecond: Int64

  init(_ time: Timestamp) {
    let billion: Int64 = 1_000_000_000
    let seconds = Self.floorQuotient(time.nanoseconds, billion)
    nanosecond = time.nanoseconds &- seconds &* billion
    let days = Self.floorQuotient(seconds, 86_400)
    secondOfDay = seconds &- days &* 86_400
    // Years are counted from March, so that the leap day is the last of its year; 146 097 days make 400 years.
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

  /// Whole seconds since 1970, rounded down.
  static func seconds(of time: Timestamp) -> Int64 { floorQuotient(time.nanoseconds, 1_000_000_000) }

  private static func floorQuotient(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }
}

extension [UInt8] {
  /// RFC 3339, UTC: `2023-11-14T22:13:20.001000000Z`, or without the fraction.
  mutating func append(time: Timestamp, fraction: Bool = true) {
    append(addingCapacity: OutputSpan<UInt8>.timeRoom) { $0.append(time: time, fraction: fraction) }
  }
}

extension OutputSpan<UInt8> {
  /// Most bytes that `append(time:fraction:)` writes.
  static var timeRoom: Int { 30 }

  /// RFC 3339, UTC: `2023-11-14T22:13:20.001000000Z`, or without the fraction.
  @_lifetime(self: copy self)
  mutating func append(time: Timestamp, fraction: Bool = true) {
    let civil = CivilTime(time)
    append(decimal: UInt64(civil.year), width: 4)
    append(0x2d)
    append(decimal: UInt64(civil.month), width: 2)
    append(0x2d)
    append(decimal: UInt64(civil.day), width: 2)
    append(0x54)
    append(decimal: UInt64(civil.secondOfDay / 3_600), width: 2)
    append(0x3a)
    append(decimal: UInt64(civil.secondOfDay / 60 % 60), width: 2)
    append(0x3a)
    append(decimal: UInt64(civil.secondOfDay % 60), width: 2)
    if fraction {
      append(0x2e)
      append(decimal: UInt64(civil.nanosecond), width: 9)
    }
    append(0x5a)
  }
}

extension Timestamp {
  /// RFC 3339, UTC, nanoseconds: `2023-11-14T22:13:20.001000000Z`, 30 characters.
  public var text: String {
    var text: [UInt8] = []
    text.append(time: self)
    return String(decoding: text, as: UTF8.self)
  }
}
