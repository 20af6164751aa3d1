internal import Glibc

/// Decoder of one whole gzip member in memory, based on libdeflate.
///
/// It takes less than half of the time of ``ZlibDecoder``. It takes a member only if the length and the CRC-32 of the content are right and
/// nothing follows, and leaves all others to ``ZlibDecoder``, which says where the data is damaged. The library is loaded at the first use;
/// without it nothing is taken.
///
/// It takes some streams that zlib refuses: those with more codes than RFC 1951 allows, with a repetition of code lengths beyond the last
/// code, or with the codes of a fixed block that stand for nothing. No compressor writes them.
public final class WholeGzipDecoder {
  /// Functions of libdeflate, whose interface has been stable since version 1.0.
  private struct Functions: Sendable {
    typealias Make = @convention(c) @Sendable () -> OpaquePointer?
    typealias Free = @convention(c) @Sendable (OpaquePointer?) -> Void
    typealias Decode =
      @convention(c) @Sendable (
        OpaquePointer?, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?, Int, UnsafeMutablePointer<Int>?, UnsafeMutablePointer<Int>?
      ) -> Int32

    let make: Make
    let free: Free
    let decode: Decode

    /// The functions of the loaded library; nil if it is not installed.
    static let loaded: Functions? = {
      guard let library = dlopen("libdeflate.so.0", RTLD_NOW | RTLD_LOCAL), let make = dlsym(library, "libdeflate_alloc_decompressor"),
        let free = dlsym(library, "libdeflate_free_decompressor"), let decode = dlsym(library, "libdeflate_gzip_decompress_ex")
      else { return nil }
      // Sound: these are the signatures in libdeflate.h, and the library stays loaded.
      return Functions(
        make: unsafeBitCast(make, to: Make.self), free: unsafeBitCast(free, to: Free.self), decode: unsafeBitCast(decode, to: Decode.self))
    }()
  }

  /// Length in bytes of the shortest header with the shortest trailer.
  private static let leastLength = 18

  private let functions: Functions
  private let decompressor: OpaquePointer

  /// Creates a decoder; nil if libdeflate is not installed or memory allocation fails.
  public init?() {
    guard let functions = Functions.loaded, let decompressor = functions.make() else { return nil }
    self.functions = functions
    self.decompressor = decompressor
  }

  deinit { functions.free(decompressor) }

  /// Decodes one member.
  ///
  /// O(`input.count` + length of the content).
  ///
  /// - Parameters:
  ///   - input: the bytes from the first to the last one of the member.
  ///   - output: the content in its first bytes; it grows if it is too short.
  ///   - most: the greatest length of the content in bytes.
  /// - Returns: the length of the content; nil if the bytes are not exactly one valid member, its content is longer, or its header has a
  ///   checksum of its own.
  public func decode(_ input: Span<UInt8>, into output: inout [UInt8], most: Int) -> Int? {
    guard input.count >= Self.leastLength, input[0] == 0x1f, input[1] == 0x8b, input[2] == 8, input[3] & 0xe2 == 0 else { return nil }
    let end = input.count
    let length = Int(input[end - 4]) | Int(input[end - 3]) << 8 | Int(input[end - 2]) << 16 | Int(input[end - 1]) << 24
    guard length <= most else { return nil }
    if output.count < max(1, length) { output = [UInt8](repeating: 0, count: max(1, length)) }
    var (consumed, produced) = (0, 0)
    // Sound: both pointers are used only inside the closures, and the library writes at most `length` bytes, which `output` has.
    let status = input.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { output in
        functions.decode(decompressor, input.baseAddress, input.count, output.baseAddress, length, &consumed, &produced)
      }
    }
    return status == 0 && consumed == input.count && produced == length ? length : nil
  }
}
