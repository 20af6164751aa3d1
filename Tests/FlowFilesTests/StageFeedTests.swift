import Packets
import Paths
import Stages
import TestSupport
import Testing

@testable import FlowFiles
@testable import Reassembly

/// A stage that writes down what it is given.
private final class NotedStage: Stage {
  private(set) var notes: [String] = []
  /// Whether the stage needs only numbers once it has some bytes of a direction.
  var needsOnlyCounts = false
  private var hasBytes: Set<Sender> = []

  private func name(_ sender: Sender) -> String { sender == .originator ? "client" : "server" }

  func beginsMidstream(from sender: Sender) { notes.append("\(name(sender)) midstream") }

  func bytes(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {
    hasBytes.insert(sender)
    let text = String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    notes.append("\(name(sender)) \(offset) \(text) packet \(stamp.packet) acknowledges \(stamp.acknowledged.map(String.init) ?? "-")")
  }

  func needsOnlyCount(from sender: Sender) -> Bool { needsOnlyCounts && hasBytes.contains(sender) }

  func passed(_ count: Int64, at offset: Int64, from sender: Sender) { notes.append("\(name(sender)) passed \(offset)+\(count)") }

  func gap(at offset: Int64, length: Int64, isExact: Bool, from sender: Sender) {
    notes.append("\(name(sender)) gap \(offset)+\(length)\(isExact ? "" : " at most")")
  }

  func disputed(at offset: Int64, length: Int64, from sender: Sender) { notes.append("\(name(sender)) disputed \(offset)+\(length)") }

  func end(_ end: StreamEnd, from sender: Sender) { notes.append("\(name(sender)) \(end.rawValue)") }
}

/// Stages that have one word for the index, for each connection and each direction.
private final class NotedStages: ConnectionStages, StageSource {
  let stage = NotedStage()
  private(set) lazy var feed = StageFeed(stage)
  private(set) var finished = 0

  func makeStages(for connection: ConnectionStream) -> (any ConnectionStages)? { self }
  func finish(_ report: ConnectionReport) { finished += 1 }

  func write(to json: inout JSONWriter, _ report: ConnectionReport) {
    json.key("noted")
    json.integer(report.id)
  }

  func write(_ side: Side, to json: inout JSONWriter) {
    json.key("noted_side")
    json.word(side == .originator ? "originator" : "responder")
  }
}

@Suite struct StageFeedTests {
  /// What a stage is given of a conversation, and the index.
  private func notes(
    _ talk: Conversation, without lost: Set<Int> = [], needsOnlyCounts: Bool = false, file: StaticString = #filePath
  ) throws -> (notes: [String], index: String) {
    let place = try TemporaryDirectory()
    let factory = try FlowFileFactory(directory: OutputDirectory(path: FilePath(place.output), force: false))
    let stages = NotedStages()
    stages.stage.needsOnlyCounts = needsOnlyCounts
    factory.stageSource = stages
    var assembler = Assembler(factory: factory)
    for (index, packet) in talk.packets.enumerated() where !lost.contains(index + 1) {
      let bytes = PacketBuilder.ip(packet.segment)
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: packet.time), capturedLength: bytes.count, originalLength: bytes.count,
        packetNumber: UInt64(index + 1))
      _ = try assembler.assemble(packet: bytes.span, linkType: .raw, info: info)
    }
    _ = assembler.flushAll()
    try factory.finish(report: RunReport(version: "test"))
    #expect(stages.finished == 1)
    return (stages.stage.notes, place.text("connections.ndjson") ?? "")
  }

  private static func exchange() -> Conversation {
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "ask")
    talk.send(.server, "answer")
    talk.send(.client, "more")
    return talk
  }

  @Test func bytesComeWithOffsetsAndAcknowledgments() throws {
    var talk = Self.exchange()
    talk.close()
    let (notes, index) = try notes(talk)
    #expect(
      notes == [
        "client 0 ask packet 4 acknowledges 0", "server 0 answer packet 5 acknowledges 3", "client 3 more packet 6 acknowledges 6",
        "client finished", "server finished",
      ])
    #expect(index.contains(#""noted":1,"client_to_server":{"#))
    #expect(index.contains(#""noted_side":"responder"}}"#))
  }

  /// The numbers come together, before the next call for either direction.
  @Test func bytesThatDoNotMatterAreCounted() throws {
    var talk = Self.exchange()
    talk.send(.client, "most")
    talk.send(.server, "no")
    talk.send(.client, "lost")
    talk.send(.client, "last")
    talk.close()
    let notes = try notes(talk, without: [9], needsOnlyCounts: true).notes
    #expect(
      notes == [
        "client 0 ask packet 4 acknowledges 0", "server 0 answer packet 5 acknowledges 3", "client passed 3+8", "server passed 6+2",
        "server finished", "client gap 11+4", "client 15 last packet 10 acknowledges 8", "client finished",
      ])
  }

  @Test func theEndOfTheInputIsNoEndOfTheSender() throws {
    #expect(try notes(Self.exchange()).notes.suffix(2) == ["client unknown", "server unknown"])
  }

  @Test func aResetEndsBothDirections() throws {
    var talk = Self.exchange()
    talk.segment(from: .server, offset: 6, "", flags: [.rst, .ack])
    #expect(try notes(talk).notes.suffix(2) == ["client reset", "server reset"])
  }

  @Test func aLostPacketIsAGapBeforeWhatFollows() throws {
    var talk = Self.exchange()
    talk.send(.client, "most")
    talk.close()
    #expect(
      try notes(talk, without: [6]).notes.contains("client gap 3+4")
        && notes(talk, without: [6]).notes.contains("client 7 most packet 7 acknowledges 6"))
  }

  @Test func aCopyWithOtherBytesIsDisputed() throws {
    var talk = Self.exchange()
    talk.segment(from: .client, offset: 3, "mORe")
    talk.segment(from: .server, offset: 8, "bc")
    talk.segment(from: .server, offset: 8, "bX")
    talk.segment(from: .server, offset: 6, "aa")
    let notes = try notes(talk).notes
    #expect(notes.contains("client disputed 4+2"))
    #expect(notes.contains("server disputed 9+1"))
  }

  @Test func acknowledgmentsAreKnownOnceThePeerIs() throws {
    var talk = Conversation()
    talk.segment(from: .client, offset: 10, "ask")
    talk.segment(from: .server, offset: 20, "answer")
    talk.segment(from: .client, offset: 13, "more")
    talk.segment(from: .server, offset: 26, "again")
    let notes = try notes(talk).notes
    #expect(notes.contains("client midstream") && notes.contains("server midstream"), "\(notes)")
    #expect(notes.contains { $0.hasPrefix("server 6 again packet 4 acknowledges 7") }, "\(notes)")
  }
}
