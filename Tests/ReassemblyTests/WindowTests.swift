import Packets
import Reassembly
import TestSupport
import Testing

private let far = 1 << 30

/// The first byte of a script has the number 2^31.
private let talk = Conversation(clientISN: 0x7fff_ffff)

extension Expected {
  /// A client of whose handshake nothing was captured before its bytes.
  fileprivate static func held(
    _ client: String, starts: [HalfReport.Start] = [.midstream, .none], ends: [HalfReport.End] = [.none, .none],
    handshake: ConnectionReport.Handshake = .none, by evidence: ConnectionReport.ClientEvidence = .port,
    dropped: [String: UInt64] = [:], anomalies: [String: UInt64] = [:]
  ) -> Expected {
    .open(client, "", handshake: handshake, by: evidence, starts: starts, ends: ends, dropped: dropped, anomalies: anomalies)
  }
}

/// All that one direction holds lies within 2^30 of each other, whatever is known of its start and however that moves (sections 2 and 3).
///
/// Offsets count from an initial number of which no SYN tells, so they may be negative.
@Suite struct WindowTests {
  @Test(arguments: [
    ScriptCase(
      "three bytes 2^30 apart", conversation: talk,
      .held("b[1073741823 lost end]a", dropped: ["client.out_of_window": 1], anomalies: ["client.out_of_window": 1])
    ) { c in
      c.segment(from: .client, offset: 0, "a", flags: .ack)
      c.segment(from: .client, offset: -far, "b", flags: .ack)
      c.segment(from: .client, offset: far, "c", flags: .ack)
    },
    ScriptCase(
      "three bytes 2^30 apart, the highest one first", conversation: talk,
      .held("a[1073741823 lost end]c", dropped: ["client.out_of_window": 1], anomalies: ["client.out_of_window": 1])
    ) { c in
      c.segment(from: .client, offset: 0, "a", flags: .ack)
      c.segment(from: .client, offset: far, "c", flags: .ack)
      c.segment(from: .client, offset: -far, "b", flags: .ack)
    },
    ScriptCase(
      "a FIN among bytes 2^30 apart", conversation: talk,
      .held(
        "b[1073741823 lost end]a", dropped: ["client.out_of_window": 1], anomalies: ["client.out_of_window": 1, "client.fin_ignored": 1])
    ) { c in
      c.segment(from: .client, offset: 0, "a", flags: .ack)
      c.segment(from: .client, offset: -far, "b", flags: .ack)
      c.segment(from: .client, offset: far, "c", flags: .ack)
      c.segment(from: .client, offset: 50, "", flags: [.fin, .ack])
    },
    ScriptCase(
      "a FIN within the window, then payload too far below it", conversation: talk,
      .held(
        "a[49 lost end]", ends: [.fin, .none], dropped: ["client.out_of_window": 1], anomalies: ["client.out_of_window": 1])
    ) { c in
      c.segment(from: .client, offset: 0, "a", flags: .ack)
      c.segment(from: .client, offset: 50, "", flags: [.fin, .ack])
      c.segment(from: .client, offset: 49 - far, "b", flags: .ack)
    },
    ScriptCase(
      "a late SYN below bytes 2^30 apart", conversation: talk,
      .held(
        "[1048574 lost end]b", starts: [.syn, .none], handshake: .partial, by: .syn, dropped: ["client.out_of_window": 2],
        anomalies: ["client.out_of_window": 1, "client.fin_ignored": 1])
    ) { c in
      c.segment(from: .client, offset: 0, "a", flags: .ack)
      c.segment(from: .client, offset: 5_000 - far, "b", flags: .ack)
      c.segment(from: .client, offset: far - 5_004, "c", flags: .ack)
      c.segment(from: .client, offset: 50, "", flags: [.fin, .ack])
      c.forge(from: .client, sequence: c.sequence(.client, 5_000 - far - 1_048_574) &- 1, flags: .syn)
    },
    ScriptCase(
      "a cut segment that would stretch the window", conversation: talk,
      .held("bbbbbbbbbb[1073741814 lost end]a", dropped: ["client.out_of_window": 110], anomalies: ["client.out_of_window": 2])
    ) { c in
      c.segment(from: .client, offset: 0, "a", flags: .ack)
      c.segment(from: .client, offset: -far, "bbbbbbbbbb", flags: .ack)
      c.segment(from: .client, offset: far, String(repeating: "c", count: 1_400), flags: .ack, cut: 1_300)
      c.segment(from: .client, offset: far - 5_000, "dddddddddd", flags: .ack)
    },
    ScriptCase(
      "a window that is stretched, and the stream goes on at its lowest byte", conversation: talk,
      .held(
        "bb[998 lost end]dd[1073740822 lost end]a[1 lost end]z",
        dropped: ["client.out_of_window": 100], anomalies: ["client.out_of_window": 1])
    ) { c in
      c.segment(from: .client, offset: 0, "a", flags: .ack)
      c.segment(from: .client, offset: -far, "bb", flags: .ack)
      c.segment(from: .client, offset: far, String(repeating: "c", count: 1_400), flags: .ack, cut: 1_300)
      c.wait(seconds: 2)
      c.segment(from: .client, offset: 1_000 - far, "dd", flags: .ack)
      c.segment(from: .client, offset: 2, "z", flags: .ack)
    },
    ScriptCase("a segment that begins 2^30 above the lowest byte is held whole", conversation: talk, .held("a[1073741823 lost end]far")) {
      c in
      c.segment(from: .client, offset: 0, "a", flags: .ack)
      c.segment(from: .client, offset: far, "far", flags: .ack)
    },
    ScriptCase("a segment that begins 2^30 below the highest one", conversation: talk, .held("a[1073741823 lost end]far")) { c in
      c.segment(from: .client, offset: 0, "far", flags: .ack)
      c.segment(from: .client, offset: -far, "a", flags: .ack)
    },
    ScriptCase(
      "what would stretch the window near its lowest byte proves no pause", conversation: talk,
      .held("a[1073741823 lost end]b", dropped: ["client.out_of_window": 3], anomalies: ["client.out_of_window": 3])
    ) { c in
      c.segment(from: .client, offset: 0, "a", flags: .ack)
      c.segment(from: .client, offset: far, "b", flags: .ack)
      for offset in [-3, -2, -1] { c.segment(from: .client, offset: offset, "c", flags: .ack) }
    },
    ScriptCase(
      "a pause before the start is known", conversation: talk, .held("a[2147483000 jump]bcd", anomalies: [:])
    ) { c in
      c.segment(from: .client, offset: 0, "a", flags: .ack)
      for (index, text) in ["b", "c", "d"].enumerated() {
        c.segment(from: .client, offset: 2_147_483_001 + index, text, flags: .ack)
      }
    },
    ScriptCase(
      "payload wins against a reset that waits", conversation: talk, thenWaits: 30,
      .held("ab", anomalies: ["client.rst_ignored": 1])
    ) { c in
      c.segment(from: .client, offset: 1, "b", flags: .ack)
      c.rst(.client, offset: far + 1, flags: .rst)
      c.segment(from: .client, offset: 0, "a", flags: .ack)
    },
    ScriptCase(
      "payload behind a pause withdraws a reset that waits before it",
      .open("[1500000000 jump]bcd", "", anomalies: ["client.rst_withdrawn": 1])
    ) { c in
      c.handshake()
      c.rst(.client, offset: 1_000, flags: .rst)
      for (index, text) in ["b", "c", "d"].enumerated() { c.segment(from: .client, offset: 1_500_000_000 + index, text, flags: .ack) }
    },
  ])
  func beforeTheStartIsKnown(row: ScriptCase) { row.check() }

