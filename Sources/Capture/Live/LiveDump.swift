internal import CPcap
internal import Glibc
internal import Packets
public import Paths

/// File that keeps the raw packets of a live capture, in pcap format, with nanoseconds if the device has them.
///
/// The file always consists of whole packets. If it cannot be written any more, it is cut behind the last whole packet. No packet is kept
/// after that, so that packet numbers remain those of the file.
public final class LiveDump {
  /// Path of the file.
  public let path: FilePath
  private let descriptor: Int32
  /// Whether the file existed before.
  private let isReplaced: Bool
  private let isRegular: Bool
  /// Whole records that are not in the file yet; at the very beginning, the header.
  private let buffer: UnsafeMutableRawPointer
  private var count = 0
  /// Number of bytes in the file.
  private var written: Int64 = 0
  private var failure: LiveError?
  private var isFailureSaid = false

  private static let fileHeader = 24
  private static let recordHeader = 16
  /// Offset in a record of the number of captured bytes.
  private static let lengthOffset = 8
  /// Number of bytes at which the buffer is written.
  ///
  /// It takes fewer writes than 4 096 bytes would, and a loss stays small.
  private static let batch = 256 << 10

  /// Creates the file without following a symbolic link: root writes to it, and `handOver` may give it to another user.
  ///
  /// - Parameters:
  ///   - path: the path of the file.
  ///   - replaces: whether an existing file is overwritten, from `begin` on. Root overwrites only its own files, and no file with several
  ///     names.
  /// - Throws: `LiveError` if the file cannot be created or may not be overwritten.
  public init(path: FilePath, replaces: Bool) throws(LiveError) {
    func refusal(_ reason: LiveError.Reason, _ error: Int32) -> LiveError {
      LiveError(reason, name: path.description, detail: String(cString: strerror(error)))
    }
    var descriptor = open(path.terminated, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    isReplaced = descriptor < 0 && errno == EEXIST && replaces
    if isReplaced { descriptor = open(path.terminated, O_WRONLY | O_NOFOLLOW | O_CLOEXEC) }
    guard descriptor >= 0 else {
      switch errno {
      case ELOOP: throw refusal(.dumpIsLink, ELOOP)
      case EEXIST:
        var status = stat()
        let isLink = lstat(path.terminated, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
        throw isLink ? refusal(.dumpIsLink, ELOOP) : refusal(.dumpExists, EEXIST)
      default: throw refusal(.dump, errno)
      }
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = errno
      close(descriptor)
      throw refusal(.dump, error)
    }
    isRegular = status.st_mode & S_IFMT == S_IFREG
    guard !isReplaced || !isRegular || (status.st_nlink == 1 && (geteuid() != 0 || status.st_uid == 0)) else {
      close(descriptor)
      throw refusal(.dumpIsForeign, EPERM)
    }
    self.path = path
    self.descriptor = descriptor
    buffer = .allocate(byteCount: Self.batch + Self.recordHeader + LiveSettings.wholePacket, alignment: 16)
  }

  deinit {
    close(descriptor)
    buffer.deallocate()
  }

  /// Writes the file header and removes the previous contents of the file.
  func begin(_ handle: OpaquePointer) throws(LiveError) {
    let header = try Self.header(for: handle, path)
    if isRegular, ftruncate(descriptor, 0) != 0 { throw LiveError(.dump, name: path.description, detail: String(cString: strerror(errno))) }
    buffer.copyMemory(from: header, byteCount: header.count)
    count = header.count
  }

  /// Removes the file if this run created it, for a run that cannot begin.
  public func abandon() {
    var (own, named) = (stat(), stat())
    guard !isReplaced, fstat(descriptor, &own) == 0, lstat(path.terminated, &named) == 0, own.st_dev == named.st_dev,
      own.st_ino == named.st_ino
    else { return }
    unlink(path.terminated)
  }

  /// Returns the file header as libpcap writes it: only libpcap knows the link type number in files for that of a device.
  ///
  /// The corresponding libpcap function is `pcap_dump_fopen`.
  private static func header(for handle: OpaquePointer, _ path: FilePath) throws(LiveError) -> [UInt8] {
    // One byte more for the NUL that the stream of a fixed size writes behind its contents.
    var memory = [UInt8](repeating: 0, count: fileHeader + 1)
    let isWritten = memory.withUnsafeMutableBytes { memory in
      guard let stream = fmemopen(memory.baseAddress, memory.count, "w") else { return false }
      // On failure it has closed the stream.
      guard let dumper = pcap_dump_fopen(handle, stream) else { return false }
      pcap_dump_close(dumper)
      return true
    }
    guard isWritten else { throw LiveError(.dump, name: path.description, detail: String(cString: pcap_geterr(handle))) }
    return Array(memory[..<fileHeader])
  }

  /// Gives a regular file to a user; devices and pipes keep their owner.
  func handOver(user: uid_t, group: gid_t) throws(LiveError) {
    if isRegular, fchown(descriptor, user, group) != 0 {
      throw LiveError(.dump, name: path.description, detail: String(cString: strerror(errno)))
    }
  }

  /// Keeps a packet.
  func append(_ header: pcap_pkthdr, _ data: UnsafePointer<UInt8>) {
    guard failure == nil else { return }
    // The snapshot length is at most that of a whole packet, so this cuts nothing off.
    let captured = min(Int(header.caplen), LiveSettings.wholePacket)
    let record = buffer + count
    record.storeBytes(of: UInt32(truncatingIfNeeded: header.ts.tv_sec), as: UInt32.self)
    record.storeBytes(of: UInt32(truncatingIfNeeded: header.ts.tv_usec), toByteOffset: 4, as: UInt32.self)
    record.storeBytes(of: UInt32(captured), toByteOffset: Self.lengthOffset, as: UInt32.self)
    record.storeBytes(of: header.len, toByteOffset: 12, as: UInt32.self)
    (record + Self.recordHeader).copyMemory(from: data, byteCount: captured)
    // The record fits, because the buffer held less than a batch before.
    count += Self.recordHeader + captured
    if count >= Self.batch { write() }
  }

  /// Keeps a packet that waited in memory; `unit` is the number of nanoseconds per unit of a time fraction in this file.
  func append(_ packet: PacketRecord, unit: Int64) {
    var header = pcap_pkthdr()
    header.ts.tv_sec = Int(packet.info.time.nanoseconds / 1_000_000_000)
    header.ts.tv_usec = Int(packet.info.time.nanoseconds % 1_000_000_000 / unit)
    header.caplen = UInt32(clamping: packet.info.capturedLength)
    header.len = UInt32(clamping: packet.info.originalLength)
    append(header, packet.start)
  }

  /// Writes the buffered records.
  ///
  /// - Throws: `LiveError`, once, if any write since the beginning failed.
  func flush() throws(LiveError) {
    write()
    guard let failure, !isFailureSaid else { return }
    isFailureSaid = true
    throw failure
  }

  private func write() {
    var done = 0
    while done < count, failure == nil {
      let taken = Glibc.write(descriptor, buffer + done, count - done)
      // No bytes written and no error: only a full disk explains it.
      let error = taken == 0 ? ENOSPC : errno
      if taken > 0 { done += taken } else if error != EINTR { fail(error) }
    }
    if failure != nil {
      done = wholeRecords(upTo: done)
      // Some files, such as pipes, cannot be cut.
      _ = ftruncate(descriptor, off_t(written) + off_t(done))
    }
    written += Int64(done)
    count = 0
  }

  private func fail(_ error: Int32) { failure = LiveError(.dumpEnded, name: path.description, detail: String(cString: strerror(error))) }

  /// Returns the end of the last whole record, or of the header, in the first `end` bytes of the buffer.
  private func wholeRecords(upTo end: Int) -> Int {
    var whole = 0
    var next = written == 0 ? Self.fileHeader : 0
    while next <= end {
      whole = next
      guard next + Self.recordHeader <= count else { break }
      next += Self.recordHeader + Int(buffer.loadUnaligned(fromByteOffset: next + Self.lengthOffset, as: UInt32.self))
    }
    return whole
  }
}
