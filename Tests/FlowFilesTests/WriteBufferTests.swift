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
}