  /// A SYN-ACK with another number moves the window: what it does not hold goes, and the rest stays.
  @Test(arguments: [
    ScriptCase(
      "a SYN-ACK that counts far from what is queued",
      .open(
        "", "cccc", starts: [.syn, .syn], dropped: ["server.out_of_window": 4], anomalies: ["server.syn_ack_ignored": 1])
    ) { c in
      c.syn()
      c.synAck()
      c.forge(from: .server, sequence: 2_684_355_661, acknowledgment: 1_001, flags: [.syn, .ack])
      c.forge(from: .server, sequence: 5_101, acknowledgment: 1_001, "aa", flags: .ack)
      c.forge(from: .server, sequence: 5_001 + (1 << 30), acknowledgment: 1_001, "bb", flags: .ack)
      c.forge(from: .client, sequence: 1_001, acknowledgment: 2_684_355_662, flags: .ack)
      c.forge(from: .server, sequence: 2_684_355_662, acknowledgment: 1_001, "cccc", flags: .ack)
    },
    ScriptCase(
      "a SYN-ACK that counts in the middle of what is queued",
      .open(
        "", "[100 lost end]cc[1073741722 lost end]dd", starts: [.syn, .syn],
        dropped: ["server.before_start": 5], anomalies: ["server.syn_ack_ignored": 1])
    ) { c in
      c.syn()
      c.synAck()
      c.forge(from: .server, sequence: 6_000, acknowledgment: 1_001, flags: [.syn, .ack])
      c.forge(from: .server, sequence: 5_101, acknowledgment: 1_001, "aaa", flags: .ack)
      c.forge(from: .server, sequence: 5_999, acknowledgment: 1_001, "bb", flags: .ack)
      c.forge(from: .server, sequence: 6_101, acknowledgment: 1_001, "cc", flags: .ack)
      c.forge(from: .client, sequence: 1_001, acknowledgment: 6_001, flags: .ack)
      c.forge(from: .server, sequence: 6_103 + 1_073_741_722, acknowledgment: 1_001, "dd", flags: .ack)
    },
  ])
  func alternatives(row: ScriptCase) { row.check() }

