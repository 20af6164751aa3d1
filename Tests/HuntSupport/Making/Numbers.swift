internal import TestSupport

/// Sequence numbers that break things, and lengths and times.
enum Numbers {
  /// Distances at which a comparison, a window or a wrap changes its mind.
  static let edges: [UInt32] = [
    0, 1, 1 << 16, 1 << 20, 1 << 30, 1 << 31, (1 << 30) + (1 << 31), 0 &- 1, 0 &- (1 << 16), 0 &- (1 << 20), 0 &- (1 << 30),
    (1 << 30) - 0xffff, (1 << 30) + 0xffff,
  ]

  /// An edge or one of its neighbours.
  static func edge(_ random: inout SplitMix64) -> UInt32 {
    let near = UInt32(bitPattern: Int32.random(in: -2...2, using: &random))
    return edges[Int.random(in: 0..<edges.count, using: &random)] &+ near
  }

  static func any(_ random: inout SplitMix64) -> UInt32 { UInt32.random(in: .min ... .max, using: &random) }

  static func initialSequence(_ random: inout SplitMix64) -> UInt32 {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: edge(&random)
    case 1: 0 &- UInt32.random(in: 0...300, using: &random)
    case 2: 0x8000_0000 &- UInt32.random(in: 0...300, using: &random)
    default: any(&random)
    }
  }

  /// Payload lengths: mostly small, rarely the greatest that an IP packet holds.
  static func length(_ random: inout SplitMix64, largest: Int) -> Int {
    let length =
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<15: 0
      case 15..<70: Int.random(in: 1...24, using: &random)
      case 70..<88: Int.random(in: 25...300, using: &random)
      case 88..<95: Int.random(in: 301...1_460, using: &random)
      case 95..<98: [4_095, 4_096, 4_097, 8_192, 9_000].randomElement(using: &random) ?? 0
      default: Int.random(in: 10_000...64_800, using: &random)
      }
    return min(length, largest)
  }

  /// Nanoseconds to the next packet: whole microseconds.
  static func step(_ random: inout SplitMix64, pace: Int) -> Int64 {
    let millisecond: Int64 = 1_000_000
    let usual: Int64 = [0, 1_000, millisecond, 300 * millisecond][pace & 3]
    guard random.oneIn(6) else { return usual }
    let timers: [Int64] = [0, 1, 999, 1_000, 1_001, 5_000, 30_000, 60_000, 120_000, 300_000, 3_600_000, 3_600_001, 86_400_000]
    let largest = [3, 6, 10, timers.count][pace >> 2 & 3]
    return (timers[Int.random(in: 0..<largest, using: &random)] * millisecond)
      + [0, 0, 1_000, -1_000][Int.random(in: 0..<4, using: &random)]
  }
}
