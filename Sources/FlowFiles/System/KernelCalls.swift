internal import CLinux
internal import Glibc
internal import Packets

/// System calls that the kernel executes.
final class KernelCalls: SystemCalls {
  var areSafeOnTwoThreads: Bool { true }

  private func checked(_ result: Int32) throws(SystemError) -> Int32 {
    if result < 0 { throw SystemError(code: errno) }
    return result
  }

  private func checked(_ result: Int) throws(SystemError) -> Int {
    if result < 0 { throw SystemError(code: errno) }
    return result
  }

  func makeThread(_ context: UnsafeMutableRawPointer, _ work: @escaping ThreadBody) throws(SystemError) -> pthread_t {
    // Signals are handled by the reading thread; the new one inherits a mask that blocks them all.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let error = pthread_create(&thread, nil, work, context)
    if error != 0 { throw SystemError(code: error) }
    return thread
  }

  /// The boot id of the kernel.
  let systemStart: [UInt8] = {
    let descriptor = Glibc.open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { Glibc.close(descriptor) }
    var text = [UInt8](repeating: 0, count: 64)
    let count = Glibc.read(descriptor, &text, text.count)
    return Array(text.prefix(max(0, count)).prefix { $0 > 0x20 })
  }()

  /// Passes a name to C; its bytes end with a NUL, as the protocol requires.
  private func withName(_ name: [UInt8], _ call: (UnsafePointer<CChar>) -> Int32) throws(SystemError) -> Int32 {
    let result = name.withUnsafeBufferPointer { bytes -> Int32? in
      guard bytes.last == 0, let start = bytes.baseAddress else { return nil }
      return start.withMemoryRebound(to: CChar.self, capacity: bytes.count, call)
    }
    guard let result else { throw SystemError(code: EINVAL) }
    return try checked(result)
  }

  private func withNames(
    _ name: [UInt8], _ other: [UInt8], _ call: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
  ) throws(SystemError) -> Int32 {
    guard other.last == 0 else { throw SystemError(code: EINVAL) }
    return try withName(name) { name in call(name, other.map { CChar(bitPattern: $0) }) }
  }

  func open(at directory: Int32, _ name: [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    try withName(name) { openat(directory, $0, flags | O_CLOEXEC | O_NOFOLLOW, 0o666) }
  }

  func makeDirectory(at directory: Int32, _ name: [UInt8]) throws(SystemError) {
    _ = try withName(name) { mkdirat(directory, $0, 0o777) }
  }

  func remove(at directory: Int32, _ name: [UInt8], directory isDirectory: Bool) throws(SystemError) {
    _ = try withName(name) { unlinkat(directory, $0, isDirectory ? AT_REMOVEDIR : 0) }
  }

  func lock(_ descriptor: Int32) throws(SystemError) { _ = try checked(flock(descriptor, LOCK_EX | LOCK_NB)) }

  func link(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError) {
    _ = try withNames(name, other) { linkat(directory, $0, directory, $1, 0) }
  }

  func rename(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError) {
    _ = try withNames(name, other) { renameat(directory, $0, directory, $1) }
  }

  func move(at directory: Int32, _ name: [UInt8], to other: Int32, _ newName: [UInt8]) throws(SystemError) {
    do throws(SystemError) {
      _ = try withNames(name, newName) { renameat2(directory, $0, other, $1, UInt32(REASM_RENAME_NOREPLACE)) }
    } catch {
      // File systems over a network know no such flag. A second name replaces nothing either.
      guard error.code == EINVAL || error.code == ENOSYS else { throw error }
      _ = try withNames(name, newName) { linkat(directory, $0, other, $1, 0) }
      try remove(at: directory, name, directory: false)
    }
  }

  func status(of descriptor: Int32) throws(SystemError) -> FileStatus {
    var status = stat()
    _ = try checked(fstat(descriptor, &status))
    return FileStatus(status)
  }

  func status(at directory: Int32, _ name: [UInt8]) throws(SystemError) -> FileStatus {
    var status = stat()
    _ = try withName(name) { fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) }
    return FileStatus(status)
  }

  func write(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int64)
    throws(SystemError) -> Int
  {
    if offset < 0 {
      let piece = first.isEmpty ? second : first
      return try checked(Glibc.write(descriptor, piece.baseAddress, piece.count))
    }
    if second.isEmpty { return try checked(pwrite(descriptor, first.baseAddress, first.count, off_t(offset))) }
    if first.isEmpty { return try checked(pwrite(descriptor, second.baseAddress, second.count, off_t(offset))) }
    // Sound: the kernel only reads through these pointers.
    let pieces = [first, second].map { iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count) }
    return try checked(pwritev(descriptor, pieces, 2, off_t(offset)))
  }

  func read(_ descriptor: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    try checked(pread(descriptor, memory.baseAddress, memory.count, off_t(offset)))
  }

  func truncate(_ descriptor: Int32, to length: Int64) throws(SystemError) { _ = try checked(ftruncate(descriptor, off_t(length))) }

  func setModificationTime(of descriptor: Int32, to time: Timestamp) throws(SystemError) {
    let seconds = CivilTime.seconds(of: time)
    // UTIME_OMIT
    let unchanged = timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)
    let times = [unchanged, timespec(tv_sec: time_t(seconds), tv_nsec: Int(time.nanoseconds &- seconds &* 1_000_000_000))]
    _ = try checked(futimens(descriptor, times))
  }

  func close(_ descriptor: Int32) throws(SystemError) {
    // Linux releases the descriptor even if close is interrupted; a second call could close another file's descriptor.
    if Glibc.close(descriptor) < 0, errno != EINTR { throw SystemError(code: errno) }
  }
}

extension FileStatus {
  init(_ status: stat) {
    let kind = status.st_mode & S_IFMT
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), isRegular: kind == S_IFREG, isDirectory: kind == S_IFDIR,
      size: UInt64(clamping: status.st_size))
  }
}
