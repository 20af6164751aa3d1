import Packets
import Reassembly
import TestSupport
import Testing

/// Times that tell why a transfer stalls.
///
/// That the fast path measures as the slow path does is part of `PredictionTests`.
@Suite struct TimingTests {
  private static let second: Int64 = 1_000_000_000

  /// The report of the only connection of a conversation.
  private static func report(_ talk: Conversation, measures: Bool = true) throws -> ConnectionReport {
    var options = AssemblerOptions()
    options.measuresTiming = measures
    let run = EngineRun(options: options)
    run.feed(talk.packets)
    #expect(run.finish() == [])
    #expect(run.recorder.streams.count == 1)
    return try #require(run.recorder.streams.first?.report)
  }

  private static func client(_ talk: Conversation) throws -> DirectionTiming { try #require(try report(talk).originator.timing) }
  private static func server(_ talk: Conversation) throws -> DirectionTiming { try #require(try report(talk).responder.timing) }

  /// A handshake in which the server takes 30 ms and the client 10 ms, and one request.
  private static func opened() -> Conversation {
    var talk = Conversation()
    talk.syn()
    talk.wait(seconds: 0.03)
    talk.synAck()
    talk.wait(seconds: 0.01)
    talk.ack()
    return talk
  }

  /// Nanoseconds that a conversation lets pass before each packet by itself.
  private static let step: Int64 = {
    var talk = Conversation()
    talk.handshake()
    return talk.packets[1].time - talk.packets[0].time
  }()

  @Test func handshake() throws {
    let report = try Self.report(Self.opened())
    #expect(report.timing?.synRoundTrip == PacketDuration(nanoseconds: 30_000_000 + Self.step))
    #expect(report.originator.timing?.roundTrips?.count == 1)
    #expect(report.responder.timing?.roundTrips?.sum == PacketDuration(nanoseconds: 10_000_000 + Self.step))
    #expect(report.timing?.longestSilence?.length == PacketDuration(nanoseconds: 30_000_000 + Self.step))
    #expect(report.timing?.longestSilence?.endedBy == .responder)
    #expect(report.timing?.longestSilence?.packetNumber == 2)
    #expect(report.timing?.longestSilence?.start == report.start)
  }

  @Test func nothingIsMeasuredUnlessAskedFor() throws {
    let report = try Self.report(Self.opened(), measures: false)
    #expect(report.timing == nil)
    #expect(report.originator.timing == nil)
  }

  /// What an end has sent is known after 3 GiB in order, so a repeated acknowledgment of all of it is no duplicate.
  @Test func acknowledgmentsOfALongTransfer() throws {
    final class Silent: TCPStream, StreamFactory {
      var report: ConnectionReport?
      func makeStream(for opening: ConnectionOpening) -> any TCPStream { self }
      func reassembled(_ data: inout ReassembledData) {}
      func reassemblyComplete(_ report: ConnectionReport) -> Bool {
        self.report = report
        return true
      }
    }
    var options = AssemblerOptions()
    options.measuresTiming = true
    let stream = Silent()
    var assembler = Assembler(factory: stream, options: options)
    let payload = [UInt8](repeating: 65, count: 60_000)
    let (none, client, server) = ([UInt8](), Endpoint("10.0.0.1", 40_000), Endpoint("10.0.0.2", 80))
    let key = TestSegment(source: client, destination: server, sequence: 0, acknowledgment: 0, flags: .syn, payload: []).key
    var number: UInt64 = 0
    func segment(_ isFromClient: Bool, _ sequence: UInt32, _ acknowledgment: UInt32, _ flags: TCPFlags, _ payload: [UInt8]) {
      number += 1
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: Int64(number) * 1_000), capturedLength: 54 + payload.count, packetNumber: number)
      _ = assembler.assemble(
        TCPSegment(
          key: isFromClient ? key : key.reversed, sequence: SequenceNumber(sequence), acknowledgment: SequenceNumber(acknowledgment),
          flags: flags, window: 1_000, urgentPointer: 0, options: none.span, payload: payload.span, missingLength: 0), info: info)
    }
    segment(true, 0, 0, .syn, [])
    segment(false, 0, 1, [.syn, .ack], [])
    segment(true, 1, 1, .ack, [])
    var sent: UInt32 = 1
    for round in 1...60_000 {
      segment(true, sent, 1, .ack, payload)
      sent &+= 60_000
      guard round % 10_000 == 0 else { continue }
      for _ in 0..<2 { segment(false, 1, sent, .ack, []) }
    }
    segment(true, sent, 1, .ack, payload)
    for _ in 0..<3 { segment(false, 1, sent, .ack, []) }
    assembler.flushAll()
    // The last three come while a segment is outstanding.
    #expect(stream.report?.responder.timing?.duplicateAcknowledgments == 3)
  }

