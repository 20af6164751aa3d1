internal import CPcap
internal import Glibc
internal import Packets
public import Paths

/// The file that keeps the raw packets of a live capture, in the format of pcap, with nanoseconds where the device has them.
///
/// What lies in the file is whole packets, whatever happens: when it cannot be written any more, it is cut behind the last whole one, and
/// no packet is kept after that, so that packet numbers stay those of the file.
public final class LiveDump {
  public let path: FilePath
  private let descriptor: Int32
  /// The file was there before.
  private let isReplaced: Bool
  private let isRegular: Bool
  /// Whole records that are not in the file yet, or at the very beginning the header.
  private let buffer: UnsafeMutableRawPointer
  private var count = 0
  /// Bytes in the file.
  private var written: Int64 = 0
  private var failure: LiveError?
  private var isFailureSaid = false

  private static let fileHeader = 24
  private static let recordHeader = 16
  /// Where in a record the number of its captured bytes is.
  private static let lengthOffset = 8
  /// The buffer is written when it holds this much.
  ///
  /// Fewer writes than with 4 096 bytes, and little enough to lose.
  private static let batch = 256 << 10

  /// Creates the file, and does not follow a symbolic link: root writes to the file, and `handOver` may give it to another user.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - replaces: an existing file is overwritten, from `begin` on. Root overwrites only its own files, and no file with several names.
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

  /// Writes the file header. What the file held before is removed.
  func begin(_ handle: OpaquePointer) throws(LiveError) {
    let header = try Self.header(for: handle, path)
    if isRegular, ftruncate(descriptor, 0) != 0 { throw LiveError(.dump, name: path.description, detail: String(cString: strerror(errno))) }
    buffer.copyMemory(from: header, byteCount: header.count)
    count = header.count
  }

  /// Removes the file, if this run created it. For a run that cannot begin.
  public func abandon() {
    var (own, named) = (stat(), stat())
    guard !isReplaced, fstat(descriptor, &own) == 0, lstat(path.terminated, &named) == 0, own.st_dev == named.st_dev,
      own.st_ino == named.st_ino
    else { return }
    unlink(path.terminated)
  }

  /// The first bytes of the file, as libpcap writes them: it knows which link type of a file stands for which of a device.
  ///
  /// The corresponding libpcap function is `pcap_dump_fopen`.
  private static func header(for handle: OpaquePointer, _ path: FilePath) throws(LiveError) -> [UInt8] {
    // Room for the NUL that the stream of a fixed size writes behind its contents.
    var memory = [UInt8](repeating: 0, count: fileHeader + 1)
    let isWritten = memory.withUnsafeMutableBytes { memory in
      guard let stream = fmemopen(memory.baseAddress, memory.count, "w") else { return false }
      // Where it fails, it has closed the stream.
      guard let dumper = pcap_dump_fopen(handle, stream) else { return false }
      pcap_dump_close(dumper)
      return true
    }
    guard isWritten else { throw LiveError(.dump, name: path.description, detail: String(cString: pcap_geterr(handle))) }
    return Array(memory[..<fileHeader])
  }

  /// Gives a regular file to a user. Devices and pipes keep their owner.
  func handOver(user: uid_t, group: gid_t) throws(LiveError) {
    if isRegular, fchown(descriptor, user, group) != 0 {
      throw LiveError(.dump, name: path.description, detail: String(cString: strerror(errno)))
    }
  }

  /// Keeps a packet.
  func append(_ header: pcap_pkthdr, _ data: UnsafePointer<UInt8>) {
    guard failure == nil else { return }
    // The snapshot length is bounded by that of a whole packet, so this cuts nothing off.
    let captured = min(Int(header.caplen), LiveSettings.wholePacket)
    let record = buffer + count
    record.storeBytes(of: UInt32(truncatingIfNeeded: header.ts.tv_sec), as: UInt32.self)
    record.storeBytes(of: UInt32(truncatingIfNeeded: header.ts.tv_usec), toByteOffset: 4, as: UInt32.self)
    record.storeBytes(of: UInt32(captured), toByteOffset: Self.lengthOffset, as: UInt32.self)
    record.storeBytes(of: header.len, toByteOffset: 12, as: UInt32.self)
    (record + Self.recordHeader).copyMemory(from: data, byteCount: captured)
    // Fits: there was less than a batch before.
    count += Self.recordHeader + captured
    if count >= Self.batch { write() }
  }

  /// Keeps a packet that waited in memory.
  /// - Parameter unit: nanoseconds that the fraction of a time counts in this file.
  func append(_ packet: PacketRecord, unit: Int64) {
    var header = pcap_pkthdr()
    header.ts.tv_sec = Int(packet.info.time.nanoseconds / 1_000_000_000)
    header.ts.tv_usec = Int(packet.info.time.nanoseconds % 1_000_000_000 / unit)
    header.caplen = UInt32(clamping: packet.info.capturedLength)
    header.len = UInt32(clamping: packet.info.originalLength)
    append(header, packet.start)
  }

  /// Writes what is gathered.
  /// - Throws: once, where anything could not be written since the beginning.
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
      // Nothing taken and no reason given: a full disk is the only sense it has.
      let error = taken == 0 ? ENOSPC : errno
      if taken > 0 { done += taken } else if error != EINTR { fail(error) }
    }
    if failure != nil {
      done = wholeRecords(upTo: done)
      // Not every file can be cut, a pipe for one.
      _ = ftruncate(descriptor, off_t(written) + off_t(done))
    }
    written += Int64(done)
    count = 0
  }

  private func fail(_ error: Int32) { failure = LiveError(.dumpEnded, name: path.description, detail: String(cString: strerror(error))) }

  /// The end of the last whole record, or of the header, in the first `end` bytes of the buffer.
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
