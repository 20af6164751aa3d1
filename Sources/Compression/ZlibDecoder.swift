internal import CCompression

/// Decoder of one deflate stream (RFC 1951), bare or in the wrapper of zlib or gzip, with zlib: 32 KiB of window.
public final class ZlibDecoder: Decoder {
  /// Wrapper of a deflate stream.
  public enum Wrapper: Sendable {
    /// A gzip member (RFC 1952).
    case gzip
    /// A zlib stream (RFC 1950).
    case zlib
    /// No wrapper and no checksum.
    case none

    /// What inflateInit2 wants: 15 bits of window are the largest there is.
    fileprivate var windowBits: Int32 {
      switch self {
      case .gzip: 15 + 16
      case .zlib: 15
      case .none: -15
      }
    }
  }

  private let stream: UnsafeMutablePointer<z_stream>

  /// Makes a decoder.
  ///
  /// - Parameter wrapper: what stands around the stream.
  /// - Returns: nil if there is no memory.
  public convenience init?(_ wrapper: Wrapper) { self.init(wrapper) { _ in } }

  /// Initializes the decoder. `deinit` runs after a failure too, so `deinit` alone frees.
  ///
  /// - Parameters:
  ///   - wrapper: what stands around the stream.
  ///   - prepare: sets the allocation functions of the stream; a test lets them fail.
  /// - Returns: nil if there is no memory.
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

  /// Decodes as much as both sides allow.
  ///
  /// - Parameters:
  ///   - input: bytes to decode.
  ///   - output: room for decoded bytes.
  /// - Returns: the bytes taken and given, and how the stream fares.
  public func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodingStep {
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
      case Z_MEM_ERROR: .failed("no memory to decompress")
      default: .failed(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(answer)")
      }
    return DecodingStep(
      consumed: Int(inputCount - stream.pointee.avail_in), produced: Int(outputCount - stream.pointee.avail_out), state: state)
  }
}
