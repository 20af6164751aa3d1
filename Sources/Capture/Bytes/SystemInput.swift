internal import Glibc
internal import Paths

/// Bytes of a file, of standard input or of a connection.
///
/// A file is read at an explicit position, so it can be closed between two reads and opened again.
final class SystemInput: ByteOrigin {
  let path: FilePath
  /// Size in bytes; nil for an input without a size, such as a pipe.
  let size: Int64?
  private let isFile: Bool
  private let device: dev_t
  private let node: ino_t
  /// Descriptor; -1 while it is closed.
  private var descriptor: Int32
  /// Number of bytes that were read.
  private(set) var offset: off_t = 0
  private let budget: DescriptorBudget
  /// Whether the descriptor stays open between two reads.
  let isHeld: Bool
  /// Whether the user wants no more of an input that may still grow; nil if the input does not grow.
  private let isOver: (() -> Bool)?
  /// Length of the input when the user wanted no more: it is read up to there, however fast it grows.
  private var end: off_t?

  /// Pause in nanoseconds between two reads of a file that has not grown.
  private static let pause = 20_000_000

  /// Opens a file, standard input or a remote capture.
  ///
  /// - Parameters:
  ///   - path: the path or address.
  ///   - budget: the descriptors that may be open.
  ///   - isOver: if given, the end of the file is not the end of the input until this returns true.
  /// - Throws: `CaptureError` if the input cannot be opened or is a folder.
  init(path: FilePath, budget: DescriptorBudget, isOver: (() -> Bool)? = nil) throws(CaptureError) {
    self.path = path
    self.budget = budget
    self.isOver = isOver
    let opened =
      if path == "-" { dup(STDIN_FILENO) } else if let remote = try RemoteAddress(path) { try remote.connect() } else {
        Glibc.open(path.terminated, O_RDONLY | O_CLOEXEC)
      }
    guard opened >= 0 else { throw CaptureError(errno: Glibc.errno, path: path) }
    var status = stat()
    guard fstat(opened, &status) == 0 else {
      let error = CaptureError(errno: Glibc.errno, path: path)
      close(opened)
      throw error
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      close(opened)
      throw CaptureError(.isDirectory, path: path, errno: EISDIR)
    }
    isFile = status.st_mode & S_IFMT == S_IFREG && path != "-"
    size = status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
    (device, node) = (status.st_dev, status.st_ino)
    descriptor = opened
    isHeld = !isFile || budget.take()
    // Only a hint: nothing depends on its success.
    if isFile { _ = posix_fadvise(opened, 0, 0, POSIX_FADV_SEQUENTIAL) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if isFile && isHeld { budget.giveBack() }
  }

  /// Whether the input can be closed and opened again without loss.
  var canBeReopened: Bool { isFile }

  func read(into room: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
    if descriptor < 0 { try reopen() }
    defer { letGo() }
    while true {
      // This is asked before the file is read, so that everything in it by then is read.
      if end == nil, let isOver, isOver() { end = try length() }
      let room = UnsafeMutableRawBufferPointer(rebasing: room[..<min(room.count, max(0, (end ?? .max) - offset))])
      if room.isEmpty { return 0 }
      let count = isFile ? pread(descriptor, room.baseAddress, room.count, offset) : Glibc.read(descriptor, room.baseAddress, room.count)
      if count > 0 {
        offset += count
        return count
      }
      if count < 0 {
        guard Glibc.errno == EINTR, isOver != nil else { throw CaptureError(errno: Glibc.errno, path: path) }
        continue
      }
      guard isOver != nil, end == nil else { return 0 }
      var time = timespec(tv_sec: 0, tv_nsec: Self.pause)
      nanosleep(&time, nil)
    }
  }

  private func length() throws(CaptureError) -> off_t {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw CaptureError(errno: Glibc.errno, path: path) }
    return status.st_size
  }

  private func letGo() {
    guard !isHeld else { return }
    close(descriptor)
    descriptor = -1
  }

  private func reopen() throws(CaptureError) {
    descriptor = Glibc.open(path.terminated, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CaptureError(errno: Glibc.errno, path: path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_dev == device, status.st_ino == node else {
      throw CaptureError(.system, path: path, errno: ESTALE, detail: "was replaced by another file while it was read")
    }
  }
}
