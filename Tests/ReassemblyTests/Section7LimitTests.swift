import Packets
import Reassembly
import TestSupport
import Testing

/// Timers and limits, each with its default, as an option, and switched off.
@Suite struct LimitTests {
  /// Sends one packet of a stranger, so that packet time is seen to go on.
  private static func tick(_ c: inout Conversation) {
    c.forge(from: .client, sequence: 1, flags: .rst)
    c.changeLast { $0.source.port = 1 }
  }

  private static func hours(_ count: Int, _ c: inout Conversation) {
    for _ in 0..<count {
      c.wait(seconds: 3599)
      tick(&c)
    }
  }

  @Test(arguments: [
    ScriptCase("idle for more than a day", Expected("a", "", close: .idle, ends: [.none, .none])) { c in
      c.handshake()
      c.send(.client, "a")
      hours(25, &c)
    },
    ScriptCase("idle for less than a day", Expected("ab", "")) { c in
      c.handshake()
      c.send(.client, "a")
      hours(23, &c)
      c.send(.client, "b")
      c.close()
    },
    ScriptCase("any packet of it counts", Expected("ab", "")) { c in
      c.handshake()
      c.send(.client, "a")
      hours(20, &c)
      c.ack(.server)
      hours(20, &c)
      c.send(.client, "b")
      c.close()
    },
    ScriptCase(
      "idleness as an option", options: .with { $0.idleTimeout = .seconds(10) }, Expected("a", "", close: .idle, ends: [.none, .none])
    ) {
      c in
      c.handshake()
      c.send(.client, "a")
      c.wait(seconds: 11)
      tick(&c)
    },
    ScriptCase("no idleness", options: .with { $0.idleTimeout = nil }, .open("a", "")) { c in
      c.handshake()
      c.send(.client, "a")
      hours(50, &c)
    },
    ScriptCase("a SYN without answer", Expected("", "", close: .idle, handshake: .partial, starts: [.syn, .none], ends: [.none, .none])) {
      c in
      c.syn()
      c.wait(seconds: 121)
      tick(&c)
    },
    ScriptCase("a SYN without answer, not yet", Expected("a", "")) { c in
      c.syn()
      c.wait(seconds: 110)
      tick(&c)
      c.synAck()
      c.ack()
      c.send(.client, "a")
      c.close()
    },
    ScriptCase("an answered SYN has time", Expected("a", "")) { c in
      c.syn()
      c.synAck()
      c.wait(seconds: 600)
      tick(&c)
      c.ack()
      c.send(.client, "a")
      c.close()
    },
    ScriptCase("a SYN with payload has time", Expected("ab", "")) { c in
      c.syn("a")
      c.wait(seconds: 600)
      tick(&c)
      c.synAck()
      c.ack()
      c.send(.client, "b")
      c.close()
    },
    ScriptCase("no SYN timer", options: .with { $0.synTimeout = nil }, .open("", "", handshake: .partial, starts: [.syn, .none])) { c in
      c.syn()
      c.wait(seconds: 3000)
      tick(&c)
    },
  ])
  func timers(row: ScriptCase) { row.check() }

  @Test func thePageLimitOfAConnection() throws {
    var options = AssemblerOptions()
    options.connectionMemory = 3 * 4096
    var talk = Conversation()
    talk.handshake()
    for index in 0..<10 { talk.segment(from: .client, offset: 1 + index * 4_000, .letters(4_000, from: index * 4_000)) }
    let run = EngineRun(options: options)
    run.feed(talk.packets)
    let stream = try #require(run.recorder.streams.first)
    #expect(stream.rendered(.originator) == "[1 lost pageLimit]" + text([UInt8].letters(40_000)))
    #expect(run.figure("page limit flushes") == 1)
    #expect(run.finish() == [])
  }

  @Test func theConnectionWithTheOldestQueuedByteGivesWay() throws {
    var options = AssemblerOptions()
    options.memoryLimit = 8 * 4096
    var talks = (0..<3).map {
      Conversation(client: Endpoint("10.0.0.1", 40_000 + UInt16($0)), start: Conversation.epoch + Int64($0) * 10_000_000)
    }
    for index in talks.indices {
      talks[index].handshake()
      talks[index].segment(from: .client, offset: 1, .letters(4_000))
    }
    let run = EngineRun(options: options)
    run.feed(talks.flatMap(\.packets))
    let oldest = try #require(run.recorder.streams.first)
    var sent = 1
    while oldest.gaps(.originator).isEmpty && sent < 20 {
      var more = talks[2]
      more.segment(from: .client, offset: 1 + sent * 4_000, .letters(4_000))
      run.feed(more.packets.suffix(1))
      sent += 1
    }
    #expect(sent > 2)
    #expect(sent < 20)
    #expect(oldest.gaps(.originator).map(\.cause) == [.memoryLimit])
    #expect(run.recorder.streams.dropFirst().allSatisfy { $0.gaps(.originator).isEmpty })
    #expect(run.figure("memory limit flushes") == 1)
    #expect(run.finish() == [])
  }

