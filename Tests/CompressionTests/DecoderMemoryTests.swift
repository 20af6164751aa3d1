import CCompression
import Testing

@testable import Compression

/// Tests of failed allocations: no decoder is created, and no memory is freed twice.
@Suite struct DecoderMemoryTests {
  @Test func gzip() {
    #expect(ZlibDecoder(.gzip) { $0.zalloc = { _, _, _ in nil } } == nil)
  }

  @Test func bzip2() {
    #expect(Bzip2Decoder { $0.bzalloc = { _, _, _ in nil } } == nil)
  }

  /// A window of 16 MiB is counted while the decoder has it.
  @Test func brotliCountsItsWindow() throws {
    let zeros: [UInt8] = [
      0xcf, 0xff, 0xff, 0x7f, 0x00, 0x24, 0x00, 0xe2, 0xb1, 0x40, 0x72, 0xef, 0xff, 0x39, 0xf2, 0x50, 0x68, 0x00, 0x44, 0x01, 0xc1, 0x68,
      0x02, 0xe4, 0x90, 0xc,
    ]
    let decoder = try #require(BrotliDecoder())
    #expect((1..<1 << 20).contains(decoder.memory))
    var output = [UInt8](repeating: 0, count: 1 << 20)
    var room = output.mutableSpan
    #expect(decoder.decode(zeros.span, into: &room).produced > 0)
    #expect((16 << 20..<18 << 20).contains(decoder.memory), "\(decoder.memory)")
  }

  @Test func zstdCountsItsWindow() throws {
    let decoder = try #require(ZstdDecoder())
    var output = [UInt8](repeating: 0, count: 1 << 20)
    var room = output.mutableSpan
    let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3, 0x02, 0x00, 0x10, 0x00]
    #expect(decoder.decode(frame.span, into: &room).produced > 0)
    #expect((8 << 20..<10 << 20).contains(decoder.memory), "\(decoder.memory)")
  }

  @Test func xz() {
    var none = lzma_allocator(alloc: { _, _, _ in nil }, free: { _, _ in }, opaque: nil)
    withUnsafePointer(to: &none) { none in
      #expect(XZDecoder { $0.allocator = none } == nil)
    }
  }
}
