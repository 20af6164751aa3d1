internal import CCompression

/// Decodes one Zstandard frame (RFC 8878) with libzstd, which refuses windows above 128 MiB.
public final class ZstdDecoder: Decoder {
  private let stream: OpaquePointer

  /// Makes a decoder.
  ///
  /// - Returns: nil if there is no memory.
  public init?() {
    guard let stream = ZSTD_createDStream() else { return nil }
    self.stream = stream
  }

  deinit { ZSTD_freeDStream(stream) }

  /// Decodes as much as both sides allow.
  ///
  /// - Parameters:
  ///   - input: bytes to decode.
  ///   - output: room for decoded bytes.
  /// - Returns: the bytes taken and given, and how the frame fares.
  public func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let answer = ZSTD_decompressStream(stream, &target, &source)
    let state: DecodingStep.State =
      if ZSTD_isError(answer) != 0 { .failed(String(cString: ZSTD_getErrorName(answer))) } else if answer == 0 { .ended } else { .goesOn }
    return DecodingStep(consumed: source.pos, produced: target.pos, state: state)
  }
}
