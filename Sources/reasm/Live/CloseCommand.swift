import CLinux
@preconcurrency import Glibc
import Paths

/// The program of `--on-close`: run once for each connection that is over, a few at a time, with the index line as its input.
///
/// Lines wait in a bounded queue. When it is full, a live run lets the line go and counts it, because packets do not wait; a run on files
/// waits.
final class CloseCommand {
  /// Programs that run at once.
  static let most = 4
  /// Lines that wait, and their bytes.
  private static let queueLimit = 10_000
  private static let queueBytes = 16 << 20

  private let path: FilePath
  private let isLive: Bool
  private var queue: [[UInt8]] = []
  /// Of the first line that waits.
  private var head = 0
  private var waitingBytes = 0
  private var running: Set<pid_t> = []
  private var hasWarned = false
  /// Runs that could not be started or did not end with status 0.
  private(set) var failures: UInt64 = 0
  /// Lines let go.
  private(set) var dropped: UInt64 = 0

  init(path: FilePath, isLive: Bool) {
    self.path = path
    self.isLive = isLive
  }

  /// - Throws: where a user may not run the program; asked for once the process has that user's rights.
  func check(as identity: UserIdentity) throws {
    if access(path.terminated, X_OK) != 0 {
      throw PrivilegeError("--on-close \(path): \(identity.name) may not run it: \(StandardStream.words(for: errno))")
    }
  }

  func add(_ line: UnsafeBufferPointer<UInt8>) {
    reap(waiting: false)
    while isFull(line.count) {
      guard !isLive, !running.isEmpty else {
        dropped &+= 1
        warn("too many connections at once for it: some are left out")
        return
      }
      reap(waiting: true)
    }
    queue.append(Array(line))
    waitingBytes += line.count
    start()
  }

  private func isFull(_ more: Int) -> Bool { queue.count - head >= Self.queueLimit || waitingBytes + more > Self.queueBytes }

  /// Takes leave of programs that have ended and starts others.
  ///
  /// O(programs that ended).
  func poll() {
    guard !running.isEmpty else { return }
    reap(waiting: false)
  }

  /// Waits until every line has had its program.
  func finish() {
    if isLive, !running.isEmpty {
      StandardStream.error.message("waiting for \(path), \(running.count + queue.count - head) to go; another signal ends this at once")
    }
    while !running.isEmpty { reap(waiting: true) }
  }

  private func reap(waiting: Bool) {
    var status: Int32 = 0
    var mayWait = waiting
    while !running.isEmpty {
      let child = waitpid(-1, &status, mayWait ? 0 : WNOHANG)
      if child < 0, errno == EINTR { continue }
      guard child > 0 else {
        // No child is left although some should be: somebody else took leave of them.
        if child < 0 { running.removeAll() }
        break
      }
      guard running.remove(child) != nil else { continue }
      mayWait = false
      if status != 0 {
        failures &+= 1
        let signal = status & 0x7f
        warn(signal == 0 ? "ended with status \(status >> 8 & 0xff)" : "was ended by signal \(signal)")
      }
    }
    start()
  }

  private func start() {
    while running.count < Self.most, head < queue.count {
      let line = queue[head]
      queue[head] = []
      head += 1
      waitingBytes -= line.count
      if head == queue.count || head > Self.queueLimit {
        queue.removeFirst(head)
        head = 0
      }
      let error = spawn(line)
      if error != 0 {
        failures &+= 1
        warn(StandardStream.words(for: error))
      }
    }
  }

  /// Starts the program; answers 0 or an error number.
  ///
  /// The line lies in a file without a name, so that a program that does not read it cannot hold this one up. What the program prints goes
  /// to standard error: standard output belongs to events. Of the descriptors it gets these three alone.
  private func spawn(_ line: [UInt8]) -> Int32 {
    let input = memfd_create("connection", UInt32(REASM_MFD_CLOEXEC))
    guard input >= 0 else { return errno }
    defer { close(input) }
    var done = 0
    while done < line.count {
      let count = line[done...].withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return errno }
      done += max(0, count)
    }
    lseek(input, 0, SEEK_SET)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, 2, 1)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Signals as any program expects them, and a group of its own: the Ctrl-C that ends the capture is not for it.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGXFSZ] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
    var child: pid_t = 0
    let error = path.terminated.withUnsafeBufferPointer { path -> Int32 in
      guard let path = path.baseAddress else { return EINVAL }
      var arguments = [UnsafeMutablePointer(mutating: path), nil]
      return posix_spawn(&child, path, &actions, &attributes, &arguments, environ)
    }
    if error == 0 { running.insert(child) }
    return error
  }

  /// Says the first thing that goes wrong; the rest is in the summary.
  private func warn(_ words: String) {
    guard !hasWarned else { return }
    hasWarned = true
    StandardStream.error.message("--on-close \(path): \(words); further ones are counted only")
  }
}
