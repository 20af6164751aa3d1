import Packets
import Reassembly
import TestSupport
import Testing

/// What becomes of one segment.
@Suite struct SegmentTests {
  @Test(arguments: [
    ScriptCase("data on the SYN", Expected("GET /x", "ok")) { c in
      c.syn("GET /")
      c.synAck("o")
      c.ack()
      c.send(.client, "x")
      c.send(.server, "k")
      c.close()
    },
    ScriptCase("a SYN sent again with more", Expected("GET /x", "")) { c in
      c.syn("GET")
      c.syn("GET /x")
      c.synAck()
      c.ack()
      c.close()
    },
    ScriptCase("a SYN's data sent again without it", Expected("GET /x", "")) { c in
      c.syn("GET")
      c.synAck(acknowledging: 0)
      c.segment(from: .client, offset: 0, "GET /x")
      c.close()
    },
    ScriptCase("a repetition and a new tail", Expected("abcdef", "")) { c in
      c.handshake()
      c.send(.client, "abc")
      c.segment(from: .client, offset: 1, "bcdef")
      c.segment(from: .client, offset: 0, "abc")
      c.close()
    },
    ScriptCase("holes close in any order", Expected("abcdefgh", "")) { c in
      c.handshake()
      for (offset, text) in [(6, "gh"), (2, "cd"), (4, "ef"), (0, "ab")] { c.segment(from: .client, offset: offset, text) }
      c.close()
    },
    ScriptCase(
      "one segment bridges several queued ones", Expected("abcdefgh", "")
    ) { c in
      c.handshake()
      for (offset, text) in [(7, "h"), (3, "d"), (5, "f"), (1, "bcdefg"), (0, "a")] { c.segment(from: .client, offset: offset, text) }
      c.close()
    },
    ScriptCase("above the maximum segment size", Expected(text([UInt8].letters(60_000)), "")) { c in
      c.syn()
      c.changeLast { $0.options = [2, 4, 0x05, 0xb4] }
      c.synAck()
      c.changeLast { $0.options = [2, 4, 0x05, 0xb4] }
      c.ack()
      c.send(.client, .letters(60_000))
      c.close()
    },
    ScriptCase("urgent data stays in line", Expected("abcdef", "", anomalies: ["client.urgent": 1])) { c in
      c.handshake()
      c.send(.client, "ab")
      c.send(.client, "cd", flags: [.ack, .urg])
      c.changeLast { $0.urgentPointer = 1 }
      c.send(.client, "ef")
      c.close()
    },
    ScriptCase("an empty segment changes nothing", Expected("abcd", "")) { c in
      c.handshake()
      c.send(.client, "ab")
      c.ack(.client)
      c.segment(from: .client, offset: 1, "", flags: .ack)
      c.send(.client, "cd")
      c.close()
    },
    ScriptCase(
      "SYN with FIN is neither", Expected("abcdef", "", anomalies: ["client.syn_with_fin_or_rst": 1])
    ) { c in
      c.handshake()
      c.send(.client, "ab")
      c.forge(from: .client, sequence: c.sequence(.client, 2), acknowledgment: 5_001, "cd", flags: [.syn, .fin, .ack])
      c.segment(from: .client, offset: 4, "ef")
      c.close()
    },
    ScriptCase(
      "SYN with RST is neither", Expected("abcdef", "", anomalies: ["client.syn_with_fin_or_rst": 1])
    ) { c in
      c.handshake()
      c.send(.client, "ab")
      c.forge(from: .client, sequence: c.sequence(.client, 2), acknowledgment: 5_001, "cd", flags: [.syn, .rst, .ack])
      c.segment(from: .client, offset: 4, "ef")
      c.close()
    },
    ScriptCase("SYN with FIN and nothing else makes no connection", totals: ["stray packets": 1, "contradictory": 1]) { c in
      c.forge(from: .client, sequence: 1, flags: [.syn, .fin])
    },
  ])
  func ordinary(row: ScriptCase) { row.check() }

