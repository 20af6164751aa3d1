import Packets
import Reassembly
import TestSupport
import Testing

/// What somebody sends who wants the engine to err.
@Suite struct HostileSegmentTests {
  @Test(arguments: [
    ScriptCase(
      "a forged reset before the one that refuses",
      Expected(
        "", "", close: .refused, handshake: .partial, starts: [.syn, .none], ends: nil, anomalies: ["server.rst_ignored": 1])
    ) { c in
      c.syn()
      c.forge(from: .server, sequence: 9, acknowledgment: 4_711, flags: [.rst, .ack])
      c.forge(from: .server, sequence: 0, acknowledgment: 1_001, flags: [.rst, .ack])
    },
    ScriptCase(
      "a stray acknowledgment before the one that refuses",
      Expected("", "", close: .refused, handshake: .partial, starts: [.syn, .none], ends: nil)
    ) { c in
      c.syn()
      c.forge(from: .server, sequence: 77, acknowledgment: 55, flags: .ack)
      c.forge(from: .server, sequence: 0, acknowledgment: 1_001, flags: [.rst, .ack])
    },
    ScriptCase(
      "a reset that waits, and then another initial number", thenWaits: 30, .open("abc", "")
    ) { c in
      c.syn()
      c.forge(from: .client, sequence: 1_500, flags: .rst)
      c.syn(isn: 90_000)
      c.synAck()
      c.ack()
      c.send(.client, "abc")
    },
    ScriptCase(
      "a reset below the start of a held direction", thenWaits: 30,
      .open(
        "abcdef", "", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .none],
        anomalies: ["client.rst_ignored": 1])
    ) { c in
      c.segment(from: .client, offset: 1_000, "abc")
      c.forge(from: .client, sequence: 1_101, flags: .rst)
      c.wait(seconds: 2)
      c.segment(from: .client, offset: 1_003, "def")
    },
    ScriptCase(
      "the same ISN five seconds after a reset that nothing followed", Expected("one", "", close: .rst, ends: [.rst, .none]),
      Expected("two", "")
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.rst(.client)
      c.wait(seconds: 6)
      c.renew(clientISN: 1_000, serverISN: 5_000)
      c.handshake()
      c.send(.client, "two")
      c.close()
    },
    ScriptCase(
      "the same ISN four seconds after a reset", totals: ["straggler packets": 0],
      Expected("one", "", close: .rst, ends: [.rst, .none])
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.rst(.client)
      c.wait(seconds: 4)
      c.forge(from: .client, sequence: 1_000, flags: .syn)
    },
    ScriptCase(
      "the same ISN five seconds after FINs that nobody acknowledged", Expected("one", ""), Expected("two", "")
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.fin(.client)
      c.fin(.server)
      c.wait(seconds: 5.5)
      c.renew(clientISN: 1_000, serverISN: 5_000)
      c.handshake()
      c.send(.client, "two")
      c.close()
    },
    ScriptCase(
      "stragglers are known for a minute from the end, not from the next packet", totals: ["straggler packets": 0],
      Expected("one", "", close: .rst, ends: [.rst, .none]),
      .open("late", "", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .none])
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.rst(.client)
      c.wait(seconds: 70)
      c.send(.client, "late")
    },
    ScriptCase(
      "a candidate that is refused", Expected("one", "", close: .reuse, ends: [.none, .none]),
      Expected("", "", close: .refused, handshake: .partial, starts: [.syn, .none], ends: nil)
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.renew(clientISN: 500_000, serverISN: 0)
      c.syn()
      c.forge(from: .server, sequence: 0, acknowledgment: 500_001, flags: [.rst, .ack])
    },
    ScriptCase(
      "a candidate confirmed by payload that the snap length cut off", Expected("one", "", close: .reuse, ends: [.none, .none]),
      .open("[3 cut end]", "", handshake: .partial, starts: [.syn, .none])
    ) { c in
      c.handshake()
      c.send(.client, "one")
      c.renew(clientISN: 500_000, serverISN: 0)
      c.syn()
      c.segment(from: .client, offset: 0, "two", flags: .psh, cut: 3)
    },
    ScriptCase(
      "conflicts among held bytes have their offsets",
      Expected(
        "abcdef", "", close: .open, handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .none],
        ends: [.none, .none], conflicts: ["4: e #1, not X #2"])
    ) { c in
      c.segment(from: .client, offset: 103, "def")
      c.segment(from: .client, offset: 103, "dXf")
      c.segment(from: .client, offset: 100, "abc")
    },
    ScriptCase(
      "conflicts among held bytes, then the handshake",
      Expected(
        "abcdef", "", close: .open, handshake: .partial, starts: [.syn, .none], ends: [.none, .none], conflicts: ["4: e #1, not X #2"])
    ) { c in
      c.segment(from: .client, offset: 0, "abcdef")
      c.segment(from: .client, offset: 3, "dXf")
      c.syn()
    },
  ])
  func script(row: ScriptCase) { row.check() }

  /// With more conflicts than are kept, the direction is held no longer.
  @Test func manyConflictsAmongHeldBytes() {
    var talk = Conversation(step: 1_000)
    talk.segment(from: .client, offset: 0, "aaaa")
    for _ in 0..<500 { talk.segment(from: .client, offset: 0, "bbbb") }
    let run = EngineRun()
    run.feed(talk.packets)
    #expect(run.finish() == [])
    #expect(run.recorder.streams.first?.conflicts[.originator]?.count == 500)
    #expect(run.recorder.streams.first?.rendered(.originator) == "aaaa")
  }

  /// A stream may start a direction at a segment behind others that were held.
  @Test(arguments: [2, 3, 4] as [UInt64])
  func aStartAboveHeldBytes(packet: UInt64) throws {
    var talk = Conversation()
    talk.segment(from: .client, offset: 0, "abcdef")
    talk.segment(from: .client, offset: 4, "efgh")
    talk.segment(from: .client, offset: 8, "ijkl")
    talk.segment(from: .client, offset: 20, "uvw", flags: [.fin, .ack])
    let run = EngineRun()
    run.recorder.judge = { judged, start in
      start = judged.packet == packet
      return .accept
    }
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = try #require(run.recorder.streams.first)
    let expected: [UInt64: String] = [2: "efghijkl[8 lost end]uvw", 3: "ijkl[8 lost end]uvw", 4: "uvw"]
    #expect(stream.rendered(.originator) == expected[packet])
    let dropped: [UInt64: UInt64] = [2: 4, 3: 8, 4: 12]
    #expect(stream.report?.originator.dropped[.beforeStart] == dropped[packet])
  }

  /// Headers alone take no more memory than the limits allow, and a stream of them goes on beyond the window.
  @Test func headersAlone() throws {
    let recorder = Recorder()
    var assembler = Assembler(factory: recorder)
    let key = FlowKey(source: IPAddress(v4: 1), destination: IPAddress(v4: 2), sourcePort: 40_000, destinationPort: 80)
    let length = 50_000_000
    var sequence = SequenceNumber(1_000)
    for number in 0..<60 as Range<UInt64> {
      let flags: TCPFlags = number == 0 ? .syn : .ack
      let segment = TCPSegment(
        key: key, sequence: sequence, acknowledgment: SequenceNumber(0), flags: flags, window: 1, options: Span(), payload: Span(),
        missingLength: number == 0 ? 0 : length)
      sequence = sequence.advanced(by: number == 0 ? 1 : length)
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: Int64(number)), capturedLength: 54, originalLength: 54 + length, packetNumber: number + 1)
      assembler.assemble(segment, info: info)
    }
    assembler.flushAll()
    let report = try #require(recorder.streams.first?.report?.originator)
    #expect(report.length == 59 * Int64(length))
    #expect(report.gapBytes == report.length)
    #expect(report.anomalies[.outOfWindow] == 0)
  }

  @Test func marksAloneAreBounded() {
    var options = AssemblerOptions()
    options.connectionMemory = 4 * 4096
    let run = EngineRun(options: options)
    var talk = Conversation(step: 1_000)
    talk.handshake()
    for index in 0..<5_000 { talk.segment(from: .client, offset: 2 * index + 1, "x", cut: 1) }
    var most = 0
    for packet in talk.packets {
      run.feed(packet)
      most = max(most, run.assembler.bufferedBytes)
    }
    #expect(most <= 5 * 4096)
    #expect(run.finish() == [])
  }

  @Test func marksOfAllConnectionsAreBounded() {
    var options = AssemblerOptions()
    options.memoryLimit = 4 * 4096
    let run = EngineRun(options: options)
    for port in 0..<8 as Range<UInt16> {
      var talk = Conversation(
        client: Endpoint("10.0.0.1", 40_000 + port), start: Conversation.epoch + Int64(port) * 10_000_000, step: 1_000)
      talk.handshake()
      for index in 0..<200 { talk.segment(from: .client, offset: 2 * index + 1, "x", cut: 1) }
      run.feed(talk.packets)
      #expect(run.assembler.bufferedBytes <= 5 * 4096)
    }
    #expect(run.finish() == [])
  }

  /// Far segments of many directions take a part of the memory, and others' queues are not flushed for them.
  @Test func farSegmentsAreBounded() {
    var options = AssemblerOptions()
    options.memoryLimit = 64 * 4096
    let run = EngineRun(options: options)
    var waiting = Conversation(client: Endpoint("10.0.0.9", 41_000), step: 1_000)
    waiting.handshake()
    waiting.segment(from: .client, offset: 5, "waits")
    run.feed(waiting.packets)
    for port in 0..<100 as Range<UInt16> {
      var talk = Conversation(
        client: Endpoint("10.0.0.1", 40_000 + port), start: Conversation.epoch + Int64(port + 1) * 1_000_000, step: 1_000)
      talk.handshake()
      talk.forge(from: .client, sequence: 0x8000_0000, "far", flags: .ack)
      talk.forge(from: .client, sequence: 0x8000_0003, "far", flags: .ack)
      run.feed(talk.packets)
      #expect(run.assembler.bufferedPages <= 8)
    }
    #expect(run.assembler.statistics.memoryLimitFlushes == 0)
    #expect(run.finish() == [])
    // Once they are gone there is room again.
    #expect(run.assembler.bufferedPages == 0)
  }

  @Test func candidatesKeepABoundedPayload() {
    let run = EngineRun()
    var talk = Conversation(step: 1_000)
    talk.handshake()
    talk.send(.client, "one")
    run.feed(talk.packets)
    for number in 0..<100 as Range<UInt32> {
      talk.forge(from: .client, sequence: 0x7000_0000 + number * 1_000, String(repeating: "x", count: 1_000), flags: .syn)
    }
    run.feed(talk.packets.suffix(100))
    #expect(run.finish() == [])
    #expect(run.recorder.streams.first?.report?.originator.anomalies[.synIgnored] == 100)
    #expect(run.recorder.streams.first?.report?.originator.dropped[.synIgnored] == 100_000)
  }
}
