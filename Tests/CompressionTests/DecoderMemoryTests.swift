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

  @Test func xz() {
    var none = lzma_allocator(alloc: { _, _, _ in nil }, free: { _, _ in }, opaque: nil)
    withUnsafePointer(to: &none) { none in
      #expect(XZDecoder { $0.allocator = none } == nil)
    }
  }
}