  /// Karn: the SYN-ACK may answer either SYN.
  @Test func aRepeatedSYNIsNotTimed() throws {
    var talk = Conversation()
    talk.syn()
    talk.wait(seconds: 1)
    talk.again()
    talk.synAck()
    talk.ack()
    let report = try Self.report(talk)
    #expect(report.timing?.synRoundTrip == nil)
    #expect(report.originator.timing?.roundTrips == nil)
    #expect(report.originator.timing?.retransmittedSegments == 1)
  }

  /// The first segment of a burst is timed, and its acknowledgment is any that covers it.
  @Test func roundTripsOfABurst() throws {
    var talk = Self.opened()
    talk.send(.client, "request")
    talk.wait(seconds: 0.05)
    for _ in 0..<3 { talk.send(.server, [UInt8](repeating: 65, count: 100)) }
    talk.wait(seconds: 0.02)
    talk.ack()
    let client = try Self.client(talk)
    let server = try Self.server(talk)
    #expect(client.roundTrips?.count == 2)
    #expect(client.roundTrips?.maximum == PacketDuration(nanoseconds: 50_000_000 + Self.step))
    #expect(client.roundTrips?.minimum == PacketDuration(nanoseconds: 30_000_000 + Self.step))
    #expect(client.roundTrips?.mean == PacketDuration(nanoseconds: 40_000_000 + Self.step))
    #expect(server.roundTrips?.count == 2)
    #expect(server.roundTrips?.maximum == PacketDuration(nanoseconds: 20_000_000 + 3 * Self.step))
  }

  @Test func aRepeatedSegmentIsNotTimed() throws {
    var talk = Self.opened()
    talk.send(.client, "request")
    talk.wait(seconds: 1)
    talk.again()
    talk.wait(seconds: 0.03)
    talk.ack(.server)
    let client = try Self.client(talk)
    #expect(client.roundTrips?.count == 1)
    #expect(client.retransmittedSegments == 1)
    talk.send(.client, "more")
    talk.ack(.server)
    #expect(try Self.client(talk).roundTrips?.count == 2)
  }

  @Test func everyKindOfRepetition() throws {
    var talk = Self.opened()
    talk.send(.client, "0123456789")
    talk.segment(from: .client, offset: 5, "56789abcde")
    talk.segment(from: .client, offset: 20, "klmno")
    talk.again()
    talk.segment(from: .client, offset: 15, "fghij")
    talk.segment(from: .client, offset: 25, "", flags: [.fin, .ack])
    talk.again()
    // A part that was captured, a whole one above the hole, a FIN; neither the segment above the hole nor the one that fills it.
    #expect(try Self.client(talk).retransmittedSegments == 3)
  }

  @Test func closedWindow() throws {
    var talk = Self.opened()
    talk.send(.server, "first")
    talk.ack()
    talk.changeLast { $0.window = 0 }
    for _ in 0..<3 {
      talk.wait(seconds: 1)
      talk.forge(from: .server, sequence: talk.sequence(.server, 4), acknowledgment: talk.sequence(.client, 0), flags: .ack)
      talk.ack()
      talk.changeLast { $0.window = 0 }
    }
    talk.wait(seconds: 3)
    talk.ack()
    talk.send(.server, "second")
    let (client, server) = (try Self.client(talk), try Self.server(talk))
    #expect(client.zeroWindows == 1)
    #expect(client.zeroWindowTime == PacketDuration(nanoseconds: 6 * Self.second + 7 * Self.step))
    #expect(server.windowProbes == 3)
    #expect(server.keepAlives == 0)
    #expect(client.duplicateAcknowledgments == 0)
    #expect(server.zeroWindows == 0)
  }

