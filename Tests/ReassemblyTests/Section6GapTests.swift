import Packets
import Reassembly
import TestSupport
import Testing

/// When a gap is declared, by what, and what may follow it.
@Suite struct GapTests {
  @Test(arguments: [
    ScriptCase("by age", .open("abc[2 lost age]fg", "x", dropped: ["client.late": 2])) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abc")
      c.segment(from: .client, offset: 5, "fg")
      c.wait(seconds: 301)
      c.segment(from: .server, offset: 0, "x", acknowledging: 3)
      c.segment(from: .client, offset: 3, "de")
    },
    ScriptCase("by age, and the receiver got the bytes", .open("abc[2 lost age acked]fg", "xy")) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abc")
      c.segment(from: .client, offset: 5, "fg")
      c.segment(from: .server, offset: 0, "x", acknowledging: 7)
      c.wait(seconds: 301)
      c.segment(from: .server, offset: 1, "y", acknowledging: 7)
    },
    ScriptCase("not before its age", Expected("abcdefg", "x")) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abc")
      c.segment(from: .client, offset: 5, "fg")
      c.wait(seconds: 290)
      c.segment(from: .server, offset: 0, "x", acknowledging: 3)
      c.segment(from: .client, offset: 3, "de")
      c.close()
    },
    ScriptCase("the age is that of the oldest queued byte", .open("[1 lost age]b[1 lost end]d", "12")) { c in
      c.handshake()
      c.segment(from: .client, offset: 1, "b")
      c.wait(seconds: 200)
      c.segment(from: .client, offset: 3, "d")
      c.segment(from: .server, offset: 0, "1", acknowledging: 0)
      c.wait(seconds: 101)
      c.segment(from: .server, offset: 1, "2", acknowledging: 0)
    },
    ScriptCase("never by an acknowledgment", Expected("abcdefg", "xyz")) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abc")
      c.segment(from: .client, offset: 5, "fg")
      c.segment(from: .server, offset: 0, "xyz", acknowledging: 7)
      c.ack(.server)
      c.segment(from: .client, offset: 3, "de")
      c.close()
    },
    ScriptCase("at the end of the input", .open("[2 lost end acked]cd[1 lost end]fg", "x")) { c in
      c.handshake()
      c.segment(from: .client, offset: 2, "cd")
      c.segment(from: .client, offset: 5, "fg")
      c.segment(from: .server, offset: 0, "x", acknowledging: 4)
    },
    ScriptCase(
      "at a completion that is not the end", Expected("ab[2 lost close]ef", "", close: .reuse, ends: [.none, .none]), Expected("new", "")
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "ab")
      c.segment(from: .client, offset: 4, "ef")
      c.renew(clientISN: 500_000, serverISN: 600_000)
      c.handshake()
      c.send(.client, "new")
      c.close()
    },
    ScriptCase(
      "part of a late segment is new", .open("abc[2 lost age]fghi", "x", dropped: ["client.late": 2])
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abc")
      c.segment(from: .client, offset: 5, "fg")
      c.wait(seconds: 301)
      c.segment(from: .server, offset: 0, "x", acknowledging: 3)
      c.segment(from: .client, offset: 3, "defghi")
    },
    ScriptCase("the age is an option", options: .with { $0.gapTimeout = .seconds(2) }, .open("a[1 lost age]c", "1")) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "a")
      c.segment(from: .client, offset: 2, "c")
      c.wait(seconds: 2.5)
      c.segment(from: .server, offset: 0, "1", acknowledging: 1)
    },
    ScriptCase("no age at all", options: .with { $0.gapTimeout = nil }, .open("abc", "1")) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "a")
      c.segment(from: .client, offset: 2, "c")
      c.wait(seconds: 3000)
      c.segment(from: .server, offset: 0, "1", acknowledging: 1)
      c.segment(from: .client, offset: 1, "b")
    },
  ])
  func gaps(row: ScriptCase) { row.check() }

  @Test func whatAcceptTurnsAwayIsAGapUnlessAnotherCopyComes() throws {
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "ab")
    talk.send(.client, "cd")
    talk.send(.client, "ef")
    talk.segment(from: .client, offset: 2, "cd")
    talk.send(.client, "gh")
    talk.send(.client, "ij")
    let run = EngineRun()
    run.recorder.judge = { judged, _ in judged.packet == 5 || judged.packet == 8 ? .reject(.other) : .accept }
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = try #require(run.recorder.streams.first)
    #expect(stream.rendered(.originator) == "abcdef[2 rejected end]ij")
    #expect(stream.report?.originator.dropped[.rejected] == 4)
  }

  @Test func acceptIsToldWhatIsExpectedNext() {
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "abc")
    talk.segment(from: .client, offset: 5, "fg")
    talk.send(.server, "x")
    let run = EngineRun()
    var told: [UInt64: SequenceNumber?] = [:]
    run.recorder.judge = { judged, _ in
      told[judged.packet] = judged.next
      return .accept
    }
    run.feed(talk.packets)
    #expect(told[4] == .some(.some(SequenceNumber(1_001))))
    #expect(told[5] == .some(.some(SequenceNumber(1_004))))
    #expect(told[6] == .some(.some(SequenceNumber(5_001))))
    #expect(run.finish() == [])
  }

  /// What is kept comes again in front, as often as it is kept, across gaps and at the last delivery.
  @Test(arguments: [0, 1, 3, 1_000])
  func keptBytesComeAgain(tail: Int) throws {
    var talk = Conversation()
    talk.handshake()
    for index in 0..<20 { talk.segment(from: .client, offset: index * 7, .letters(7, from: index * 7)) }
    talk.segment(from: .client, offset: 150, .letters(30, from: 150))
    talk.segment(from: .client, offset: 143, .letters(7, from: 143))
    talk.segment(from: .client, offset: 180, .letters(5, from: 180), flags: [.fin, .ack])
    let run = EngineRun()
    run.recorder.keep = { count in max(0, count - tail) }
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = try #require(run.recorder.streams.first)
    #expect(stream.rendered(.originator) == text([UInt8].letters(140)) + "[3 lost end]" + text([UInt8].letters(42, from: 143)))
  }

  @Test func everythingKeptTwiceAndThenLetGo() throws {
    var talk = Conversation()
    talk.handshake()
    for text in ["half", " a l", "ine\n", "more"] { talk.send(.client, text) }
    let run = EngineRun()
    var counts: [Int] = []
    run.recorder.keep = { count in
      counts.append(count)
      return count < 12 ? 0 : nil
    }
    run.feed(talk.packets)
    #expect(Array(counts.prefix(4)) == [4, 8, 12, 4])
    #expect(run.finish() == [])
  }
}