  @Test(arguments: [
    ScriptCase(
      "a keep-alive with another value", Expected("hello you", "", dropped: ["client.keep_alive": 1], anomalies: ["client.keep_alive": 1])
    ) { c in
      c.handshake()
      c.send(.client, "hello")
      c.segment(from: .client, offset: 4, "\0", flags: .ack)
      c.ack(.server)
      c.send(.client, " you")
      c.close()
    },
    ScriptCase(
      "a keep-alive before any data", Expected("hello", "", dropped: ["client.keep_alive": 1], anomalies: ["client.keep_alive": 1])
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: -1, "\0", flags: .ack)
      c.segment(from: .client, offset: 0, "hello")
      c.close()
    },
    ScriptCase("a window probe", Expected("helloxyz", "", dropped: ["client.keep_alive": 1], anomalies: nil)) { c in
      c.handshake()
      c.send(.client, "hello")
      c.ack(.server)
      c.changeLast { $0.window = 0 }
      c.segment(from: .client, offset: 5, "x")
      c.ack(.server, acknowledging: 5)
      c.changeLast { $0.window = 0 }
      c.again(2)
      c.ack(.server, acknowledging: 5)
      c.segment(from: .client, offset: 5, "xyz")
      c.close()
    },
    ScriptCase(
      "a keep-alive with another value while the window is closed",
      Expected("hello you", "", dropped: ["client.keep_alive": 1], anomalies: nil)
    ) { c in
      c.handshake()
      c.send(.client, "hello")
      c.ack(.server)
      c.changeLast { $0.window = 0 }
      c.segment(from: .client, offset: 4, "\0", flags: .ack)
      c.ack(.server)
      c.send(.client, " you")
      c.close()
    },
  ])
  func probes(row: ScriptCase) { row.check() }

  @Test(arguments: [
    ScriptCase(
      "more than 2^30 ahead", Expected("goodmore", "", dropped: ["client.out_of_window": 3], anomalies: ["client.out_of_window": 1])
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "good")
      c.forge(from: .client, sequence: c.sequence(.client, 4 + (1 << 30) + 1), acknowledgment: 5_001, "far", flags: .ack)
      c.segment(from: .client, offset: 4, "more")
      c.close()
    },
    ScriptCase(
      "more than 2^30 behind", Expected("goodmore", "", dropped: ["client.out_of_window": 3], anomalies: ["client.out_of_window": 1])
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "good")
      c.forge(from: .client, sequence: c.sequence(.client, 4 - (1 << 30) - 1), acknowledgment: 5_001, "far", flags: .ack)
      c.segment(from: .client, offset: 4, "more")
      c.close()
    },
    ScriptCase("2^30 ahead is queued", .open("good[1073741824 lost end]far", "")) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "good")
      c.segment(from: .client, offset: 4 + (1 << 30), "far")
    },
    ScriptCase(
      "three contiguous ones prove a pause", .open("head[1073741920 jump]tailtaletellend", "", anomalies: nil)
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "head")
      for (index, text) in ["tail", "tale", "tell", "end"].enumerated() {
        c.segment(from: .client, offset: 4 + 1_073_741_920 + 4 * index, text)
      }
    },
    ScriptCase(
      "a pause of more than 2^31", .open("head[2500000000 jump]tailtaletell", "", anomalies: nil)
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "head")
      for (index, text) in ["tail", "tale", "tell"].enumerated() {
        c.segment(from: .client, offset: 4 + 2_500_000_000 + 4 * index, text)
      }
    },
    ScriptCase(
      "payload of that direction between them breaks the proof",
      .open("headmore", "", dropped: ["client.out_of_window": 12], anomalies: ["client.out_of_window": 3])
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "head")
      c.segment(from: .client, offset: 2_000_000_000, "tail")
      c.segment(from: .client, offset: 2_000_000_004, "tale")
      c.segment(from: .client, offset: 4, "more")
      c.segment(from: .client, offset: 2_000_000_008, "tell")
    },
    ScriptCase(
      "three that are not contiguous prove nothing",
      .open("headmore", "", dropped: ["client.out_of_window": 12], anomalies: ["client.out_of_window": 3])
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "head")
      c.segment(from: .client, offset: 2_000_000_000, "tail")
      c.segment(from: .client, offset: 2_000_000_004, "tale")
      c.segment(from: .client, offset: 2_000_000_009, "tell")
      c.segment(from: .client, offset: 4, "more")
    },
    ScriptCase(
      "one far segment sent thrice proves nothing",
      .open("headmore", "", dropped: ["client.out_of_window": 12], anomalies: ["client.out_of_window": 3])
    ) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "head")
      for _ in 0..<3 { c.segment(from: .client, offset: 2_000_000_000, "tail") }
      c.segment(from: .client, offset: 4, "more")
    },
  ])
  func window(row: ScriptCase) { row.check() }

  @Test(arguments: [
    ScriptCase("the missing tail is a gap", .open("abcdef[4 cut end acked]klm", "", ends: [.fin, .fin])) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abcdefghij", cut: 4)
      c.segment(from: .client, offset: 10, "klm")
      c.close()
    },
    ScriptCase("a full retransmission fills it", Expected("abcdefghijklm", "")) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abcdefghij", cut: 4)
      c.segment(from: .client, offset: 10, "klm")
      c.segment(from: .client, offset: 0, "abcdefghij")
      c.close()
    },
    ScriptCase("part of a retransmission fills part of it", .open("abcdefgh[2 cut end acked]klm", "", ends: [.fin, .fin])) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abcdefghij", cut: 4)
      c.segment(from: .client, offset: 10, "klm")
      c.segment(from: .client, offset: 0, "abcdefghij", cut: 2)
      c.close()
    },
    ScriptCase("a cut tail at the end", .open("abcdef[4 cut end]", "")) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abcdefghij", cut: 4)
    },
    ScriptCase("every segment is cut", .open("ab[2 cut end acked]ef[2 cut end acked]", "", ends: [.fin, .fin])) { c in
      c.handshake()
      c.segment(from: .client, offset: 0, "abcd", cut: 2)
      c.segment(from: .client, offset: 4, "efgh", cut: 2)
      c.close()
    },
  ])
  func cut(row: ScriptCase) { row.check() }

  @Test func whatBecameOfASegmentIsAnswered() {
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "abc")
    talk.segment(from: .client, offset: 5, "fg")
    talk.segment(from: .client, offset: 0, "abc")
    talk.segment(from: .client, offset: 3, "de")
    talk.ack(.server)
    let run = EngineRun()
    run.feed(talk.packets)
    let kinds = run.dispositions.map(\.kind)
    #expect(kinds.first == .opened)
    #expect(Array(kinds.dropFirst(3)) == [.delivered, .queued, .repeated, .delivered, .control])
    #expect(run.dispositions.allSatisfy { $0.connection == 1 })
    #expect(run.finish() == [])
  }
}
