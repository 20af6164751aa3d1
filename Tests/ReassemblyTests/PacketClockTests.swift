import Packets
import Testing

@testable import Reassembly

/// The steps of the clock, at the ends of what a capture can state too.
@Suite struct PacketClockTests {
  private static let hour: Int64 = 3_600_000_000_000

  private static func clock(_ times: [Int64]) -> (now: Int64, jumps: UInt64) {
    var clock = PacketClock()
    for time in times { clock.advance(to: Timestamp(nanoseconds: time)) }
    return (clock.now, clock.jumps)
  }

  @Test(
    arguments: [
      ([], 0, 0), ([5], 0, 0), ([5, 5], 0, 0), ([5, 9, 12], 7, 0), ([5, hour + 5], hour, 0), ([5, hour + 6], hour, 1), ([5, 4, 10], 6, 1),
      ([-3, 4], 7, 0), ([.min, .max], hour, 1), ([.max, .min, 0], hour, 2), ([0, .max, 0, .max, 0], 2 * hour, 4), ([.max, 0], 0, 1),
      ([.max, 0, .max, 0], hour, 3), ([.max, .max], 0, 0), ([.min, .min + 1], 1, 0), ([.max - 2, .max - 1], 1, 0),
    ] as [([Int64], Int64, UInt64)])
  func steps(times: [Int64], now: Int64, jumps: UInt64) {
    let (found, counted) = Self.clock(times)
    #expect(found == now)
    #expect(counted == jumps)
  }

  @Test func itStandsStillAtItsEnd() {
    var clock = PacketClock()
    for step in 0..<1_300_000 as Range<Int64> { clock.advance(to: Timestamp(nanoseconds: .min + step * Self.hour)) }
    #expect(clock.now == 1 << 62)
    #expect(clock.jumps == 0)
  }
}
