import Packets
import Reassembly
import TestSupport
import Testing

/// What the users of the library are given to read streams and to test them.
@Suite struct StreamUserTests {
  @Test(arguments: 0...5)
  func aDeliveryFromAnArray(kept: Int) {
    let bytes: [UInt8] = [1, 2, 3, 4, 5]
    var new: [UInt8] = []
    let keptFrom = ReassembledData.withBytes(bytes, kept: kept, offset: 10, isEnd: true, skipped: 7) { data in
      #expect(data.bytes == bytes)
      #expect(data.newCount == 5 - kept)
      #expect(data.offset == 10 && data.isEnd && !data.isStart && data.skipped == 7)
      data.forEachNewChunk { chunk, _ in
        for index in chunk.indices { new.append(chunk[index]) }
      }
      data.keep(from: 4)
    }
    #expect(new == Array(bytes[kept...]))
    #expect(keptFrom == 4)
  }

  @Test func anEmptyDelivery() {
    let kept = ReassembledData.withBytes([], isEnd: true) { data in
      #expect(data.bytes == [])
      data.forEachNewChunk { _, _ in Issue.record("a chunk of nothing") }
    }
    #expect(kept == 0)
  }

  /// The report names both ends, the first packet's time and the length of the connection, whichever end sent the first packet.
  @Test(arguments: [Conversation.Party.client, .server])
  func theReport(first: Conversation.Party) throws {
    var talk = Conversation()
    talk.send(first, "x")
    talk.send(first.peer, "y")
    talk.send(first, "z")
    let recorder = Recorder()
    var assembler = Assembler(factory: recorder)
    for (index, packet) in talk.packets.enumerated() {
      let frame = PacketBuilder.ip(packet.segment)
      let info = CaptureInfo(time: Timestamp(nanoseconds: packet.time), capturedLength: frame.count, packetNumber: UInt64(index + 1))
      try assembler.assemble(packet: frame, linkType: .raw, info: info)
    }
    assembler.flushAll()
    let report = try #require(recorder.streams.first?.report)
    #expect(report.clientEndpoint == Endpoint("10.0.0.1", 40_000))
    #expect(report.serverEndpoint == Endpoint("10.0.0.2", 80))
    #expect(report.start.nanoseconds == talk.packets[0].time)
    #expect(report.duration.nanoseconds == talk.packets[2].time - talk.packets[0].time)
  }

  @Test func theStreamOfAFunction() throws {
    var openings: [UInt64] = []
    let recorder = Recorder()
    var assembler = Assembler { opening in
      openings.append(opening.id)
      return recorder.makeStream(for: opening)
    }
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "GET")
    for (index, packet) in talk.packets.enumerated() {
      let frame = PacketBuilder.ip(packet.segment)
      let info = CaptureInfo(time: Timestamp(nanoseconds: packet.time), capturedLength: frame.count, packetNumber: UInt64(index + 1))
      try assembler.assemble(packet: frame, linkType: .raw, info: info)
    }
    assembler.flushAll()
    #expect(openings == [1])
    #expect(recorder.streams[0].halves[0].position == 3)
  }

  @Test func timesAsText() {
    #expect(Timestamp(nanoseconds: 1_700_000_000_001_000_000).description == "2023-11-14T22:13:20.001000000Z")
    #expect(Timestamp(nanoseconds: -1).description == "1969-12-31T23:59:59.999999999Z")
    #expect(Timestamp(nanoseconds: .min).description == "1677-09-21T00:12:43.145224192Z")
    #expect(Timestamp(nanoseconds: .max).description == "2262-04-11T23:47:16.854775807Z")
  }
}
