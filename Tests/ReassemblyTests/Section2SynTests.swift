import Packets
import Reassembly
import TestSupport
import Testing

/// A SYN or SYN-ACK on a connection that is known already.
@Suite struct SynTests {
  @Test(arguments: [
    ScriptCase("the same ISN is a retransmission", Expected("a", "b")) { c in
      c.syn()
      c.again()
      c.synAck()
      c.again()
      c.ack()
      c.send(.client, "a")
      c.send(.server, "b")
      c.close()
    },
    ScriptCase("the same ISN in the middle too", Expected("ab", "")) { c in
      c.handshake()
      c.send(.client, "a")
      c.forge(from: .client, sequence: 1_000, flags: .syn)
      c.send(.client, "b")
      c.close()
    },
    ScriptCase("captured late, right below the data", Expected("abc", "def")) { c in
      c.send(.client, "abc")
      c.syn()
      c.synAck(acknowledging: 0)
      c.ack()
      c.send(.server, "def")
      c.close()
    },
    ScriptCase(
      "captured late, 100 bytes below the data", .open("[100 lost end acked]abc", "", ends: [.fin, .fin])
    ) { c in
      c.segment(from: .client, offset: 100, "abc")
      c.syn()
      c.synAck(acknowledging: 0)
      c.ack()
      c.close()
    },
    ScriptCase(
      "more than 1 MiB below the data: another's",
      .open("abc", "", handshake: nil, by: nil, starts: [.midstream, .none], anomalies: ["client.syn_ignored": 1])
    ) { c in
      c.segment(from: .client, offset: 2 << 20, "abc")
      c.syn()
    },
    ScriptCase("another ISN before any answer replaces the first", Expected("x", "y")) { c in
      c.syn()
      c.wait(seconds: 1)
      c.syn(isn: 3_000_000_000)
      c.synAck()
      c.ack()
      c.send(.client, "x")
      c.send(.server, "y")
      c.close()
    },
    ScriptCase("the whole handshake captured late", Expected("abc", "")) { c in
      c.segment(from: .client, offset: 0, "abc")
      c.synAck(acknowledging: 0)
      c.syn()
      c.close()
    },
    ScriptCase("no acknowledgment of the client", .open("", "x", handshake: .partial)) { c in
      c.syn()
      c.synAck()
      c.send(.server, "x")
    },
    ScriptCase(
      "captured late and twice, when the start was settled",
      .open(
        "abcdef", "x", handshake: .partial, starts: [.midstream, .midstream])
    ) { c in
      c.segment(from: .client, offset: 3, "abc")
      c.segment(from: .server, offset: 0, "x", acknowledging: 0)
      c.wait(seconds: 2)
      c.segment(from: .client, offset: 6, "def")
      c.syn()
      c.again()
      c.segment(from: .server, offset: 1, flags: .ack, acknowledging: 0)
    },
    ScriptCase(
      "captured late, with a keep-alive before it", Expected("abc", "xyz", dropped: ["server.before_start": 1])
    ) { c in
      c.syn()
      c.segment(from: .server, offset: -1, "\0", flags: .ack)
      c.ack()
      c.send(.client, "abc")
      c.synAck()
      c.ack()
      c.send(.server, "xyz")
      c.close()
    },
  ])
  func syn(row: ScriptCase) { row.check() }

