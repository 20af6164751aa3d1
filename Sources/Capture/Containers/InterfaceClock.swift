internal import Packets

/// Turns the ticks of a pcapng interface into nanoseconds.
struct InterfaceClock {
  /// Ticks in a second.
  private var ticksPerSecond: UInt64 = 1_000_000
  /// Nanoseconds in a tick, where that is a whole number; 0 elsewhere.
  private var unit: UInt64 = 1000
  /// Seconds to add.
  var offset: Int64 = 0

  /// Takes the value of the option `if_tsresol`: a power of 10, or with the highest bit of 2.
  ///
  /// - Returns: `false` where 64 bits cannot count such ticks.
  mutating func setResolution(_ value: UInt8) -> Bool {
    let exponent = Int(value & 0x7f)
    if value & 0x80 != 0 {
      guard exponent < 64 else { return false }
      ticksPerSecond = 1 << UInt64(exponent)
    } else {
      guard exponent < 20 else { return false }
      ticksPerSecond = (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
    unit = 1_000_000_000 % ticksPerSecond == 0 ? 1_000_000_000 / ticksPerSecond : 0
    return true
  }

  /// The time of a tick, held at the ends of its range.
  @inline(__always)
  func time(_ ticks: UInt64) -> Timestamp {
    if unit != 0 && offset == 0 {
      let (nanoseconds, overflow) = ticks.multipliedReportingOverflow(by: unit)
      return Timestamp(nanoseconds: overflow ? .max : Int64(clamping: nanoseconds))
    }
    return inAnyUnit(ticks)
  }

  /// 128 bits hold every intermediate: 2⁶⁴ ticks are below 2⁹⁴ nanoseconds, and so is the offset.
  private func inAnyUnit(_ ticks: UInt64) -> Timestamp {
    let nanoseconds = Int128(ticks) * 1_000_000_000 / Int128(ticksPerSecond) + Int128(offset) * 1_000_000_000
    return Timestamp(nanoseconds: Int64(clamping: nanoseconds))
  }
}
