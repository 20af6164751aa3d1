internal import CCompression

/// Decoder of one Zstandard frame (RFC 8878), based on libzstd, which rejects windows above 128 MiB.
public final class ZstdDecoder: Decoder {
  private let stream: OpaquePointer

  /// Creates a decoder; nil if memory allocation fails.
  public init?() {
    guard let stream = ZSTD_createDStream() else { return nil }
    self.stream = stream
  }

  deinit { ZSTD_freeDStream(stream) }

  /// Number of bytes that the decoder takes now: its window has up to 128 MiB.
  public var memory: Int { ZSTD_sizeof_DStream(stream) }

  /// Decodes as much as both buffers allow.
  ///
  /// - Parameters:
  ///   - input: the bytes to decode.
  ///   - output: the memory for decoded bytes.
  /// - Returns: the numbers of bytes consumed and produced, and the state of the frame.
  public func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let answer = ZSTD_decompressStream(stream, &target, &source)
    let state: DecodingStep.State =
      if ZSTD_isError(answer) != 0 { .failed(String(cString: ZSTD_getErrorName(answer))) } else if answer == 0 { .ended } else { .goesOn }
    return DecodingStep(consumed: source.pos, produced: target.pos, state: state)
  }
}
