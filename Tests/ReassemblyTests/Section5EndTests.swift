import Packets
import Reassembly
import TestSupport
import Testing

/// FIN and RST by their positions.
@Suite struct EndTests {
  @Test(arguments: [
    ScriptCase("an empty FIN out of order", Expected("abc", "")) { c in
      c.handshake()
      c.segment(from: .client, offset: 3, "", flags: [.fin, .ack])
      c.segment(from: .client, offset: 0, "abc")
      c.fin(.server)
      c.changeLast { $0.acknowledgment = 1_005 }
      c.ack(.client)
    },
    ScriptCase("a FIN with data out of order", Expected("abcdef", "")) { c in
      c.handshake()
      c.segment(from: .client, offset: 3, "def", flags: [.fin, .ack])
      c.segment(from: .client, offset: 0, "abc")
      c.fin(.server)
      c.ack(.client)
    },
    ScriptCase("a FIN's data sent again", Expected("abc", "x")) { c in
      c.handshake()
      c.fin(.client, "abc")
      c.again()
      c.fin(.server, "x")
      c.again()
      c.ack(.client)
    },
    ScriptCase("a FIN that repeats delivered data", Expected("abcdef", "")) { c in
      c.handshake()
      c.send(.client, "abcdef")
      c.segment(from: .client, offset: 3, "def", flags: [.fin, .ack])
      c.fin(.server)
      c.ack(.client)
    },
    ScriptCase("a FIN with longer data than the first copy", Expected("abcdef", "")) { c in
      c.handshake()
      c.send(.client, "abc")
      c.segment(from: .client, offset: 0, "abcdef", flags: [.fin, .ack])
      c.fin(.server)
      c.ack(.client)
    },
    ScriptCase("payload beyond the FIN", Expected("abc", "", dropped: ["client.beyond_fin": 7])) { c in
      c.handshake()
      c.fin(.client, "abc")
      c.forge(from: .client, sequence: c.sequence(.client, 3), acknowledgment: 5_001, "de", flags: .ack)
      c.forge(from: .client, sequence: c.sequence(.client, 100), acknowledgment: 5_001, "fgh", flags: .ack)
      c.forge(from: .client, sequence: c.sequence(.client, 1), acknowledgment: 5_001, "bcxy", flags: .ack)
      c.fin(.server)
      c.ack(.client)
    },
    ScriptCase("payload queued before the FIN came, and beyond it", Expected("abc", "", dropped: ["client.beyond_fin": 3])) { c in
      c.handshake()
      c.forge(from: .client, sequence: c.sequence(.client, 3), acknowledgment: 5_001, "xyz", flags: .ack)
      c.segment(from: .client, offset: 3, "", flags: [.fin, .ack])
      c.segment(from: .client, offset: 0, "abc")
      c.fin(.server)
      c.ack(.client)
    },
    ScriptCase("a FIN below the expected offset", Expected("abcdefghi", "", anomalies: ["client.fin_ignored": 1])) { c in
      c.handshake()
      c.send(.client, "abcdef")
      c.forge(from: .client, sequence: c.sequence(.client, 3), acknowledgment: 5_001, flags: [.fin, .ack])
      c.send(.client, "ghi")
      c.close()
    },
    ScriptCase("a second FIN elsewhere", Expected("abcdef", "", anomalies: ["client.fin_ignored": 1])) { c in
      c.handshake()
      c.segment(from: .client, offset: 6, "", flags: [.fin, .ack])
      c.forge(from: .client, sequence: c.sequence(.client, 9), acknowledgment: 5_001, flags: [.fin, .ack])
      c.segment(from: .client, offset: 0, "abcdef")
      c.fin(.server)
      c.ack(.client)
    },
    ScriptCase("never acknowledged: after the close delay", thenWaits: 6, Expected("abc", "")) { c in
      c.handshake()
      c.fin(.client, "abc")
      c.fin(.server)
    },
    ScriptCase(
      "the other direction never captured: after a minute", totals: ["straggler packets": 1],
      Expected("abc", "", close: nil, handshake: .partial, starts: [.syn, .none], ends: [.fin, .none])
    ) { c in
      c.syn()
      c.fin(.client, "abc")
      c.wait(seconds: 61)
      c.again()
    },
    ScriptCase("one direction goes on for hours", Expected("abc", "123")) { c in
      c.handshake()
      c.fin(.client, "abc")
      c.ack(.server)
      for text in ["1", "2", "3"] {
        c.wait(seconds: 3500)
        c.send(.server, text)
      }
      c.fin(.server)
      c.ack(.client)
    },
    ScriptCase("missing before a FIN", .open("abc[3 lost end acked]", "", ends: [.fin, .fin])) { c in
      c.handshake()
      c.send(.client, "abc")
      c.segment(from: .client, offset: 6, "", flags: [.fin, .ack])
      c.fin(.server)
      c.ack(.client)
    },
    ScriptCase(
      "a FIN whose data closes a hole ends the stream before what is queued", Expected("abc", "", dropped: ["client.beyond_fin": 3])
    ) { c in
      c.handshake()
      c.forge(from: .client, sequence: c.sequence(.client, 3), acknowledgment: 5_001, "xyz", flags: .ack)
      c.fin(.client, "abc")
      c.fin(.server)
      c.ack(.client)
    },
    ScriptCase(
      "a FIN below the lowest byte of a direction without a SYN",
      .open(
        "abcdef", "x", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .midstream], ends: [.none, .none],
        anomalies: ["client.fin_ignored": 1])
    ) { c in
      c.segment(from: .server, offset: 0, "x")
      c.forge(from: .client, sequence: c.sequence(.client, -5), acknowledgment: 5_001, flags: [.fin, .ack])
      c.segment(from: .client, offset: 3, "def")
      c.segment(from: .client, offset: 0, "abc")
    },
    ScriptCase(
      "a FIN of a direction without a SYN, before the data beyond it",
      .open(
        "abc", "x", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .midstream], ends: [.fin, .none],
        dropped: ["client.beyond_fin": 2])
    ) { c in
      c.segment(from: .server, offset: 0, "x")
      c.segment(from: .client, offset: 3, "", flags: [.fin, .ack])
      c.forge(from: .client, sequence: c.sequence(.client, 3), acknowledgment: 5_001, "yz", flags: .ack)
      c.forge(from: .client, sequence: c.sequence(.client, 3), acknowledgment: 5_001, "YZ", flags: .ack)
      c.segment(from: .client, offset: 0, "abc")
    },
  ])
  func fin(row: ScriptCase) { row.check() }

  @Test(arguments: [
    ScriptCase("at the expected offset", thenWaits: 6, Expected("abc", "x", close: .rst, ends: [.none, .rst])) { c in
      c.handshake()
      c.send(.client, "abc")
      c.send(.server, "x")
      c.rst(.server)
    },
    ScriptCase("one FIN, one RST", thenWaits: 6, Expected("abc", "x", close: .rst, ends: [.fin, .rst])) { c in
      c.handshake()
      c.send(.server, "x")
      c.fin(.client, "abc")
      c.rst(.server)
    },
    ScriptCase("at the peer's latest acknowledgment", thenWaits: 6, Expected("abc", "abcd", close: .rst, ends: [.none, .rst])) { c in
      c.handshake()
      c.send(.client, "abc")
      c.send(.server, "abcd")
      c.send(.server, "efghij")
      c.loseLast()
      c.ack(.client)
      c.rst(.server)
    },
    ScriptCase(
      "at the peer's acknowledgment, its own direction unseen", thenWaits: 6,
      Expected("abcdef", "", close: .rst, handshake: .partial, starts: [.syn, .none], ends: nil)
    ) { c in
      c.syn()
      c.send(.client, "abc")
      c.send(.client, "def")
      c.rst(.server, offset: 0)
    },
    ScriptCase("ahead: when the stream gets there", thenWaits: 6, Expected("abcdef", "", close: .rst, ends: [.rst, .none])) { c in
      c.handshake()
      c.send(.client, "abc")
      c.rst(.client, offset: 6)
      c.segment(from: .client, offset: 3, "def")
    },
    ScriptCase("ahead, and the stream never gets there", thenWaits: 10, .open("abc", "", anomalies: nil)) { c in
      c.handshake()
      c.send(.client, "abc")
      c.rst(.client, offset: 6)
    },
    ScriptCase("behind", Expected("goodmore", "", anomalies: ["client.rst_ignored": 1])) { c in
      c.handshake()
      c.send(.client, "good")
      c.rst(.client, offset: 1)
      c.send(.client, "more")
      c.close()
    },
    ScriptCase(
      "nothing queued is thrown away", thenWaits: 6, Expected("", "[3 lost close acked]def", close: .rst, ends: [.none, .rst])
    ) { c in
      c.handshake()
      c.segment(from: .server, offset: 3, "def")
      c.ack(.client)
      c.rst(.server)
    },
    ScriptCase("data of the other side in flight", thenWaits: 6, Expected("req", "response", close: .rst, ends: [.rst, .none])) { c in
      c.handshake()
      c.send(.client, "req")
      c.rst(.client)
      c.send(.server, "resp")
      c.wait(seconds: 4)
      c.send(.server, "onse")
    },
    ScriptCase(
      "data of the other side after the delay", totals: ["straggler packets": 1, "straggler bytes": 4],
      Expected("req", "", close: .rst, ends: [.rst, .none])
    ) { c in
      c.handshake()
      c.send(.client, "req")
      c.rst(.client)
      c.wait(seconds: 5.5)
      c.send(.server, "resp")
    },
    ScriptCase(
      "its own payload is no stream data", thenWaits: 6,
      Expected("abc", "", close: .rst, ends: [.none, .rst], dropped: ["server.rst_payload": 6])
    ) { c in
      c.handshake()
      c.send(.client, "abc")
      c.rst(.server, "reason")
    },
    ScriptCase("withdrawn by its sender's data", Expected("good", "okstill here", anomalies: ["server.rst_withdrawn": 1])) { c in
      c.handshake()
      c.send(.client, "good")
      c.send(.server, "ok")
      c.rst(.server)
      c.send(.server, "still here")
      c.close()
    },
    ScriptCase(
      "withdrawn although a further one lies ahead", thenWaits: 6, .open("", "okayay", anomalies: ["server.rst_withdrawn": 1])
    ) { c in
      c.handshake()
      c.send(.server, "ok")
      c.rst(.server)
      c.rst(.server, offset: 6)
      c.segment(from: .server, offset: 2, "ayay")
    },
    ScriptCase("not withdrawn by a repetition", thenWaits: 6, Expected("good", "ok", close: .rst, ends: [.none, .rst])) { c in
      c.handshake()
      c.send(.client, "good")
      c.send(.server, "ok")
      c.rst(.server)
      c.segment(from: .server, offset: 0, "ok")
    },
    ScriptCase("withdrawn by data beyond it", thenWaits: 6, .open("", "ok[2 lost end]ay", anomalies: ["server.rst_withdrawn": 1])) { c in
      c.handshake()
      c.send(.server, "ok")
      c.rst(.server)
      c.segment(from: .server, offset: 4, "ay")
    },
    ScriptCase(
      "the close delay is an option", options: .with { $0.closeDelay = .seconds(60) }, Expected("req", "late", close: nil, ends: nil)
    ) {
      c in
      c.handshake()
      c.send(.client, "req")
      c.rst(.client)
      c.wait(seconds: 50)
      c.send(.server, "late")
    },
    ScriptCase("behind its sender's own FIN", thenWaits: 6, Expected("abc", "", close: .rst, ends: [.fin, .none])) { c in
      c.handshake()
      c.fin(.client, "abc")
      c.rst(.client, flags: .rst)
    },
    ScriptCase("behind its sender's own FIN, which comes later", thenWaits: 6, Expected("abc", "", close: .rst, ends: [.fin, .none])) { c in
      c.handshake()
      c.rst(.client, offset: 4, flags: .rst)
      c.fin(.client, "abc")
    },
  ])
  func rst(row: ScriptCase) { row.check() }

  @Test(arguments: [
    ScriptCase("a reset that answers the SYN", Expected("", "", close: .refused, handshake: .partial, starts: [.syn, .none], ends: nil)) {
      c in
      c.syn()
      c.forge(from: .server, sequence: 0, acknowledgment: 1_001, flags: [.rst, .ack])
    },
    ScriptCase("whatever its own sequence", Expected("", "", close: .refused, handshake: .partial, starts: [.syn, .none], ends: nil)) { c in
      c.syn()
      c.forge(from: .server, sequence: 0xdead_beef, acknowledgment: 1_001, flags: [.rst, .ack])
    },
    ScriptCase(
      "a refused SYN with data",
      Expected("GET", "", close: .refused, handshake: .partial, starts: [.syn, .none], ends: nil)
    ) { c in
      c.syn("GET")
      c.forge(from: .server, sequence: 0, acknowledgment: 1_001, flags: [.rst, .ack])
    },
    ScriptCase(
      "a refused SYN with data, sent twice",
      Expected("GET", "", close: .refused, handshake: .partial, starts: [.syn, .none], ends: nil)
    ) { c in
      c.syn("GET")
      c.syn()
      c.forge(from: .server, sequence: 0, acknowledgment: 1_004, flags: [.rst, .ack])
    },
    ScriptCase("that acknowledges something else", Expected("a", "b", anomalies: ["server.rst_ignored": 1])) { c in
      c.syn()
      c.forge(from: .server, sequence: 0, acknowledgment: 31_337, flags: [.rst, .ack])
      c.synAck()
      c.ack()
      c.send(.client, "a")
      c.send(.server, "b")
      c.close()
    },
    ScriptCase("without ACK", Expected("a", "b", anomalies: ["server.rst_ignored": 1])) { c in
      c.syn()
      c.forge(from: .server, sequence: 0, flags: .rst)
      c.synAck()
      c.ack()
      c.send(.client, "a")
      c.send(.server, "b")
      c.close()
    },
    ScriptCase("after the SYN-ACK it is no refusal", Expected("a", "b", anomalies: ["server.rst_ignored": 1])) { c in
      c.syn()
      c.synAck()
      c.forge(from: .server, sequence: 0, acknowledgment: 1_001, flags: [.rst, .ack])
      c.ack()
      c.send(.client, "a")
      c.send(.server, "b")
      c.close()
    },
  ])
  func refused(row: ScriptCase) { row.check() }

  @Test func aRefusalCompletesAtOnce() {
    var talk = Conversation()
    talk.syn()
    talk.forge(from: .server, sequence: 0, acknowledgment: 1_001, flags: [.rst, .ack])
    let run = EngineRun()
    run.feed(talk.packets)
    #expect(run.recorder.completions == 1)
    #expect(run.finish() == [])
  }

  @Test func bothFinsAcknowledgedCompleteAtOnce() {
    var talk = Conversation()
    talk.handshake()
    talk.fin(.client)
    talk.fin(.server)
    let run = EngineRun()
    run.feed(talk.packets)
    #expect(run.recorder.completions == 0)
    var last = talk
    last.ack(.client)
    run.feed(last.packets.suffix(1))
    #expect(run.recorder.completions == 1)
    #expect(run.finish() == [])
  }

  @Test func theEndOfInputCompletesInOrderOfId() {
    var packets: [ScriptedPacket] = []
    for port in [9, 3, 7, 1, 5] as [UInt16] {
      var talk = Conversation(client: Endpoint("10.0.0.1", 40_000 + port), start: Conversation.epoch + Int64(packets.count) * 1_000)
      talk.handshake()
      talk.send(.client, "x")
      packets += talk.packets
    }
    let run = EngineRun()
    run.feed(packets.sorted { $0.time < $1.time })
    #expect(run.finish() == [])
    #expect(run.recorder.streams.map(\.completion) == [1, 2, 3, 4, 5])
  }
}
