internal import CPcap
internal import Glibc

/// A file before libpcap has it: opened, looked at and positioned at its first byte.
struct CaptureSource: ~Copyable {
  let path: String
  let format: CaptureFormat
  /// In bytes; nil where the input has no size.
  let size: Int64?
  private let file: UnsafeMutablePointer<FILE>
  private let buffer: UnsafeMutablePointer<CChar>

  /// Of the stdio buffer behind libpcap, instead of 4 096. Larger ones were no faster.
  private static let bufferSize = 64 << 10

  /// - Throws: `CaptureError` for whatever is wrong before libpcap is asked.
  init(path: String) throws(CaptureError) {
    let descriptor = path == "-" ? dup(STDIN_FILENO) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(errno, path: path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = errno
      close(descriptor)
      throw Self.failure(error, path: path)
    }
    let isFile = status.st_mode & S_IFMT == S_IFREG
    guard status.st_mode & S_IFMT != S_IFDIR else {
      close(descriptor)
      throw CaptureError(.isDirectory, path: path, errno: EISDIR)
    }
    // A hint alone: nothing depends on its success.
    if isFile { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }
    guard let file = fdopen(descriptor, "r") else {
      let error = errno
      close(descriptor)
      throw Self.failure(error, path: path)
    }
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: Self.bufferSize)
    setvbuf(file, buffer, _IOFBF, Self.bufferSize)
    do throws(CaptureError) {
      format = try Self.recognise(file, path: path)
    } catch {
      fclose(file)
      buffer.deallocate()
      throw error
    }
    self.path = path
    self.file = file
    self.buffer = buffer
    size = isFile ? Int64(status.st_size) : nil
  }

  /// Hands the file to libpcap. What comes back owns it: `pcap_close` first, then the buffer.
  consuming func open() throws(CaptureError) -> (handle: OpaquePointer, buffer: UnsafeMutablePointer<CChar>) {
    var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let handle = pcap_fopen_offline_with_tstamp_precision(file, UInt32(PCAP_TSTAMP_PRECISION_NANO), &words) else {
      let error = ferror(file) != 0 ? errno : 0
      // Of a pcapng file that ends in its first block libpcap says no more than that it does not know the format.
      let isCut = feof(file) != 0
      let detail = words.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
      fclose(file)
      buffer.deallocate()
      if error != 0 { throw Self.failure(error, path: path) }
      let endsInHeader = detail.contains("truncated") || isCut && detail == "unknown file format"
      throw CaptureError(endsInHeader ? .cutHeader : .unsupported, path: path, detail: detail)
    }
    return (handle, buffer)
  }

  /// Reads the first bytes and puts them back.
  ///
  /// Four bytes at first, and more only of what is no capture: a pipe with nothing but a header in it must not block.
  private static func recognise(_ file: UnsafeMutablePointer<FILE>, path: String) throws(CaptureError) -> CaptureFormat {
    var start = take(4, of: file)
    if start.isEmpty {
      if ferror(file) != 0 { throw failure(errno, path: path) }
      throw CaptureError(.empty, path: path)
    }
    if start == [0x0a, 0x0d, 0x0d, 0x0a] { start += take(8, of: file) }
    guard let format = CaptureFormat(start) else {
      start += take(FileSignature.length - start.count, of: file)
      let signature = FileSignature(start)
      throw CaptureError(
        .notACapture(looksLike: signature?.name, advice: signature?.advice ?? "give a pcap or pcapng file"), path: path)
    }
    // glibc gives back any number of bytes that still stand unchanged in its buffer, which these do.
    for byte in start.reversed() { ungetc(Int32(byte), file) }
    return format
  }

  private static func take(_ count: Int, of file: UnsafeMutablePointer<FILE>) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { room, used in used = fread(room.baseAddress, 1, count, file) }
  }

  private static func failure(_ error: Int32, path: String) -> CaptureError {
    let reason: CaptureError.Reason =
      switch error {
      case ENOENT, ENOTDIR: .noSuchFile
      case EISDIR: .isDirectory
      case EACCES, EPERM: .noPermission
      case EINTR: .interrupted
      default: .system
      }
    return CaptureError(reason, path: path, errno: error, detail: String(cString: strerror(error)))
  }
}
