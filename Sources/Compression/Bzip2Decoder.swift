internal import CCompression

/// Decoder of one bzip2 stream, based on libbz2, with about 4 MB of memory.
public final class Bzip2Decoder: Decoder {
  private let stream: UnsafeMutablePointer<bz_stream>

  /// Creates a decoder; nil if memory allocation fails.
  public convenience init?() { self.init { _ in } }

  /// Creates a decoder; nil if memory allocation fails.
  ///
  /// `deinit` runs after a failure too, so `deinit` alone frees.
  ///
  /// - Parameter prepare: sets the allocation functions of the stream; a test makes them fail.
  init?(prepare: (inout bz_stream) -> Void) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: bz_stream())
    prepare(&stream.pointee)
    guard BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else { return nil }
  }

  deinit {
    BZ2_bzDecompressEnd(stream)
    stream.deallocate()
  }

  /// Decodes as much as both buffers allow.
  ///
  /// - Parameters:
  ///   - input: the bytes to decode.
  ///   - output: the memory for decoded bytes.
  /// - Returns: the numbers of bytes consumed and produced, and the state of the stream.
  public func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep {
    let (inputCount, outputCount) = (UInt32(clamping: input.count), UInt32(clamping: output.count))
    // Sound: libbz2 only reads the bytes that next_in points to.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: CChar.self).baseAddress)
    stream.pointee.avail_in = inputCount
    stream.pointee.next_out = output.bindMemory(to: CChar.self).baseAddress
    stream.pointee.avail_out = outputCount
    let answer = BZ2_bzDecompress(stream)
    let state: DecodingStep.State =
      switch answer {
      case BZ_OK: .goesOn
      case BZ_STREAM_END: .ended
      case BZ_MEM_ERROR: .failed("no memory to decompress bzip2")
      case BZ_DATA_ERROR_MAGIC: .failed("not a bzip2 stream")
      default: .failed("the bzip2 data is corrupt")
      }
    return DecodingStep(
      consumed: Int(inputCount - stream.pointee.avail_in), produced: Int(outputCount - stream.pointee.avail_out), state: state)
  }
}
