internal import CCompression

/// Decodes one gzip member (RFC 1952) with zlib: 32 KiB of window.
final class GzipDecoder: Decoder {
  private let stream: UnsafeMutablePointer<z_stream>

  /// 15 bits of window, the largest there is, and 16 for the gzip wrapper.
  private static let windowBits: Int32 = 15 + 16

  /// Initializes the decoder. `deinit` runs after a failure too, so `deinit` alone frees.
  ///
  /// - Parameter prepare: sets the allocation functions of the stream; a test lets them fail.
  /// - Returns: nil when there is no memory.
  init?(prepare: (inout z_stream) -> Void = { _ in }) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    prepare(&stream.pointee)
    guard inflateInit2_(stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep {
    let (inputCount, outputCount) = (UInt32(clamping: input.count), UInt32(clamping: output.count))
    // Sound: zlib only reads what next_in points to.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = inputCount
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = outputCount
    let answer = inflate(stream, Z_NO_FLUSH)
    let state: DecodingStep.State =
      switch answer {
      case Z_OK, Z_BUF_ERROR: .goesOn
      case Z_STREAM_END: .ended
      case Z_MEM_ERROR: .failed("no memory to decompress gzip")
      default: .failed(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(answer)")
      }
    return DecodingStep(
      consumed: Int(inputCount - stream.pointee.avail_in), produced: Int(outputCount - stream.pointee.avail_out), state: state)
  }
}
