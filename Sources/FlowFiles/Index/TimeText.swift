internal import Packets

extension [UInt8] {
  /// Appends a time in the format of RFC 3339, UTC: `2023-11-14T22:13:20.001000000Z`, or without the fraction.
  mutating func append(time: Timestamp, fraction: Bool = true) {
    append(addingCapacity: OutputSpan<UInt8>.timeRoom) { $0.append(time: time, fraction: fraction) }
  }

  /// Appends nanoseconds as seconds with nine decimal places: `-0.500000000`.
  mutating func append(seconds nanoseconds: Int64) {
    append(addingCapacity: OutputSpan<UInt8>.secondsRoom) { $0.append(seconds: nanoseconds) }
  }
}

extension OutputSpan<UInt8> {
  /// Greatest number of bytes that `append(seconds:)` writes.
  static var secondsRoom: Int { 22 }

  /// Appends nanoseconds as seconds with nine decimal places: `-0.500000000`.
  @_lifetime(self: copy self)
  mutating func append(seconds nanoseconds: Int64) {
    if nanoseconds < 0 { append(0x2d) }
    let (seconds, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    append(decimal: seconds)
    append(0x2e)
    append(lastDigits: 9, of: rest)
  }

  /// Greatest number of bytes that `append(time:fraction:)` writes.
  static var timeRoom: Int { 30 }

  /// Appends a time in the format of RFC 3339, UTC: `2023-11-14T22:13:20.001000000Z`, or without the fraction.
  @_lifetime(self: copy self)
  mutating func append(time: Timestamp, fraction: Bool = true) {
    let civil = CivilTime(time)
    append(lastDigits: 4, of: UInt64(civil.year))
    append(0x2d)
    append(lastDigits: 2, of: UInt64(civil.month))
    append(0x2d)
    append(lastDigits: 2, of: UInt64(civil.day))
    append(0x54)
    append(lastDigits: 2, of: UInt64(civil.secondOfDay / 3_600))
    append(0x3a)
    append(lastDigits: 2, of: UInt64(civil.secondOfDay / 60 % 60))
    append(0x3a)
    append(lastDigits: 2, of: UInt64(civil.secondOfDay % 60))
    if fraction {
      append(0x2e)
      append(lastDigits: 9, of: UInt64(civil.nanosecond))
    }
    append(0x5a)
  }
}
