internal import CCompression

/// Decoder of one brotli stream (RFC 7932), based on libbrotlidec, which rejects windows above 16 MiB.
public final class BrotliDecoder: Decoder {
  private let state: OpaquePointer

  /// Creates a decoder; nil if memory allocation fails.
  public init?() {
    guard let state = BrotliDecoderCreateInstance(nil, nil, nil) else { return nil }
    self.state = state
  }

  deinit { BrotliDecoderDestroyInstance(state) }

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
