internal import CCompression

/// Decoder of one deflate stream (RFC 1951), bare or in the wrapper of zlib or gzip, based on zlib, with a window of 32 KiB.
public final class ZlibDecoder: Decoder {
  /// Wrapper of a deflate stream.
  public enum Wrapper: Sendable {
    /// A gzip member (RFC 1952).
    case gzip
    /// A zlib stream (RFC 1950).
    case zlib
    /// No wrapper and no checksum.
    case none

    /// Argument of inflateInit2: a window of 15 bits is the largest there is.
    fileprivate var windowBits: Int32 {
      switch self {
      case .gzip: 15 + 16
      case .zlib: 15
      case .none: -15
      }
    }
  }

  private let stream: UnsafeMutablePointer<z_stream>

  /// Creates a decoder; nil if memory allocation fails.
  ///
  /// - Parameter wrapper: the wrapper around the stream.
  public convenience init?(_ wrapper: Wrapper) { self.init(wrapper) { _ in } }

  /// Creates a decoder; nil if memory allocation fails.
  ///
  /// `deinit` runs after a failure too, so `deinit` alone frees.
  ///
  /// - Parameters:
  ///   - wrapper: the wrapper around the stream.
  ///   - prepare: sets the allocation functions of the stream; a test makes them fail.
  init?(_ wrapper: Wrapper, prepare: (inout z_stream) -> Void) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    prepare(&stream.pointee)
    guard inflateInit2_(stream, wrapper.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Begins another stream with the same wrapper, which does not refer to content of the one before.
  public func reset() { inflateReset(stream) }

  /// Decodes as much as both buffers allow.
  ///
  /// - Parameters:
  ///   - input: the bytes to decode.
  ///   - output: the memory for decoded bytes.
  /// - Returns: the numbers of bytes consumed and produced, and the state of the stream.
  public func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep {
    let (inputCount, outputCount) = (UInt32(clamping: input.count), UInt32(clamping: output.count))
    // Sound: zlib only reads the bytes that next_in points to.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = inputCount
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = outputCount
    let answer = inflate(stream, Z_NO_FLUSH)
    let state: DecodingStep.State =
      switch answer {
      case Z_OK, Z_BUF_ERROR: .goesOn
      case Z_STREAM_END: .ended
      case Z_MEM_ERROR: .failed("no memory to decompress")
      default: .failed(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(answer)")
      }
    return DecodingStep(
      consumed: Int(inputCount - stream.pointee.avail_in), produced: Int(outputCount - stream.pointee.avail_out), state: state)
  }
}