  /// A stream that sets the start of a direction moves the window too.
  @Test(arguments: EngineRun.seeds)
  func aStartFarFromHeldBytes(seed: UInt64) throws {
    var talk = talk
    talk.segment(from: .client, offset: 0, "aaa", flags: .ack)
    talk.segment(from: .client, offset: far, "bb", flags: .ack)
    talk.segment(from: .client, offset: 7, "", flags: [.fin, .ack])
    talk.segment(from: .client, offset: -5, "cccc", flags: .ack)
    talk.segment(from: .client, offset: far + 7, "dd", flags: .ack)
    let run = EngineRun(seed: seed)
    run.recorder.judge = { judged, start in
      start = judged.packet == 5
      return .accept
    }
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let report = try #require(run.recorder.streams.first?.report?.originator)
    #expect(run.recorder.streams.first?.rendered(.originator) == "dd")
    #expect(report.dropped[.beforeStart] == 2)
    #expect(report.dropped[.outOfWindow] == 7)
    #expect(report.anomalies[.finIgnored] == 1)
  }

  /// Placeholders of what was turned away count as held, before the start as after it.
  @Test(arguments: EngineRun.seeds)
  func rejectedBytes(seed: UInt64) throws {
    var talk = talk
    talk.segment(from: .client, offset: 0, "a", flags: .ack)
    talk.segment(from: .client, offset: -far, "bb", flags: .ack)
    talk.segment(from: .client, offset: far, "cc", flags: .ack)
    talk.segment(from: .client, offset: far - 5, "d", flags: .ack)
    talk.wait(seconds: 2)
    talk.segment(from: .client, offset: 3 - far, "e", flags: .ack)
    let run = EngineRun(seed: seed)
    run.recorder.judge = { judged, _ in judged.packet == 2 || judged.packet == 3 ? .reject(.other) : .accept }
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = try #require(run.recorder.streams.first)
    #expect(stream.rendered(.originator) == "[2 rejected end][1 lost end]e[1073741820 lost end]a")
    #expect(stream.report?.originator.dropped[.rejected] == 4)
    #expect(stream.report?.originator.dropped[.outOfWindow] == 1)
  }

  /// A reset that was withdrawn leaves the position that distances are measured from, and a FIN lies within 2^30 of that too.
  @Test(arguments: EngineRun.seeds, [(49, false), (50, false), (51, true), (60_000_000, true)])
  func aFINAboveAWithdrawnReset(seed: UInt64, place: (distance: Int, isIgnored: Bool)) throws {
    var talk = talk
    talk.segment(from: .server, offset: 0, "s", flags: .ack, acknowledging: 0)
    talk.segment(from: .client, offset: 0, "", flags: .rst)
    talk.segment(from: .client, offset: far - 50, "a", flags: .ack)
    talk.segment(from: .client, offset: far - 50 + place.distance, "", flags: .fin)
    let run = EngineRun(seed: seed)
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = try #require(run.recorder.streams.first)
    #expect(stream.report?.originator.anomalies[.finIgnored] ?? 0 == 0)
    #expect(stream.report?.responder.anomalies[.rstWithdrawn] == 1)
    #expect(stream.report?.responder.anomalies[.finIgnored] == (place.isIgnored ? 1 : 0))
  }

