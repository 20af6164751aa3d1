internal import CPcap
internal import Glibc

/// The file that keeps the raw packets of a live capture, in the format of pcap with nanoseconds.
struct LiveDump: ~Copyable {
  let path: String
  let dumper: OpaquePointer
  private let buffer: UnsafeMutablePointer<CChar>
  /// Something could not be written; said once.
  private var hasFailed = false

  /// Fewer writes than with 4 096 bytes, and little enough to lose.
  private static let bufferSize = 256 << 10

  /// Makes the file, or empties it.
  ///
  /// The corresponding libpcap function is `pcap_dump_fopen`.
  init(path: String, for handle: OpaquePointer) throws(LiveError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0, let file = fdopen(descriptor, "w") else {
      let words = String(cString: strerror(errno))
      if descriptor >= 0 { close(descriptor) }
      throw LiveError(.dump, name: path, detail: words)
    }
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: Self.bufferSize)
    setvbuf(file, buffer, _IOFBF, Self.bufferSize)
    guard let dumper = pcap_dump_fopen(handle, file) else {
      // libpcap has closed the file.
      buffer.deallocate()
      throw LiveError(.dump, name: path, detail: String(cString: pcap_geterr(handle)))
    }
    self.path = path
    self.dumper = dumper
    self.buffer = buffer
  }

  /// Gives the file to a user.
  func handOver(user: uid_t, group: gid_t) throws(LiveError) {
    if fchown(fileno(pcap_dump_file(dumper)), user, group) != 0 {
      throw LiveError(.dump, name: path, detail: String(cString: strerror(errno)))
    }
  }

  /// Writes what is gathered.
  /// - Throws: once, where anything could not be written since the beginning.
  mutating func flush() throws(LiveError) {
    let isFlushed = pcap_dump_flush(dumper) == 0
    let error = errno
    guard !hasFailed, !isFlushed || ferror(pcap_dump_file(dumper)) != 0 else { return }
    hasFailed = true
    let words = isFlushed ? "could not be written whole" : String(cString: strerror(error))
    throw LiveError(.dump, name: path, detail: words)
  }

  deinit {
    // The buffer belongs to the stdio stream, which libpcap closes: it goes last.
    pcap_dump_close(dumper)
    buffer.deallocate()
  }
}
