internal import CCompression

/// Decodes one LZ4 frame with liblz4: two blocks of at most 4 MiB.
public final class LZ4Decoder: Decoder {
  private let context: OpaquePointer

  /// Makes a decoder.
  ///
  /// - Returns: nil if there is no memory.
  public init?() {
    var context: OpaquePointer?
    guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0, let context else { return nil }
    self.context = context
  }

  deinit { LZ4F_freeDecompressionContext(context) }

  /// Decodes as much as both sides allow.
  ///
  /// - Parameters:
  ///   - input: bytes to decode.
  ///   - output: room for decoded bytes.
  /// - Returns: the bytes taken and given, and how the frame fares.
  public func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep {
    var (consumed, produced) = (input.count, output.count)
    let answer = LZ4F_decompress(context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
    let state: DecodingStep.State =
      if LZ4F_isError(answer) != 0 { .failed(String(cString: LZ4F_getErrorName(answer))) } else if answer == 0 { .ended } else { .goesOn }
    return DecodingStep(consumed: consumed, produced: produced, state: state)
  }
}
