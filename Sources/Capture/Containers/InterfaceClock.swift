internal import Packets

/// Turns the ticks of a pcapng interface into nanoseconds.
struct InterfaceClock {
  /// Ticks in a second; 0 where 64 bits cannot count them, and no time of the interface is known.
  private var ticksPerSecond: UInt64 = 1_000_000
  /// Nanoseconds in a tick, where that is a whole number; 0 elsewhere.
  private var unit: UInt64 = 1000
  /// Seconds to add.
  var offset: Int64 = 0

  /// Takes the value of the option `if_tsresol`: a power of 10, or with the highest bit of 2.
  mutating func setResolution(_ value: UInt8) {
    let exponent = Int(value & 0x7f)
    if value & 0x80 != 0 {
      ticksPerSecond = exponent < 64 ? 1 << UInt64(exponent) : 0
    } else {
      ticksPerSecond = exponent < 20 ? (0..<exponent).reduce(1) { power, _ in power * 10 } : 0
    }
    unit = ticksPerSecond != 0 && 1_000_000_000 % ticksPerSecond == 0 ? 1_000_000_000 / ticksPerSecond : 0
  }

  /// The time of a tick.
  /// - Returns: nil where it is not known: the unit is out of range, or the time is before 1677 or after 2262.
  @inline(__always)
  func time(_ ticks: UInt64) -> Timestamp? {
    if unit != 0 && offset == 0 {
      let (nanoseconds, overflow) = ticks.multipliedReportingOverflow(by: unit)
      return overflow || nanoseconds > UInt64(Int64.max) ? nil : Timestamp(nanoseconds: Int64(bitPattern: nanoseconds))
    }
    return inAnyUnit(ticks)
  }

  /// 128 bits hold every intermediate: 2⁶⁴ ticks are below 2⁹⁴ nanoseconds, and so is the offset.
  private func inAnyUnit(_ ticks: UInt64) -> Timestamp? {
    guard ticksPerSecond != 0 else { return nil }
    let nanoseconds = Int128(ticks) * 1_000_000_000 / Int128(ticksPerSecond) + Int128(offset) * 1_000_000_000
    return Int64(exactly: nanoseconds).map(Timestamp.init(nanoseconds:))
  }
}
