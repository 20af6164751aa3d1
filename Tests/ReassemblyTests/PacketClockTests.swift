import Packets
import TestSupport
import Testing

@testable import Reassembly

/// The steps of the clock, at the ends of what a capture can state too.
@Suite struct PacketClockTests {
  private static let second: Int64 = 1_000_000_000
  private static let hour: Int64 = 3_600 * second

  @Test(
    arguments: [
      ([], 0, 0), ([5], 0, 0), ([5, 5], 0, 0), ([5, 9, 12], 7, 0), ([5, hour + 5], hour, 0), ([5, hour + 6], hour, 1), ([5, 4, 10], 5, 0),
      ([-3, 4], 7, 0), ([.min, .max], hour, 1), ([.max, .min, 0], hour, 2), ([0, .max, 0, .max, 0], hour, 1), ([.max, 0], 0, 1),
      ([.max, 0, .max, 0], 0, 1), ([.max, .max], 0, 0), ([.min, .min + 1], 1, 0), ([.max - 2, .max - 1], 1, 0),
      // Up to a second late is late; thirty are another clock.
      ([0, 10 * second, 9 * second, 10 * second], 10 * second, 0), ([0, 100 * second, 70 * second, 80 * second], 110 * second, 0),
      // A silence counts in full; one beyond an hour counts an hour, each time.
      ([0, 40 * second, 3_000 * second], 3_000 * second, 0), ([0, 2 * hour, 4 * hour], 2 * hour, 2),
    ] as [([Int64], Int64, UInt64)])
  func steps(times: [Int64], now: Int64, jumps: UInt64) {
    var clock = PacketClock()
    for time in times { clock.advance(to: Self.packet(time)) }
    #expect(clock.now == now)
    #expect(clock.jumps == jumps)
  }

  @Test func itStandsStillAtItsEnd() {
    var clock = PacketClock()
    for step in 0..<2_600_000 as Range<Int64> { clock.advance(to: Self.packet(.min &+ step &* Self.hour)) }
    #expect(clock.now == .max)
  }

  @Test func itGoesToTheEndOfWhatTimesCanState() {
    var clock = PacketClock()
    var time: Int64 = 0
    while time < .max - Self.hour {
      time += Self.hour
      clock.advance(to: Self.packet(time - Self.hour))
    }
    clock.advance(to: Self.packet(time))
    clock.advance(to: Self.packet(.max))
    #expect(clock.now == .max)
  }

  /// What tells the packets of a second clock apart.
  enum OtherSource: CaseIterable {
    case none, interface, input

    func mark(_ info: inout CaptureInfo) {
      switch self {
      case .none: break
      case .interface: info.interface = 1
      case .input: info.input = 1
      }
    }
  }

  /// A constant distance between the clocks of two sources adds an hour at most, however often they alternate.
  @Test(arguments: [0.9, 1, 2, 30, 3_540, 3_600, 3_601, 7 * 3_600, 365 * 86_400] as [Double], OtherSource.allCases)
  func twoClocks(distance: Double, other: OtherSource) {
    for isAheadFirst in [false, true] {
      for step in [0.01, 0.7, 20, 45] {
        var random = SplitMix64(seed: UInt64(distance * 100 + step * 100))
        var clock = PacketClock()
        var passed = 0.0
        for number in 0..<3_000 {
          let isSecond = number < 4 ? (number & 1 == 0) == isAheadFirst : random.next() & 1 == 0
          var info = Self.packet(Int64((1_000_000 + passed + (isSecond ? distance : 0)) * 1e9))
          if isSecond { other.mark(&info) }
          clock.advance(to: info)
          let seconds = Double(clock.now) / 1e9
          // The step before a clock appears is not known, nor which of two clocks was silent for about their distance.
          let least = passed - step - (distance <= 45 ? distance : 0) - 1.01
          #expect(seconds >= least && seconds <= passed + 3_601, "\(distance) s, steps of \(step) s, packet \(number): \(seconds - passed)")
          if seconds < least || seconds > passed + 3_601 { return }
          passed += step
        }
        #expect(clock.jumps <= (distance < 3_600 ? 0 : 1))
      }
    }
  }

  /// Every further clock adds an hour at most, once.
  @Test func manyClocks() {
    for count in [3, 10, 200] {
      var clock = PacketClock()
      for number in 0..<20_000 {
        var info = Self.packet(Int64(number) * 1_000_000 + Int64(number * 7 % count) * 7 * Self.hour)
        info.interface = UInt32(number * 7 % count)
        clock.advance(to: info)
      }
      #expect(clock.now <= Int64(count - 1) * Self.hour + 21 * Self.second)
      #expect(clock.jumps < UInt64(count))
    }
  }

  /// Packets that come late by any time up to a few seconds do not make the clock run ahead.
  @Test(arguments: [0.5, 1, 1.5, 3, 10, 100])
  func disorder(greatestDelay: Double) {
    var random = SplitMix64(seed: 7)
    var clock = PacketClock()
    for number in 0..<200_000 {
      let delay = Double(random.next() >> 11) / Double(1 << 53) * greatestDelay
      clock.advance(to: Self.packet(Int64((1_000 + Double(number) * 0.01 - delay) * 1e9)))
    }
    let seconds = Double(clock.now) / 1e9
    #expect(seconds > 1_998 - greatestDelay && seconds < 2_001 + 5 * greatestDelay, "\(seconds)")
  }

  /// More clocks than the table holds: the ones in use stay.
  @Test func clocksThatCameOnce() {
    var clock = PacketClock()
    for number in 0..<100_000 as Range<Int64> {
      clock.advance(to: Self.packet(number * 1_000_000))
      var other = Self.packet(number * 1_000_000 - 10 * Self.second)
      other.interface = 1
      clock.advance(to: other)
      var stranger = Self.packet(number * 1_000_000 - 100 * Self.second)
      stranger.interface = UInt32(number) + 2
      clock.advance(to: stranger)
    }
    #expect(clock.now == 99_999 * 1_000_000)
    #expect(clock.jumps == 0)
  }

  private static func packet(_ time: Int64) -> CaptureInfo {
    CaptureInfo(time: Timestamp(nanoseconds: time), capturedLength: 60, originalLength: 60, packetNumber: 1)
  }
}