  @Test func keptBytesCountTowardsTheLimit() throws {
    var options = AssemblerOptions()
    options.connectionMemory = 4 * 4096
    var talk = Conversation()
    talk.handshake()
    for index in 0..<3 { talk.segment(from: .client, offset: index * 4_000, .letters(4_000)) }
    talk.segment(from: .client, offset: 12_001, .letters(4_000))
    talk.segment(from: .client, offset: 16_001, .letters(4_000))
    let run = EngineRun(options: options)
    run.recorder.keep = { count in count <= 12_000 ? 0 : nil }
    run.feed(talk.packets)
    let stream = try #require(run.recorder.streams.first)
    #expect(stream.gaps(.originator).map(\.cause) == [.pageLimit])
    #expect(run.finish() == [])
  }

  @Test func unansweredSynsGoFirstAtTheConnectionLimit() {
    var options = AssemblerOptions()
    options.maxConnections = 3
    func talk(_ number: Int, _ script: (inout Conversation) -> Void) -> [ScriptedPacket] {
      var talk = Conversation(
        client: Endpoint("10.0.0.1", 40_000 + UInt16(number)), start: Conversation.epoch + Int64(number) * 1_000_000_000)
      script(&talk)
      return talk.packets
    }
    let withPayload: (inout Conversation) -> Void = { c in
      c.handshake()
      c.send(.client, "payload")
    }
    let run = EngineRun(options: options)
    run.feed(talk(1, withPayload))
    run.feed(talk(2) { $0.handshake() })
    run.feed(talk(3) { $0.syn() })
    for number in 4...6 { run.feed(talk(number, withPayload)) }
    let evicted = run.recorder.streams.filter { $0.completion > 0 }.sorted { $0.completion < $1.completion }
    #expect(evicted.map(\.opening.id) == [3, 2, 1])
    #expect(evicted.map(\.report?.close) == [.evicted, .evicted, .evicted])
    #expect(run.figure("evicted") == 3)
    #expect(run.assembler.connectionCount == 3)
    #expect(run.finish() == [])
  }

  @Test func aSynFloodDoesNotEvictTheEvidence() throws {
    var options = AssemblerOptions()
    options.maxConnections = 10
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "evidence")
    let run = EngineRun(options: options)
    run.feed(talk.packets)
    for number in 0..<1_000 {
      var flood = Conversation(client: Endpoint("10.9.9.9", UInt16(1_024 + number)), start: talk.time + Int64(number) * 1_000)
      flood.syn()
      run.feed(flood.packets)
    }
    let evidence = try #require(run.recorder.streams.first)
    #expect(evidence.completion == 0)
    #expect(run.assembler.connectionCount <= 10)
    #expect(run.finish() == [])
  }

  @Test func flushAnswersWhatItFlushedAndClosed() throws {
    var holed = Conversation()
    holed.handshake()
    holed.segment(from: .client, offset: 1, "b")
    var quiet = Conversation(client: Endpoint("10.0.0.1", 40_001))
    quiet.handshake()
    var busy = Conversation(client: Endpoint("10.0.0.1", 40_002), start: Conversation.epoch + 60_000_000_000)
    busy.handshake()
    busy.segment(from: .client, offset: 1, "z")
    let run = EngineRun()
    run.feed(holed.packets + quiet.packets + busy.packets)
    let flushed = run.assembler.flush(gapsOlderThan: .seconds(30), idleFor: nil)
    #expect(flushed.flushed == 1)
    #expect(flushed.closed == 0)
    #expect(try #require(run.recorder.streams.first).rendered(.originator) == "[1 lost age]b")
    let closed = run.assembler.flush(gapsOlderThan: nil, idleFor: .seconds(30))
    #expect(closed.closed == 2)
    #expect(run.assembler.connectionCount == 1)
    #expect(run.finish() == [])
  }
}
