import Packets
import Reassembly
import TestSupport
import Testing

/// Several SYN-ACKs of one connection, and a SYN that comes again after payload.
@Suite struct SynAckTests {
  @Test(arguments: [
    ScriptCase("the client acknowledges the second", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.syn()
      c.synAck(isn: 7_000)
      c.synAck(isn: 90_000)
      c.ack()
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase("the client acknowledges the first", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.syn()
      c.synAck()
      c.forge(from: .server, sequence: 90_000, acknowledgment: 1_001, flags: [.syn, .ack])
      c.ack()
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase("the server goes on before the client acknowledges", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) {
      c in
      c.syn()
      c.synAck(isn: 7_000)
      c.synAck(isn: 90_000)
      c.send(.server, "answer")
      c.ack()
      c.send(.client, "ask")
      c.close()
    },
    ScriptCase(
      "data out of order before the client acknowledges", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])
    ) { c in
      c.syn()
      c.synAck(isn: 7_000)
      c.synAck(isn: 90_000)
      c.segment(from: .server, offset: 3, "wer")
      c.ack(acknowledging: 0)
      c.segment(from: .server, offset: 0, "ans")
      c.send(.client, "ask")
      c.close()
    },
    ScriptCase(
      "the acknowledgment is captured before the SYN-ACK that it is for",
      Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])
    ) { c in
      c.syn()
      c.synAck(isn: 7_000)
      c.forge(from: .client, sequence: 1_001, acknowledgment: 90_001, flags: .ack)
      c.synAck(isn: 90_000)
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase(
      "the client was not captured",
      .open(
        "", "answer", handshake: .partial, by: .synAck, starts: [.none, .syn], anomalies: ["server.syn_ack_ignored": 1])
    ) { c in
      c.synAck(isn: 7_000, acknowledging: 0)
      c.synAck(isn: 90_000, acknowledging: 0)
      c.send(.server, "answer")
    },
    ScriptCase("the client acknowledges both, the second last", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.syn()
      c.synAck()
      c.ack()
      c.synAck(isn: 90_000)
      c.ack()
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase("both, and the second has the lower number", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.syn()
      c.synAck(isn: 90_000)
      c.ack()
      c.synAck(isn: 5_000)
      c.ack()
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase("both, and the second is far away", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.syn()
      c.synAck()
      c.ack()
      c.synAck(isn: 3_000_000_000)
      c.ack()
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase("both, after payload of the client", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.handshake()
      c.send(.client, "ask")
      c.synAck(isn: 90_000, acknowledging: 0)
      c.ack()
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase("both, and the SYN is repeated in between", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.handshake()
      c.wait(seconds: 30)
      c.syn()
      c.synAck(isn: 90_000)
      c.ack()
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase("three, one after the other", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 2])) { c in
      c.handshake()
      for isn in [2_000_000_000, 4_000_000_000] as [UInt32] {
        c.synAck(isn: isn)
        c.ack()
      }
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase("ten, one after the other", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 10])) { c in
      c.handshake()
      for number in 1...10 as ClosedRange<UInt32> {
        c.synAck(isn: number &* 400_000_000)
        c.ack()
      }
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase("the first once more", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.handshake()
      c.forge(from: .server, sequence: 90_000, acknowledgment: 1_001, flags: [.syn, .ack])
      c.forge(from: .client, sequence: 1_001, acknowledgment: 90_001, flags: .ack)
      c.ack()
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase(
      "a copy of the first behind the acknowledgment of the second", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 2])
    ) {
      c in
      c.syn()
      c.synAck(isn: 90_000)
      c.ack()
      c.synAck(isn: 5_000)
      c.ack()
      c.forge(from: .server, sequence: 90_000, acknowledgment: 1_001, flags: [.syn, .ack])
      c.send(.server, "answer")
      c.send(.client, "ask")
      c.close()
    },
    ScriptCase("the last acknowledgment is captured behind the data", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) {
      c in
      c.handshake()
      c.synAck(isn: 90_000)
      c.send(.server, "answer")
      c.ack(acknowledging: 0)
      c.send(.client, "ask")
      c.close()
    },
    ScriptCase("the last bare acknowledgment was not captured", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.handshake()
      c.synAck(isn: 90_000)
      c.send(.server, "answer")
      c.send(.client, "ask")
      c.close()
    },
    ScriptCase("data below the first number", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.syn()
      c.synAck(isn: 90_000)
      c.ack()
      c.synAck(isn: 5_000)
      c.send(.server, "answer")
      c.send(.client, "ask")
      c.close()
    },
    ScriptCase("one that the client never acknowledges", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])) { c in
      c.handshake()
      c.forge(from: .server, sequence: 90_000, acknowledgment: 1_001, flags: [.syn, .ack])
      c.ack()
      c.send(.client, "ask")
      c.send(.server, "answer")
      c.close()
    },
    ScriptCase(
      "one whose number the stream reaches, in disorder", Expected("ask", "answer", anomalies: ["server.syn_ack_ignored": 1])
    ) { c in
      c.handshake()
      c.forge(from: .server, sequence: 5_003, acknowledgment: 1_001, flags: [.syn, .ack])
      c.segment(from: .server, offset: 3, "wer")
      c.segment(from: .server, offset: 0, "ans")
      c.send(.client, "ask")
      c.close()
    },
  ])
  func synAck(row: ScriptCase) { row.check() }

  /// The client sends payload, repeats its SYN with the same number, and acknowledges a SYN-ACK with another one.
  @Test(arguments: [
    beginsAnew("the server was silent") { c in c.send(.client, "one") },
    beginsAnew("the server was silent, and its number is near", serverISN: 5_100) { c in c.send(.client, "one") },
    beginsAnew("the server was silent, and its number is far away", serverISN: 3_000_000_000) { c in c.send(.client, "one") },
    beginsAnew("the server was silent, and its number is lower", serverISN: 100) { c in c.send(.client, "one") },
    beginsAnew("the server had spoken", server: "uno") { c in
      c.send(.client, "one")
      c.send(.server, "uno")
    },
    beginsAnew("the server had spoken, and its number is far away", server: "uno", serverISN: 3_000_000_000) { c in
      c.send(.client, "one")
      c.send(.server, "uno")
    },
    beginsAnew("the SYN is repeated three times", copies: 3) { c in c.send(.client, "one") },
  ])
  func repetition(row: ScriptCase) { row.check() }

  private static func beginsAnew(
    _ name: String, server: String = "", serverISN: UInt32 = 90_000, copies: Int = 1,
    _ old: @escaping @Sendable (inout Conversation) -> Void
  ) -> ScriptCase {
    ScriptCase(name, Expected("one", server, close: .reuse, ends: [.none, .none]), Expected("SECOND", "2")) { c in
      c.handshake()
      old(&c)
      c.wait(seconds: 60)
      c.renew(clientISN: 1_000, serverISN: serverISN)
      for _ in 0..<copies { c.syn() }
      c.synAck()
      c.ack()
      c.send(.client, "SECOND")
      c.send(.server, "2")
      c.close()
    }
  }

  @Test(arguments: [
    ScriptCase("a late copy of the SYN", Expected("one two", "uno dos")) { c in
      c.handshake()
      c.send(.client, "one")
      c.send(.server, "uno")
      c.forge(from: .client, sequence: 1_000, flags: .syn)
      c.ack(.server)
      c.send(.client, " two")
      c.send(.server, " dos")
      c.close()
    },
    ScriptCase(
      "a SYN-ACK that the client never acknowledges", Expected("one two", "uno", anomalies: ["server.syn_ack_ignored": 1])
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.forge(from: .client, sequence: 1_000, flags: .syn)
      c.forge(from: .server, sequence: 90_000, acknowledgment: 1_001, flags: [.syn, .ack])
      c.send(.client, " two")
      c.send(.server, "uno")
      c.close()
    },
    ScriptCase(
      "two SYN-ACKs, of which the client acknowledges the first",
      Expected("one", "", close: .reuse, ends: [.none, .none], anomalies: ["server.syn_ack_ignored": 1]), Expected("two", "dos")
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.renew(clientISN: 1_000, serverISN: 90_000)
      c.syn()
      c.synAck()
      c.forge(from: .server, sequence: 170_000, acknowledgment: 1_001, flags: [.syn, .ack])
      c.ack()
      c.send(.client, "two")
      c.send(.server, "dos")
      c.close()
    },
    ScriptCase(
      "the acknowledgment of the client was not captured", Expected("one", "", close: .reuse, ends: [.none, .none]), Expected("two", "dos")
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.renew(clientISN: 1_000, serverISN: 90_000)
      c.syn()
      c.synAck()
      c.send(.server, "dos")
      c.send(.client, "two")
      c.close()
    },
    ScriptCase("a reset came before", Expected("one", "", close: .rst, ends: [.none, .rst]), Expected("two", "dos")) { c in
      c.handshake()
      c.send(.client, "one")
      c.rst(.server)
      c.renew(clientISN: 1_000, serverISN: 90_000)
      c.syn()
      c.synAck()
      c.ack()
      c.send(.client, "two")
      c.send(.server, "dos")
      c.close()
    },
    ScriptCase(
      "the first SYN-ACK was not captured",
      Expected("one", "", close: .reuse, handshake: .partial, starts: [.syn, .none], ends: [.none, .none]), Expected("two", "dos")
    ) { c in
      c.syn()
      c.send(.client, "one")
      c.renew(clientISN: 1_000, serverISN: 90_000)
      c.syn()
      c.synAck()
      c.ack()
      c.send(.client, "two")
      c.send(.server, "dos")
      c.close()
    },
  ])
  func repetitionOtherwise(row: ScriptCase) { row.check() }
}
