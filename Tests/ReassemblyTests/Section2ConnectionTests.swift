import Packets
import Reassembly
import TestSupport
import Testing

/// What makes a connection, and who is its client.
@Suite struct ConnectionTests {
  static let midstream: [HalfReport.Start] = [.midstream, .midstream]

  @Test(arguments: [
    ScriptCase("a stray ACK, FIN and RST make none", totals: ["stray packets": 3, "stray bytes": 0]) { c in
      c.ack(.client)
      c.fin(.client)
      c.rst(.server)
    },
    ScriptCase("a lone SYN", .open("", "", handshake: .partial, starts: [.syn, .none])) { c in c.syn() },
    ScriptCase("a lone SYN-ACK", .open("", "", handshake: .partial, by: .synAck, starts: [.none, .syn])) { c in c.synAck() },
    ScriptCase("payload", .open("abc", "", handshake: ConnectionReport.Handshake.none, by: .port, starts: [.midstream, .none])) { c in
      c.send(.client, "abc")
    },
    ScriptCase("the whole life", Expected("GET", "OK")) { c in
      c.handshake()
      c.send(.client, "GET")
      c.send(.server, "OK")
      c.close()
    },
    ScriptCase(
      "a handshake asked for: payload makes none", options: .with { $0.requiresHandshake = true },
      totals: ["stray packets": 2, "stray bytes": 5]
    ) { c in
      c.send(.client, "abc")
      c.send(.server, "de")
    },
    ScriptCase("a handshake asked for and there", options: .with { $0.requiresHandshake = true }, Expected("abc", "de")) { c in
      c.handshake()
      c.send(.client, "abc")
      c.send(.server, "de")
      c.close()
    },
  ])
  func making(row: ScriptCase) { row.check() }

  @Test(arguments: [
    ScriptCase(
      "the receiver of the SYN-ACK", thenWaits: 10, Expected("abc", "def", handshake: .partial, by: .synAck, starts: [.midstream, .syn])
    ) { c in
      c.synAck()
      c.ack()
      c.send(.client, "abc")
      c.send(.server, "def")
      c.close()
    },
    ScriptCase("the peer of a port below 1024", .open("q", "a", handshake: ConnectionReport.Handshake.none, by: .port, starts: midstream)) {
      c in
      c.send(.server, "a")
      c.send(.client, "q")
    },
    ScriptCase(
      "the peer of a port below 32768", conversation: Conversation(server: Endpoint("10.0.0.2", 8080)),
      .open("q", "a", handshake: ConnectionReport.Handshake.none, by: .port, starts: midstream)
    ) { c in
      c.send(.server, "a")
      c.send(.client, "q")
    },
    ScriptCase(
      "below 1024 before below 32768",
      conversation: Conversation(client: Endpoint("10.0.0.1", 2_000), server: Endpoint("10.0.0.2", 80)),
      .open("q", "a", handshake: ConnectionReport.Handshake.none, by: .port, starts: midstream)
    ) { c in
      c.send(.server, "a")
      c.send(.client, "q")
    },
    ScriptCase(
      "the first sender", conversation: Conversation(server: Endpoint("10.0.0.2", 50_000)),
      .open("q", "a", handshake: ConnectionReport.Handshake.none, by: .first, starts: midstream)
    ) { c in
      c.send(.client, "q")
      c.send(.server, "a")
    },
    ScriptCase(
      "the first sender, who is not", conversation: Conversation(server: Endpoint("10.0.0.2", 50_000)),
      .open("q", "a", handshake: ConnectionReport.Handshake.none, by: .first, clientIsRight: false, starts: midstream)
    ) { c in
      c.send(.server, "a")
      c.send(.client, "q")
    },
    ScriptCase(
      "both ports low: the first sender",
      conversation: Conversation(client: Endpoint("10.0.0.1", 500), server: Endpoint("10.0.0.2", 501)),
      .open("q", "a", handshake: ConnectionReport.Handshake.none, by: .first, starts: midstream)
    ) { c in
      c.send(.client, "q")
      c.send(.server, "a")
    },
    ScriptCase("a SYN that comes late turns them round", thenWaits: 10, Expected("abc", "def", starts: [.syn, .syn])) { c in
      c.segment(from: .server, offset: 0, "def", acknowledging: 3)
      c.syn()
      c.synAck(acknowledging: 0)
      c.ack()
      c.send(.client, "abc")
      c.close()
    },
  ])
  func client(row: ScriptCase) { row.check() }

  @Test func layersAreNotPartOfTheIdentityUnlessAsked() {
    var first = Conversation()
    first.handshake()
    first.send(.client, "one")
    var second = Conversation(clientISN: 900_000, serverISN: 700_000, start: Conversation.epoch + 500_000)
    second.handshake()
    second.send(.client, "two")
    let packets = zip(first.packets, second.packets).flatMap { a, b -> [ScriptedPacket] in
      var (a, b) = (a, b)
      a.segment.layers.append(.vlan, 10)
      b.segment.layers.append(.vlan, 20)
      return [a, b]
    }
    var options = AssemblerOptions()
    options.keyScopes = .vlan
    let apart = EngineRun(options: options)
    apart.feed(packets)
    #expect(apart.finish() == [])
    #expect(apart.recorder.streams.map { $0.rendered(.originator) } == ["one", "two"])

    let together = EngineRun()
    together.feed(first.packets)
    var sameConnection = Conversation(clientISN: 1_000, start: Conversation.epoch + 1_000_000_000)
    sameConnection.segment(from: .client, offset: 3, "more", acknowledging: 0)
    sameConnection.changeLast { $0.layers.append(.vlan, 99) }
    together.feed(sameConnection.packets)
    #expect(together.finish() == [])
    #expect(together.recorder.streams.map { $0.rendered(.originator) } == ["onemore"])
  }

  /// Whoever makes segments may have told connections apart already.
  @Test func aScopeThatTheKeyBringsCounts() {
    let recorder = Recorder()
    var assembler = Assembler(factory: recorder)
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "one")
    for scope in [0, 7, 9] as [UInt32] {
      for packet in talk.packets {
        var key = packet.segment.key
        key.scope = scope
        let segment = TCPSegment(
          key: key, sequence: SequenceNumber(packet.segment.sequence), acknowledgment: SequenceNumber(packet.segment.acknowledgment),
          flags: packet.segment.flags, window: packet.segment.window, options: Span(), payload: packet.segment.payload.span)
        let info = CaptureInfo(time: Timestamp(nanoseconds: packet.time), capturedLength: 60, originalLength: 60, packetNumber: 1)
        assembler.assemble(segment, info: info)
      }
    }
    assembler.flushAll()
    #expect(recorder.streams.map { $0.rendered(.originator) } == ["one", "one", "one"])
    #expect(recorder.streams.map(\.opening.key.scope) == [0, 7, 9])
  }
}