  /// SYN together with FIN is no control information, so it takes no number: also not of a segment that was turned away.
  @Test func aRejectedSegmentWithSYNAndFIN() {
    var talk = Conversation()
    talk.handshake()
    talk.forge(from: .client, sequence: 1_001, acknowledgment: 5_001, "abc", flags: [.syn, .fin, .ack])
    talk.segment(from: .client, offset: 3, "def")
    let run = EngineRun()
    run.recorder.judge = { judged, _ in judged.packet == 4 ? .reject(.other) : .accept }
    run.feed(talk.packets)
    #expect(run.finish() == [])
    #expect(run.recorder.streams.first?.rendered(.originator) == "[3 rejected end]def")
  }

  /// Bytes that a stream keeps have their place whatever gaps come behind them.
  @Test(arguments: EngineRun.seeds)
  func keptBytesBeforeLongPauses(seed: UInt64) {
    var talk = Conversation()
    talk.handshake()
    talk.segment(from: .client, offset: 0, "head")
    for pause in 1...3 {
      for part in 0..<3 { talk.segment(from: .client, offset: pause * 3_000_000_000 + 4 * part, "tail") }
    }
    let run = EngineRun(seed: seed)
    run.recorder.keep = { count in min(count, 2) }
    run.feed(talk.packets)
    #expect(run.finish() == [])
    #expect(run.recorder.streams.first?.bytes(.originator).count == 4 + 3 * 12)
  }
}

/// Captures of headers alone: placeholders are all that a direction holds.
@Suite struct LongPlaceholderTests {
  /// Gaps of a stream of which nothing but headers was captured, in segments of 50 MB.
  private func gaps(ofHeaders count: Int) throws -> [String] {
    let recorder = Recorder()
    var assembler = Assembler(factory: recorder)
    let key = FlowKey(source: IPAddress(v4: 1), destination: IPAddress(v4: 2), sourcePort: 40_000, destinationPort: 80)
    let length = 50_000_000
    var sequence = SequenceNumber(1_000)
    for number in 0...count {
      let segment = TCPSegment(
        key: key, sequence: sequence, acknowledgment: SequenceNumber(0), flags: number == 0 ? .syn : .ack, window: 1, options: Span(),
        payload: Span(), missingLength: number == 0 ? 0 : length)
      sequence = sequence.advanced(by: number == 0 ? 1 : length)
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: Int64(number)), capturedLength: 54, originalLength: 54 + length, packetNumber: UInt64(number + 1))
      assembler.assemble(segment, info: info)
    }
    assembler.flushAll()
    #expect(assembler.statistics.pageLimitFlushes == 0)
    return try #require(recorder.streams.first).gaps(.originator).map { "\($0.length) \($0.kind) \($0.cause)" }
  }

  /// Nothing but the end gives up a placeholder that the window has room for.
  @Test func aPlaceholderLongerThanAQuarterOfTheWindow() throws {
    #expect(try gaps(ofHeaders: 8) == ["400000000 cut end"])
  }

  /// No limit was reached where the stream went on far ahead.
  @Test func placeholdersBeyondHalfTheWindow() throws {
    #expect(try gaps(ofHeaders: 12) == ["550000000 cut age", "50000000 cut end"])
  }

  /// The length on the wire is whatever the record of a capture says.
  @Test(arguments: [1 << 29, 1 << 30, (1 << 30) + 1, 1 << 31, (1 << 32) - 1, 1 << 32], EngineRun.seeds)
  func aSegmentThatIsSaidToBeLong(length: Int, seed: UInt64) {
    for isHeld in [false, true] {
      let run = EngineRun(seed: seed)
      var talk = Conversation()
      if !isHeld { talk.handshake() }
      talk.segment(from: .client, offset: 0, "abc", flags: [.fin, .ack])
      talk.segment(from: .client, offset: 10, "k")
      talk.segment(from: .client, offset: 4, "ef")
      let number = isHeld ? 0 : 3
      for (index, packet) in talk.packets.enumerated() {
        if index == number { run.feed(packet, claiming: length) } else { run.feed(packet) }
      }
      #expect(run.finish() == [])
    }
  }
}
