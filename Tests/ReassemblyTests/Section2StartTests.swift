import Packets
import Reassembly
import TestSupport
import Testing

/// Directions whose SYN was not captured, what comes after completion, and packet time.
@Suite struct StartTests {
  @Test(arguments: [
    ScriptCase(
      "swapped at the start", .open("ABCDEFGH", "", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .none])
    ) { c in
      c.segment(from: .client, offset: 5, "FGH")
      c.segment(from: .client, offset: 0, "ABCDE")
    },
    ScriptCase(
      "nine tenths of a second late is not too late",
      .open("ABCDEFGH", "", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .none])
    ) { c in
      c.segment(from: .client, offset: 5, "FGH")
      c.wait(seconds: 0.9)
      c.segment(from: .client, offset: 0, "ABCDE")
    },
    ScriptCase(
      "more than a second late is",
      .open(
        "fghijk", "", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .none],
        dropped: ["client.before_start": 5])
    ) { c in
      c.segment(from: .client, offset: 5, "fgh")
      c.wait(seconds: 1.5)
      c.segment(from: .client, offset: 8, "ijk")
      c.segment(from: .client, offset: 0, "abcde")
    },
    ScriptCase(
      "across the start",
      .open(
        "fghijk", "", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .none],
        dropped: ["client.before_start": 5])
    ) { c in
      c.segment(from: .client, offset: 5, "fgh")
      c.wait(seconds: 1.5)
      c.segment(from: .client, offset: 8, "i")
      c.segment(from: .client, offset: 0, "abcdefghijk")
    },
    ScriptCase(
      "each direction holds by itself",
      .open("abc", "xyz", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .midstream])
    ) { c in
      c.segment(from: .client, offset: 0, "abc")
      c.wait(seconds: 1.5)
      c.segment(from: .server, offset: 1, "yz")
      c.segment(from: .server, offset: 0, "x")
    },
    ScriptCase(
      "a hole while holding", thenWaits: 2,
      .open("ab[2 lost end]ef", "", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .none])
    ) { c in
      c.segment(from: .client, offset: 4, "ef")
      c.segment(from: .client, offset: 0, "ab")
    },
    ScriptCase("before the start of a known SYN", Expected("abc", "", dropped: ["client.before_start": 3])) { c in
      c.handshake()
      c.segment(from: .client, offset: -100, "old")
      c.segment(from: .client, offset: 0, "abc")
      c.close()
    },
  ])
  func noSyn(row: ScriptCase) { row.check() }

  @Test func oneMebibyteEndsTheHold() {
    var talk = Conversation(step: 1_000)
    for index in 0..<20 { talk.segment(from: .client, offset: 1_000 + index * 60_000, .letters(60_000, from: index * 60_000)) }
    talk.segment(from: .client, offset: 0, .letters(1_000))
    let run = EngineRun()
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = run.recorder.streams.first
    #expect(stream?.bytes(.originator) == .letters(1_200_000))
    #expect(stream?.report?.originator.dropped[.beforeStart] == 1_000)
  }

  @Test func acceptMayStartADirection() {
    var talk = Conversation()
    talk.segment(from: .client, offset: 5, "fgh")
    talk.segment(from: .client, offset: 0, "abcde")
    let run = EngineRun()
    run.recorder.judge = { judged, start in
      start = judged.packet == 1
      return .accept
    }
    run.feed(talk.packets)
    #expect(run.recorder.streams.first?.rendered(.originator) == "fgh")
    #expect(run.finish() == [])
    #expect(run.recorder.streams.first?.report?.originator.dropped[.beforeStart] == 5)
  }

  @Test(arguments: [
    ScriptCase(
      "late packets of a completed connection", totals: ["straggler packets": 3, "straggler bytes": 5, "stray packets": 0],
      Expected("abc", "")
    ) { c in
      c.handshake()
      c.send(.client, "abc")
      c.close()
      c.wait(seconds: 50)
      c.again(2)
      c.segment(from: .client, offset: 0, "abcde")
      c.ack(.client)
    },
    ScriptCase(
      "a minute later they are strangers", totals: ["straggler packets": 0, "stray packets": 1],
      Expected("abc", ""), .open("late", "", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .none])
    ) { c in
      c.handshake()
      c.send(.client, "abc")
      c.close()
      c.wait(seconds: 61)
      c.ack(.client)
      c.segment(from: .client, offset: 0, "late")
    },
    ScriptCase(
      "the straggler time is an option", options: .with { $0.stragglerTime = .seconds(10) },
      totals: ["straggler packets": 1, "stray packets": 1],
      Expected("abc", "")
    ) { c in
      c.handshake()
      c.send(.client, "abc")
      c.close()
      c.wait(seconds: 9)
      c.ack(.client)
      c.wait(seconds: 2)
      c.ack(.client)
    },
  ])
  func stragglers(row: ScriptCase) { row.check() }

  @Test func aStreamThatForgetsAtOnceHasNoStragglers() {
    var talk = Conversation()
    talk.handshake()
    talk.close()
    talk.segment(from: .client, offset: 0, "late")
    let run = EngineRun()
    run.recorder.forgetsAtOnce = true
    run.feed(talk.packets)
    #expect(run.finish() == [])
    #expect(run.recorder.streams.map { $0.rendered(.originator) } == ["", "late"])
  }

  @Test(arguments: [
    ScriptCase("a jump of 30 hours counts as one", totals: ["clock jumps": 1], Expected("ab", "")) { c in
      c.handshake()
      c.send(.client, "a")
      c.wait(seconds: 30 * 3600)
      c.send(.client, "b")
      c.close()
    },
    ScriptCase("25 hours in half hours are 25 hours", totals: ["clock jumps": 0], Expected("a", "", close: .idle, ends: [.none, .none])) {
      c in
      c.handshake()
      c.send(.client, "a")
      for _ in 0..<50 {
        c.wait(seconds: 1800)
        c.forge(from: .client, sequence: 1, flags: .rst)
        c.changeLast { $0.source.port = 1 }
      }
    },
    ScriptCase(
      "a clock set back keeps what has passed", totals: ["clock jumps": 1], .open("a[1 lost age]c", "1234")
    ) { c in
      c.handshake()
      c.send(.client, "a")
      c.segment(from: .client, offset: 2, "c")
      c.segment(from: .server, offset: 0, "1", acknowledging: 1)
      c.wait(seconds: -5000)
      c.segment(from: .server, offset: 1, "2", acknowledging: 1)
      c.wait(seconds: 200)
      c.segment(from: .server, offset: 2, "3", acknowledging: 1)
      c.wait(seconds: 110)
      c.segment(from: .server, offset: 3, "4", acknowledging: 1)
    },
    ScriptCase("a clock set back makes nothing old", totals: ["clock jumps": 1], .open("abc", "1")) { c in
      c.handshake()
      c.send(.client, "a")
      c.segment(from: .client, offset: 2, "c")
      c.wait(seconds: -5000)
      c.segment(from: .server, offset: 0, "1", acknowledging: 1)
      c.wait(seconds: 200)
      c.segment(from: .client, offset: 1, "b")
    },
  ])
  func clock(row: ScriptCase) { row.check() }
}
