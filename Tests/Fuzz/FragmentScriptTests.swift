import TestSupport
import Testing

/// Random fragments of two datagrams through the fuzzers' function, which holds them against the rule byte by byte.
@Suite struct FragmentScriptTests {
  /// All policies, IPv4 and IPv6.
  @Test(arguments: 0..<12)
  func nothingIsFound(kind: Int) {
    for seed in 0..<400 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let header = UInt8(kind / 2) << 2 | UInt8(kind % 2) << 1
      let problems = FragmentTarget.problems([header] + random.bytes(Int.random(in: 8...128, using: &random)))
      #expect(problems == [], "seed \(seed)")
    }
  }
}
