internal import Packets

/// Clock that converts the ticks of a pcapng interface to nanoseconds.
struct InterfaceClock {
  /// Ticks per second; 0 if 64 bits cannot hold them, which makes every time of the interface unknown.
  private var ticksPerSecond: UInt64 = 1_000_000
  /// Nanoseconds per tick if that is a whole number, else 0.
  private var unit: UInt64 = 1000
  /// Seconds that are added to every time.
  var offset: Int64 = 0

  /// Sets the resolution from the option `if_tsresol`: a power of 10, or a power of 2 if the highest bit is set.
  mutating func setResolution(_ value: UInt8) {
    let exponent = Int(value & 0x7f)
    if value & 0x80 != 0 {
      ticksPerSecond = exponent < 64 ? 1 << UInt64(exponent) : 0
    } else {
      ticksPerSecond = exponent < 20 ? (0..<exponent).reduce(1) { power, _ in power * 10 } : 0
    }
    unit = ticksPerSecond != 0 && 1_000_000_000 % ticksPerSecond == 0 ? 1_000_000_000 / ticksPerSecond : 0
  }

  /// Returns the time of a tick.
  ///
  /// - Parameter ticks: the number of ticks.
  /// - Returns: the time; nil if the unit is out of range, or the time is before 1677 or after 2262.
  @inline(__always)
  func time(_ ticks: UInt64) -> Timestamp? {
    if unit != 0 && offset == 0 {
      let (nanoseconds, overflow) = ticks.multipliedReportingOverflow(by: unit)
      return overflow || nanoseconds > UInt64(Int64.max) ? nil : Timestamp(nanoseconds: Int64(bitPattern: nanoseconds))
    }
    return inAnyUnit(ticks)
  }

  /// Returns the time of a tick for any resolution.
  ///
  /// 128 bits hold every intermediate result: 2⁶⁴ ticks are below 2⁹⁴ nanoseconds, and so is the offset.
  private func inAnyUnit(_ ticks: UInt64) -> Timestamp? {
    guard ticksPerSecond != 0 else { return nil }
    let nanoseconds = Int128(ticks) * 1_000_000_000 / Int128(ticksPerSecond) + Int128(offset) * 1_000_000_000
    return Int64(exactly: nanoseconds).map(Timestamp.init(nanoseconds:))
  }
}
