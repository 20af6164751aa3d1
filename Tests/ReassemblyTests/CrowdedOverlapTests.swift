import Reassembly
import TestSupport
import Testing

/// Segments that meet many small pieces, which the engine gathers, parts and replaces: byte by byte the result is that of the rule alone.
@Suite struct CrowdedOverlapTests {
  /// What a sender does who wants many pieces to lie under one segment.
  enum Shape: CaseIterable {
    /// Each segment begins one byte behind or before the last one.
    case staircases
    case singleBytesThenLong
    case anywhere
  }

  /// The wrap lies among the bytes of the second start.
  @Test(arguments: OverlapPolicy.allCases, Shape.allCases)
  func everyByteByTheRule(policy: OverlapPolicy, shape: Shape) throws {
    let oraclePolicy = try #require(OverlapOracle.Policy(rawValue: policy.rawValue))
    for seed in 0..<30 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var talk = Conversation(clientISN: seed % 2 == 0 ? 1_000 : 0xffff_ff00, step: 1_000)
      talk.handshake()
      var oracle = OverlapOracle(policy: oraclePolicy)
      for (offset, length) in Self.places(shape, &random) {
        // Few values, so that copies agree as often as not.
        let bytes = (0..<length).map { _ in UInt8.random(in: 97...98, using: &random) }
        let cut = random.oneIn(5) ? Int.random(in: 1...length, using: &random) : 0
        talk.segment(from: .client, offset: offset, bytes, cut: cut)
        oracle.take(offset: offset, bytes: bytes.dropLast(cut), cut: cut)
      }
      let run = EngineRun(options: .with { $0.overlapPolicy = policy })
      run.feed(talk.packets)
      #expect(run.finish() == [], "seed \(seed)")
      let stream = try #require(run.recorder.streams.first)
      let content = Dictionary(
        uniqueKeysWithValues: stream.halves[0].content.map { (Int($0.0), $0.1.value) })
      #expect(content == oracle.bytes, "seed \(seed)")
      #expect(stream.conflictOffsets[.originator] ?? [] == oracle.conflicts, "seed \(seed)")
      if content != oracle.bytes { return }
    }
  }

  /// Offset and length of each segment; offset 0 never comes, so all of them wait.
  private static func places(_ shape: Shape, _ random: inout SplitMix64) -> [(Int, Int)] {
    switch shape {
    case .staircases:
      var places: [(Int, Int)] = []
      var offset = 150
      while places.count < 400 {
        let length = Int.random(in: 20...120, using: &random)
        let step = random.oneIn(2) ? 1 : -1
        for _ in 0..<Int.random(in: 10...60, using: &random) where (1...300).contains(offset + step) {
          offset += step
          places.append((offset, length))
        }
        if random.oneIn(3) { offset = Int.random(in: 1...300, using: &random) }
      }
      return places
    case .singleBytesThenLong:
      let single = (1...250).map { ($0, 1) }.shuffled(using: &random)
      let long = (0..<60).map { _ in (Int.random(in: 1...200, using: &random), Int.random(in: 30...200, using: &random)) }
      return single + long + single.shuffled(using: &random) + long.shuffled(using: &random)
    case .anywhere:
      return (0..<400).map { _ in (Int.random(in: 1...300, using: &random), Int.random(in: 1...random.upTo(90), using: &random)) }
    }
  }
}

extension SplitMix64 {
  fileprivate mutating func upTo(_ bound: Int) -> Int { Int.random(in: 1...bound, using: &self) }
}