  @Test(arguments: [
    ScriptCase("both ended and acknowledged: a new connection at once", Expected("one", ""), Expected("two", "")) { c in
      c.handshake()
      c.send(.client, "one")
      c.close()
      c.renew(clientISN: 500_000, serverISN: 600_000)
      c.handshake()
      c.send(.client, "two")
      c.close()
    },
    ScriptCase("both ended, not acknowledged", Expected("one", "", close: nil), Expected("two", "")) { c in
      c.handshake()
      c.send(.client, "one")
      c.fin(.client)
      c.fin(.server)
      c.renew(clientISN: 500_000, serverISN: 600_000)
      c.handshake()
      c.send(.client, "two")
      c.close()
    },
    ScriptCase("a reset was accepted", Expected("one", "", close: nil, ends: [.rst, .none]), Expected("two", "")) { c in
      c.handshake()
      c.send(.client, "one")
      c.rst(.client)
      c.renew(clientISN: 500_000, serverISN: 600_000)
      c.handshake()
      c.send(.client, "two")
      c.close()
    },
    ScriptCase("the same ISN, five seconds after the end", Expected("one", ""), Expected("two", "")) { c in
      c.handshake()
      c.send(.client, "one")
      c.close()
      c.wait(seconds: 6)
      c.renew(clientISN: 1_000, serverISN: 5_000)
      c.handshake()
      c.send(.client, "two")
      c.close()
    },
    ScriptCase("the same ISN, too early", totals: ["straggler packets": 1], Expected("one", "")) { c in
      c.handshake()
      c.send(.client, "one")
      c.close()
      c.wait(seconds: 2)
      c.forge(from: .client, sequence: 1_000, flags: .syn)
    },
    ScriptCase("a candidate that the peer acknowledges", Expected("one", "", close: .reuse, ends: [.none, .none]), Expected("two", "2")) {
      c in
      c.handshake()
      c.send(.client, "one")
      c.renew(clientISN: 500_000, serverISN: 600_000)
      c.handshake()
      c.send(.client, "two")
      c.send(.server, "2")
      c.close()
    },
    ScriptCase(
      "a candidate whose sender goes on", Expected("one", "", close: .reuse, ends: [.none, .none]),
      .open("two", "", handshake: .partial, starts: [.syn, .none])
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.renew(clientISN: 500_000, serverISN: 600_000)
      c.syn()
      c.send(.client, "two", flags: .psh)
    },
    ScriptCase(
      "a candidate of the server's side",
      Expected("one", "", close: .reuse, ends: [.none, .none]), .open("", "two", clientIsRight: false)
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.renew(clientISN: 500_000, serverISN: 600_000)
      c.forge(from: .server, sequence: 600_000, flags: .syn)
      c.forge(from: .client, sequence: 500_000, acknowledgment: 600_001, flags: [.syn, .ack])
      c.forge(from: .server, sequence: 600_001, acknowledgment: 500_001, "two", flags: .ack)
    },
    ScriptCase("a forged SYN changes nothing", Expected("one two", "uno dos", anomalies: ["client.syn_ignored": 1])) { c in
      c.handshake()
      c.send(.client, "one")
      c.send(.server, "uno")
      c.forge(from: .client, sequence: 777_777, flags: .syn)
      c.ack(.server)
      c.send(.client, " two")
      c.send(.server, " dos")
      c.close()
    },
    ScriptCase(
      "a forged SYN's payload", Expected("one two", "", dropped: ["client.syn_ignored": 4], anomalies: ["client.syn_ignored": 1])
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.forge(from: .client, sequence: 777_777, "evil", flags: .syn)
      c.ack(.server)
      c.send(.client, " two")
      c.close()
    },
    ScriptCase(
      "payload at ISN+1 after something of the old connection",
      Expected("one two", "", dropped: ["client.out_of_window": 3], anomalies: ["client.syn_ignored": 1, "client.out_of_window": 1])
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.forge(from: .client, sequence: 0x9000_0000, flags: .syn)
      c.send(.client, " two")
      c.forge(from: .client, sequence: 0x9000_0001, "bad", flags: .psh)
      c.close()
    },
    ScriptCase(
      "captured late, after a reset, for a direction that is held",
      Expected(
        "", "abc", close: .rst, handshake: .partial, by: .synAck, starts: [.none, .syn], ends: [.none, .rst])
    ) { c in
      c.segment(from: .server, offset: 0, "abc", acknowledging: 0)
      c.forge(from: .client, sequence: 1_001, acknowledgment: 5_004, flags: .ack)
      c.rst(.server)
      c.synAck(acknowledging: 0)
    },
    ScriptCase(
      "a SYN-ACK for a SYN that was not captured, where the server had sent nothing",
      Expected("one", "", close: .reuse, ends: [.none, .none]),
      .open("two", "dos", handshake: .partial, by: .synAck, starts: [.midstream, .syn])
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.renew(clientISN: 2_000_000_000, serverISN: 95_000)
      c.synAck(acknowledging: 0)
      c.ack()
      c.send(.client, "two")
      c.send(.server, "dos")
    },
  ])
  func reuse(row: ScriptCase) { row.check() }

  /// What came before a candidate was confirmed is stream data of the new connection, in every copy of its SYN.
  @Test(arguments: [
    candidate("data sent twice", Expected("fast two", "")) { c in
      c.syn("fast")
      c.again()
    },
    candidate("the second copy alone has data", Expected("fast two", "")) { c in
      c.syn()
      c.syn("fast")
    },
    candidate("a copy has more data", Expected("fast two", "")) { c in
      c.syn("fa")
      c.syn("fast")
      c.syn("f")
    },
    candidate("copies differ", Expected("fast two", "", conflicts: ["0: fast #5, not FAST #6"])) { c in
      c.syn("fast")
      c.again()
      c.changeLast { $0.payload = [UInt8](text: "FAST") }
    },
    candidate("the capture has cut its data off", Expected("fa[2 cut end acked] two", "", close: .open)) { c in
      c.syn("fast")
      c.changeLast { $0.cut = 2 }
    },
  ])
  func candidateData(row: ScriptCase) { row.check() }

  private static func candidate(
    _ name: String, _ expected: Expected, _ syns: @escaping @Sendable (inout Conversation) -> Void
  ) -> ScriptCase {
    ScriptCase(name, Expected("one", "", close: .reuse, ends: [.none, .none]), expected) { c in
      c.handshake()
      c.send(.client, "one")
      c.renew(clientISN: 500_000, serverISN: 600_000)
      syns(&c)
      c.synAck()
      c.ack()
      c.send(.client, " two")
      c.close()
    }
  }

  @Test func aCandidateIsCountedWhenItIsConfirmed() {
    var old = Conversation()
    old.handshake()
    old.send(.client, "old")
    old.renew(clientISN: 500_000, serverISN: 600_000)
    old.syn()
    let candidate = old.packets.count
    old.synAck()
    old.ack()
    old.send(.client, "new")
    var between = Conversation(client: Endpoint("10.0.0.9", 41_000), start: old.packets[candidate - 1].time + 1_000)
    between.syn()
    let run = EngineRun()
    run.feed(old.packets[..<candidate] + between.packets + old.packets[candidate...])
    #expect(run.finish() == [])
    #expect(run.recorder.streams.map { $0.rendered(.originator) } == ["old", "", "new"])
    #expect(run.recorder.streams.map(\.opening.info.packetNumber).dropLast() == [1, UInt64(candidate + 1)])
  }
}

extension EngineRun {
  func feed(_ packets: ArraySlice<ScriptedPacket>) { feed(Array(packets)) }
}