  /// A window that never opens again is closed until the last packet.
  @Test func windowThatStaysClosed() throws {
    var talk = Self.opened()
    talk.send(.server, "first")
    talk.ack()
    talk.changeLast { $0.window = 0 }
    talk.wait(seconds: 2)
    talk.rst(.client)
    let client = try Self.client(talk)
    #expect(client.zeroWindows == 1)
    #expect(client.zeroWindowTime == PacketDuration(nanoseconds: 2 * Self.second + Self.step))
  }

  @Test func keepAlives() throws {
    var talk = Self.opened()
    talk.send(.client, "request")
    talk.ack(.server)
    talk.wait(seconds: 60)
    talk.forge(from: .client, sequence: talk.sequence(.client, 6), acknowledgment: talk.sequence(.server, 0), flags: .ack)
    talk.ack(.server)
    talk.forge(from: .client, sequence: talk.sequence(.client, 6), acknowledgment: talk.sequence(.server, 0), "t", flags: .ack)
    talk.ack(.server)
    let client = try Self.client(talk)
    #expect(client.keepAlives == 2)
    #expect(client.windowProbes == 0)
    #expect(client.retransmittedSegments == 0)
    #expect(client.firstPayload == client.lastPayload)
    #expect(try Self.server(talk).duplicateAcknowledgments == 0)
  }

  /// Three duplicates, and acknowledgments that are none: with data, with another window, with nothing outstanding.
  @Test func duplicateAcknowledgments() throws {
    var talk = Self.opened()
    talk.send(.server, "0123456789")
    talk.ack()
    talk.ack()
    talk.segment(from: .server, offset: 20, "klmnopqrst")
    for _ in 0..<3 { talk.ack(.client, acknowledging: 10) }
    talk.ack(.client, acknowledging: 10)
    talk.changeLast { $0.window = 99 }
    let acknowledged = talk.sequence(.server, 10)
    talk.send(.client, "x")
    talk.changeLast { $0.acknowledgment = acknowledged }
    #expect(try Self.client(talk).duplicateAcknowledgments == 3)
  }

  /// The server answers after seven seconds; a segment of a pending SYN is no packet of the connection.
  @Test func silenceOfTheServer() throws {
    var talk = Self.opened()
    talk.send(.client, "request")
    talk.ack(.server)
    talk.wait(seconds: 7)
    talk.send(.server, "answer")
    let report = try Self.report(talk)
    let silence = try #require(report.timing?.longestSilence)
    #expect(silence.length == PacketDuration(nanoseconds: 7 * Self.second + Self.step))
    #expect(silence.endedBy == .responder)
    #expect(silence.packetNumber == 6)
    #expect(silence.start == Timestamp(nanoseconds: talk.packets[4].time))
  }

  /// A clock that goes back makes neither a silence nor a round trip.
  @Test func clockThatGoesBack() throws {
    var talk = Self.opened()
    talk.wait(seconds: 5)
    talk.send(.client, "request")
    talk.wait(seconds: -3)
    talk.ack(.server)
    let report = try Self.report(talk)
    #expect(report.originator.timing?.roundTrips?.count == 1)
    #expect(report.timing?.longestSilence?.packetNumber == 4)
  }

  @Test func throughput() throws {
    var talk = Self.opened()
    let start = talk.time
    for _ in 0..<10 {
      talk.wait(seconds: 1)
      talk.send(.server, [UInt8](repeating: 65, count: 1_000))
    }
    let server = try Self.server(talk)
    #expect(server.firstPayload == Timestamp(nanoseconds: start + Self.second + Self.step - Self.step))
    let length = 9 * (Self.second + Self.step)
    #expect(server.lastPayload?.nanoseconds == (server.firstPayload?.nanoseconds ?? 0) + length)
    #expect(server.throughput(ofBytes: 10_000) == 10_000e9 / Double(length))
    #expect(try Self.client(talk).throughput(ofBytes: 0) == nil)
  }
}
