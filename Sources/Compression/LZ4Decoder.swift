internal import CCompression

/// Decoder of one LZ4 frame, based on liblz4, with two blocks of at most 4 MiB.
public final class LZ4Decoder: Decoder {
  private let context: OpaquePointer

  /// Creates a decoder; nil if memory allocation fails.
  public init?() {
    var context: OpaquePointer?
    guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0, let context else { return nil }
    self.context = context
  }

  deinit { LZ4F_freeDecompressionContext(context) }

  /// Decodes as much as both buffers allow.
  ///
  /// - Parameters:
  ///   - input: the bytes to decode.
  ///   - output: the memory for decoded bytes.
  /// - Returns: the numbers of bytes consumed and produced, and the state of the frame.
  public func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep {
    var (consumed, produced) = (input.count, output.count)
    let answer = LZ4F_decompress(context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
    let state: DecodingStep.State =
      if LZ4F_isError(answer) != 0 { .failed(String(cString: LZ4F_getErrorName(answer))) } else if answer == 0 { .ended } else { .goesOn }
    return DecodingStep(consumed: consumed, produced: produced, state: state)
  }
}
