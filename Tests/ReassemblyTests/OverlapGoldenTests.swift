import Packets
import Reassembly
import TestSupport
import Testing

/// Sturges and Novak's pieces as TCP segments behind a hole: a letter for each unit of eight bytes.
@Suite struct OverlapGoldenTests {
  private static let pieces: [(letter: Character, unit: Int, units: Int)] = [
    ("A", 0, 3), ("B", 4, 2), ("C", 6, 3), ("D", 10, 1), ("E", 13, 2), ("F", 15, 3), ("G", 18, 2), ("H", 20, 2), ("I", 22, 1),
    ("J", 1, 4), ("K", 6, 3), ("L", 9, 3), ("M", 12, 3), ("N", 16, 1), ("O", 19, 1), ("P", 20, 1), ("Q", 22, 2),
  ]

  private static let golden: [(policy: OverlapPolicy, units: String)] = [
    (.first, "AAAJBBCCCLDLMEEFFFGGHHIQ"), (.last, "AJJJJBKKKLLLMMMFNFGOPHQQ"), (.bsd, "AAAJJBCCCLLLMMMFFFGGHHIQ"),
    (.linux, "AAAJJBCCCLLLMMMFFFGGHHQQ"), (.oldLinux, "AAAJJBKKKLLLMMMFFFGGHHQQ"), (.solaris, "AJJJBBKKKLLLMMMFFFGGHHQQ"),
  ]

  /// Units of which two copies were captured; they all differ.
  private static var contested: Set<Int> {
    var seen: Set<Int> = []
    var twice: Set<Int> = []
    for piece in pieces {
      for unit in piece.unit..<piece.unit + piece.units where !seen.insert(unit).inserted { twice.insert(unit) }
    }
    return twice
  }

  @Test func everyPolicyHasARow() { #expect(Set(Self.golden.map(\.policy)) == Set(OverlapPolicy.allCases)) }

  /// At three places in the sequence space, the wrap among them.
  @Test(arguments: golden, [1_000, 0xffff_ffff - 60, 0x7fff_fff0] as [UInt32])
  func sequence(row: (policy: OverlapPolicy, units: String), isn: UInt32) throws {
    var talk = Conversation(clientISN: isn)
    talk.handshake()
    for (letter, unit, units) in Self.pieces {
      talk.segment(from: .client, offset: 8 + 8 * unit, String(repeating: letter, count: 8 * units))
    }
    talk.segment(from: .client, offset: 0, "........")
    let run = EngineRun(options: .with { $0.overlapPolicy = row.policy })
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = try #require(run.recorder.streams.first)
    let whole = row.units.map { String(repeating: $0, count: 8) }.joined()
    #expect(stream.rendered(.originator) == "........" + whole)
    let conflicting = Set(Self.contested.flatMap { 8 + 8 * $0..<16 + 8 * $0 })
    #expect(stream.conflictOffsets[.originator] == conflicting)
  }

  /// Delivered bytes stand whatever the policy, and conflicts are found there too.
  @Test(arguments: golden)
  func inOrderNothingIsTakenBack(row: (policy: OverlapPolicy, units: String)) throws {
    var talk = Conversation()
    talk.handshake()
    talk.segment(from: .client, offset: 0, String(repeating: ".", count: 192))
    for (letter, unit, units) in Self.pieces { talk.segment(from: .client, offset: 8 * unit, String(repeating: letter, count: 8 * units)) }
    let run = EngineRun(options: .with { $0.overlapPolicy = row.policy })
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = try #require(run.recorder.streams.first)
    #expect(stream.rendered(.originator) == String(repeating: ".", count: 192))
    #expect(stream.conflictOffsets[.originator] == Set(0..<192))
  }
}
