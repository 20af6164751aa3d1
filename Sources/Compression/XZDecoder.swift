internal import CCompression

/// Decoder of one .xz stream, based on liblzma, with at most `memoryLimit` bytes of memory.
public final class XZDecoder: Decoder {
  private let stream: UnsafeMutablePointer<lzma_stream>

  /// Memory limit in bytes.
  ///
  /// `xz -9` needs 65 MiB.
  private static let memoryLimit: UInt64 = 256 << 20

  /// Creates a decoder; nil if memory allocation fails.
  public convenience init?() { self.init { _ in } }

  /// Creates a decoder; nil if memory allocation fails.
  ///
  /// `deinit` runs after a failure too, so `deinit` alone frees.
  ///
  /// - Parameter prepare: sets the allocation functions of the stream; a test makes them fail.
  init?(prepare: (inout lzma_stream) -> Void) {
    stream = .allocate(capacity: 1)
    // All zero is the value of LZMA_STREAM_INIT.
    stream.initialize(to: lzma_stream())
    prepare(&stream.pointee)
    guard lzma_stream_decoder(stream, Self.memoryLimit, 0) == LZMA_OK else { return nil }
  }

  deinit {
    lzma_end(stream)
    stream.deallocate()
  }

  /// Decodes as much as both buffers allow.
  ///
  /// - Parameters:
  ///   - input: the bytes to decode.
  ///   - output: the memory for decoded bytes.
  /// - Returns: the numbers of bytes consumed and produced, and the state of the stream.
  public func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep {
    stream.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_in = input.count
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = output.count
    let answer = lzma_code(stream, LZMA_RUN)
    let state: DecodingStep.State =
      switch answer {
      case LZMA_OK, LZMA_BUF_ERROR: .goesOn
      case LZMA_STREAM_END: .ended
      case LZMA_MEMLIMIT_ERROR: .failed("decompressing it takes more than \(Self.memoryLimit >> 20) MiB of memory")
      case LZMA_FORMAT_ERROR: .failed("not the .xz format")
      case LZMA_OPTIONS_ERROR: .failed("xz options that liblzma does not know")
      case LZMA_MEM_ERROR: .failed("no memory to decompress xz")
      default: .failed("the xz data is corrupt")
      }
    return DecodingStep(
      consumed: input.count - stream.pointee.avail_in, produced: output.count - stream.pointee.avail_out, state: state)
  }
}
