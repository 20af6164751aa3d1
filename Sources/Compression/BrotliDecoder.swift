internal import CCompression
internal import Glibc

/// Decoder of one brotli stream (RFC 7932), based on libbrotlidec, which rejects windows above 16 MiB.
public final class BrotliDecoder: Decoder {
  private let state: OpaquePointer
  /// Number of bytes that the library has allocated.
  private let allocated: UnsafeMutablePointer<Int>
  /// Bytes in front of each piece of memory, which hold its size and keep its alignment.
  private static let header = 16

  /// Creates a decoder; nil if memory allocation fails.
  public init?() {
    let allocated = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    allocated.initialize(to: 0)
    // The library passes `allocated` to both functions, and frees only what the first one gave it. Both are called only while it decodes or
    // is destroyed, which is before `allocated` is freed.
    let made = BrotliDecoderCreateInstance(
      { allocated, size in
        guard let memory = malloc(size + BrotliDecoder.header) else { return nil }
        memory.storeBytes(of: size, as: Int.self)
        allocated?.assumingMemoryBound(to: Int.self).pointee += size
        return memory + BrotliDecoder.header
      },
      { allocated, memory in
        guard let memory else { return }
        let start = memory - BrotliDecoder.header
        allocated?.assumingMemoryBound(to: Int.self).pointee -= start.load(as: Int.self)
        free(start)
      }, allocated)
    guard let made else {
      allocated.deallocate()
      return nil
    }
    state = made
    self.allocated = allocated
  }

  deinit {
    BrotliDecoderDestroyInstance(state)
    allocated.deallocate()
  }

  /// Number of bytes that the decoder takes now: its window has up to 16 MiB.
  public var memory: Int { allocated.pointee }

  /// Decodes as much as both buffers allow.
  ///
  /// - Parameters:
  ///   - input: the bytes to decode.
  ///   - output: the memory for decoded bytes.
  /// - Returns: the numbers of bytes consumed and produced, and the state of the stream.
  public func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep {
    var (inputLeft, outputLeft) = (input.count, output.count)
    var next = input.bindMemory(to: UInt8.self).baseAddress
    var room = output.bindMemory(to: UInt8.self).baseAddress
    let answer = BrotliDecoderDecompressStream(state, &inputLeft, &next, &outputLeft, &room, nil)
    let result: DecodingStep.State =
      switch answer {
      case BROTLI_DECODER_RESULT_SUCCESS: .ended
      case BROTLI_DECODER_RESULT_ERROR:
        .failed(BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state)).map { String(cString: $0) } ?? "the brotli data is corrupt")
      default: .goesOn
      }
    return DecodingStep(consumed: input.count - inputLeft, produced: output.count - outputLeft, state: result)
  }
}
