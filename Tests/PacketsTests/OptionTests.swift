import Packets
import Testing

struct OptionTests {
  struct Walk: Equatable {
    var options: [[UInt8]]
    var isMalformed: Bool
  }

  private func walk(_ bytes: [UInt8]) -> Walk {
    var options = TCPOptions(bytes.span)
    var found: [[UInt8]] = []
    while let option = options.next() { found.append([option.kind] + PacketsTests.bytes(of: option.data)) }
    return Walk(options: found, isMalformed: options.isMalformed)
  }

  static let walks: [([UInt8], [[UInt8]], Bool)] = [
    ([], [], false),
    ([1, 1, 1, 1], [], false),
    ([0, 2, 4, 5], [], false),
    ([2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2], [[2, 5, 0xb4], [3, 7], [4]], false),
    ([2], [], true),
    ([2, 0], [], true),
    ([2, 1, 0, 0], [], true),
    ([4, 2, 2, 4, 5], [[4]], true),
    ([254, 255, 0], [], true),
    ([253, 3, 9, 0, 99], [[253, 9]], false),
  ]

  @Test(arguments: walks.indices)
  func eachOption(_ index: Int) {
    let (bytes, options, isMalformed) = Self.walks[index]
    #expect(walk(bytes) == Walk(options: options, isMalformed: isMalformed))
  }

  @Test
  func known() throws {
    let options: [UInt8] = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 14]
    let bytes = Frame.ipv4(Frame.tcp(options: options))
    let segment = try TCPSegment(decoding: bytes.span, linkType: .raw, originalLength: bytes.count)
    let (size, scale, permits, times) =
      (segment.maximumSegmentSize, segment.windowScale, segment.permitsSelectiveAcknowledgment, segment.timestamps)
    #expect(size == 1460)
    #expect(scale == 14)
    #expect(permits)
    #expect(times?.value == 1)
    #expect(times?.echo == 2)
  }

  @Test
  func absentOrOfAnotherLength() throws {
    for options: [UInt8] in [[], [2, 3, 5, 4, 3, 0, 3, 2, 8, 4, 1, 1], [8, 2, 3, 4, 1, 1, 2, 2]] {
      let bytes = Frame.ipv4(Frame.tcp(options: options))
      let segment = try TCPSegment(decoding: bytes.span, linkType: .raw, originalLength: bytes.count)
      let isEmpty =
        segment.maximumSegmentSize == nil && segment.windowScale == nil && !segment.permitsSelectiveAcknowledgment
        && segment.timestamps == nil
      #expect(isEmpty)
    }
  }
}
