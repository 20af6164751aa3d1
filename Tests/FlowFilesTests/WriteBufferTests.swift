import Testing

@testable import FlowFiles

@Suite struct WriteBufferTests {
  /// Bytes that stay unread are the same as others, wherever they begin and however many there are.
  @Test func bytesPastTheCaches() {
    let bytes = (0..<4_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let size = BufferSize.medium
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size.bytes, alignment: 16)
    defer { memory.deallocate() }
    for before in 0..<66 {
      for count in [0, 1, 15, 16, 511, 512, 513, 575, 576, 577, 639, 640, 1_460] {
        var buffer = WriteBuffer(memory: memory, size: size)
        let ranges = [0..<before, before..<(before + count), (before + count)..<(before + count + 700)]
        for range in ranges { buffer.append(bytes.span, range, staysUnread: true) }
        #expect(buffer.dirty.elementsEqual(bytes[..<(before + count + 700)]), "\(count) bytes at \(before)")
      }
    }
  }

  /// Bytes that are elsewhere have their positions between those that are in the buffer, in a larger buffer too.
  @Test func bytesElsewhere() {
    let bytes = [UInt8](repeating: 7, count: 100)
    let memory = [BufferSize.medium, .large].map { UnsafeMutableRawPointer.allocate(byteCount: $0.bytes, alignment: 16) }
    defer { for memory in memory { memory.deallocate() } }
    var buffer = WriteBuffer(memory: memory[0], size: .medium)
    buffer.append(bytes.span, 0..<99)
    buffer.append(600, elsewhere: 10_000)
    buffer.append(512, elsewhere: 20_000)
    buffer.append(bytes.span, 0..<1)
    buffer.append(700, elsewhere: Int64.max - 700)
    buffer.append(bytes.span, 0..<50)
    let ranges: [(Range<Int>, Int64?)] = [
      (0..<99, nil), (99..<699, 10_000), (699..<1_211, 20_000), (1_211..<1_212, nil), (1_212..<1_912, Int64.max - 700),
      (1_912..<1_962, nil),
    ]
    var larger = WriteBuffer(memory: memory[1], size: .large)
    larger.copy(buffer)
    for buffer in [buffer, larger] {
      for (range, place) in ranges {
        for position in range {
          let count = range.upperBound - position
          let expected = place.map { WriteBuffer.Piece.elsewhere(place: $0 + Int64(position - range.lowerBound), count: count) }
          #expect(buffer.piece(at: position) == expected ?? .here(count: count))
        }
      }
    }
    larger.removeData()
    larger.append(bytes.span, 0..<100)
    #expect(larger.piece(at: 0) == .here(count: 100))
  }
}
