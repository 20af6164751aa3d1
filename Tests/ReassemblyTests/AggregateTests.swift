import Packets
import Reassembly
import TestSupport
import Testing

/// Captured packets that hold several frames: subframes of an A-MSDU of 802.11.
@Suite struct AggregateTests {
  private static func segment(_ text: String, _ sequence: UInt32, flags: TCPFlags = [.ack]) -> [UInt8] {
    let segment = TestSegment(
      source: Endpoint("10.0.0.1", 40_000), destination: Endpoint("10.0.0.2", 80), sequence: sequence, flags: flags,
      payload: [UInt8](text: text))
    return PacketBuilder.ip(segment)
  }

  private func assemble(_ frame: [UInt8], _ assembler: inout Assembler) throws(DecodeError) -> Disposition {
    let info = CaptureInfo(
      time: Timestamp(nanoseconds: Conversation.epoch), capturedLength: frame.count, originalLength: frame.count, packetNumber: 1)
    return try assembler.assemble(packet: frame.span, linkType: LinkType(rawValue: 105), info: info)
  }

  @Test func everySegmentIsTaken() throws {
    let recorder = Recorder()
    var assembler = Assembler(factory: recorder)
    let frame = WirelessFrame.aggregate([
      Self.segment("", 999, flags: [.syn]), Self.segment("one ", 1_000), [1, 2, 3], Self.segment("two ", 1_004),
      Self.segment("three", 1_008),
    ])
    _ = try assemble(frame, &assembler)
    assembler.flushAll()
    #expect(assembler.statistics.segments == 4)
    #expect(recorder.streams.map { $0.rendered(.originator) } == ["one two three"])
  }

  @Test func whereNoneHoldsASegmentTheFirstSaysWhy() {
    let recorder = Recorder()
    var assembler = Assembler(factory: recorder)
    var icmp = Self.segment("", 1)
    icmp[9] = 1
    var reason: DecodeError?
    do throws(DecodeError) { _ = try assemble(WirelessFrame.aggregate([icmp, []]), &assembler) } catch { reason = error }
    #expect(reason == .notTCP)
  }

  /// Aggregates in fragments in aggregates are refused, not followed.
  @Test func anAggregateInsideOfOneIsNotFollowed() {
    let recorder = Recorder()
    var assembler = Assembler(factory: recorder)
    var inner = WirelessFrame.aggregate([Self.segment("text", 1)])
    for _ in 0..<3 {
      let capwap: [UInt8] = [0, 0x10, 3, 0, 0, 0, 0, 0] + inner
      let length = 8 + capwap.count
      let datagram: [UInt8] = [0xc3, 0x50, 0x14, 0x7f, UInt8(length >> 8), UInt8(length & 255), 0, 0] + capwap
      let total = 20 + length
      let header: [UInt8] = [0x45, 0, UInt8(total >> 8), UInt8(total & 255), 0, 1, 0, 0, 64, 17, 0, 0, 9, 0, 0, 1, 9, 0, 0, 2]
      inner = WirelessFrame.aggregate([header + datagram])
    }
    var reason: DecodeError?
    do throws(DecodeError) { _ = try assemble(inner, &assembler) } catch { reason = error }
    #expect(reason == .aggregate)
    #expect(assembler.statistics.segments == 0)
  }
}
