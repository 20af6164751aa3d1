import Testing

@testable import Packets

/// A length that an inner header states cannot reach beyond the one that the layer around it states.
@Suite struct EnclosingLengthTests {
  /// What a frame's segment has and lacks, in bytes.
  private func lengths(_ frame: [UInt8]) throws -> (captured: Int, missing: Int) {
    let segment = try TCPSegment(decoding: frame.span, linkType: .ethernet, originalLength: frame.count)
    return (segment.payload.count, segment.missingLength)
  }

  /// Concentrators were seen that count Ethernet padding into the total length.
  @Test func paddingInsideTheTotalLengthEndsWithPPPoE() throws {
    let ip = Frame.ipv4(Frame.tcp([]), totalLength: 46)
    let frame = Frame.ethernet([0x11, 0, 0x12, 0x34] + Frame.word(2 + 40) + [0, 0x21] + ip + [0, 0, 0, 0, 0, 0], type: 0x8864)
    let found = try lengths(frame)
    #expect(found.captured == 0)
    #expect(found.missing == 0)
  }

  @Test func anInnerPacketEndsWithTheOuterOne() throws {
    let inner = Frame.ipv4(Frame.tcp([1, 2, 3, 4]), totalLength: 60)
    let frame = Frame.ethernet(Frame.ipv4(inner, number: 4) + [9, 9, 9, 9])
    let found = try lengths(frame)
    #expect(found.captured == 4)
    #expect(found.missing == 0)
  }

  /// The frame states no length of its own: what the capture lacks of the total length is missing.
  @Test func aFrameCutWithoutAWordLacksBytes() throws {
    let ip = Frame.ipv4(Frame.tcp([1, 2, 3, 4]), totalLength: 50)
    let found = try lengths(Frame.ethernet(ip))
    #expect(found.captured == 4)
    #expect(found.missing == 6)
  }
}
