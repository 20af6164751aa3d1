import Reassembly
import TestSupport
import Testing

/// Where two captured copies of a byte meet.
@Suite struct OverlapTests {
  @Test(arguments: [
    ScriptCase("identical copies are no conflict", Expected("abcdef", "")) { c in
      c.handshake()
      c.segment(from: .client, offset: 2, "cd")
      c.segment(from: .client, offset: 1, "bcde")
      c.segment(from: .client, offset: 0, "abcdef")
      c.segment(from: .client, offset: 0, "abcdef")
      c.close()
    },
    ScriptCase("first: the queued copy stands", Expected("abcdef", "", conflicts: ["2: c #4, not X #5"])) { c in
      c.handshake()
      c.segment(from: .client, offset: 1, "bcd")
      c.segment(from: .client, offset: 1, "bXdef")
      c.segment(from: .client, offset: 0, "a")
      c.close()
    },
    ScriptCase(
      "last: the newer copy stands", options: .with { $0.overlapPolicy = .last }, Expected("abXdef", "", conflicts: ["2: X #5, not c #4"])
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 1, "bcd")
      c.segment(from: .client, offset: 1, "bXdef")
      c.segment(from: .client, offset: 0, "a")
      c.close()
    },
    ScriptCase(
      "last: delivered bytes stand all the same", options: .with { $0.overlapPolicy = .last },
      Expected("abcdef", "", conflicts: ["1: b #4, not X #5"])
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abc")
      c.segment(from: .client, offset: 0, "aXcdef")
      c.close()
    },
    ScriptCase(
      "an injection that overtook the truth",
      Expected("GET", "forged and more", conflicts: ["0: f #5, not h #6", "2: rged #5, not nest #6"])
    ) { c in
      c.handshake()
      c.send(.client, "GET")
      c.segment(from: .server, offset: 0, "forged")
      c.segment(from: .server, offset: 0, "honest and more")
      c.close()
    },
    ScriptCase("ranges that differ, one by one", Expected("abcdef", "", conflicts: ["1: b #4, not X #5", "4: e #4, not Y #5"])) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abcdef")
      c.segment(from: .client, offset: 0, "aXcdYf")
      c.close()
    },
    ScriptCase("a re-sent SYN's data that differs", Expected("GET /", "", conflicts: ["0: GE #1, not PU #2"])) { c in
      c.syn("GET")
      c.syn("PUT /")
      c.synAck()
      c.ack()
      c.close()
    },
  ])
  func conflicts(row: ScriptCase) { row.check() }

  /// Segments as offset and length, all behind the hole at offset 0; every byte beyond it is covered.
  static let shapes: [[(Int, Int)]] = [
    [(1, 3), (2, 4), (1, 2), (4, 4), (3, 2), (2, 2)],
    [(1, 4), (1, 4), (2, 2), (1, 7), (5, 3), (3, 3)],
    [(1, 2), (3, 2), (5, 2), (2, 4), (1, 6), (4, 3)],
  ]
  /// Segments in one script: five, or what REASM_EXHAUSTIVE says, up to six.
  static let scope = min(6, environmentNumber("REASM_EXHAUSTIVE") ?? 5)

  @Test(arguments: OverlapPolicy.allCases, [0, 0xffff_fffd, 0x7fff_fffe] as [UInt32])
  func everyOrder(policy: OverlapPolicy, start: UInt32) throws {
    let oraclePolicy = try #require(OverlapOracle.Policy(rawValue: policy.rawValue))
    var options = AssemblerOptions()
    options.overlapPolicy = policy
    for shape in Self.shapes {
      let segments = shape.prefix(Self.scope).enumerated().map { number, place in
        (offset: place.0, bytes: (0..<place.1).map { UInt8(65 + number * 8 + $0) })
      }
      for order in permutations(of: Array(segments.indices)) {
        var talk = Conversation(clientISN: start &- 1)
        talk.handshake()
        var oracle = OverlapOracle(policy: oraclePolicy)
        for index in order {
          talk.segment(from: .client, offset: segments[index].offset, segments[index].bytes)
          oracle.take(offset: segments[index].offset, bytes: segments[index].bytes)
        }
        talk.segment(from: .client, offset: 0, "!")
        talk.close()
        let run = EngineRun(options: options)
        run.feed(talk.packets)
        let problems = run.finish()
        let stream = try #require(run.recorder.streams.first)
        let expected = [33] + oracle.bytes.sorted { $0.key < $1.key }.map(\.value)
        #expect(problems == [], "\(policy) from \(start), order \(order) of \(shape)")
        #expect(stream.bytes(.originator) == expected, "\(policy) from \(start), order \(order) of \(shape)")
        #expect(stream.conflictOffsets[.originator] == oracle.conflicts, "\(policy) from \(start), order \(order) of \(shape)")
        if !problems.isEmpty || stream.bytes(.originator) != expected { return }
      }
    }
  }

  private func permutations(of items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.indices.flatMap { index -> [[Int]] in
      var rest = items
      let first = rest.remove(at: index)
      return permutations(of: rest).map { [first] + $0 }
    }
  }
}
