import CLinux
@preconcurrency import Glibc
import Paths

/// Program of `--on-close`, which is run for each completed connection, a few at a time, with the index line as its input.
///
/// Lines wait in a bounded queue. When it is full, a live run drops the line and counts it, because packets do not wait. A run on files
/// waits.
final class CloseCommand {
  /// Greatest number of programs that run at once.
  static let most = 4
  /// Greatest number of lines that wait; `queueBytes` is the greatest number of their bytes.
  private static let queueLimit = 10_000
  private static let queueBytes = 16 << 20
  /// Time that programs have after SIGTERM or SIGHUP, in seconds: whoever sends these kills what does not end soon.
  private static let grace = 5
  /// Greatest time between two looks at programs that are waited for, in microseconds; the end of one interrupts it.
  private static let pauseLength: UInt32 = 20_000

  private let path: FilePath
  private let isLive: Bool
  private var queue: [[UInt8]] = []
  /// Index of the first line that waits.
  private var head = 0
  private var waitingBytes = 0
  private var running: Set<pid_t> = []
  private var hasWarned = false
  /// Number of runs that could not be started or did not end with status 0.
  private(set) var failures: UInt64 = 0
  /// Number of dropped lines.
  private(set) var dropped: UInt64 = 0

  init(path: FilePath, isLive: Bool) {
    self.path = path
    self.isLive = isLive
  }

  /// Checks that the program can be run, once the process has the rights of the user.
  ///
  /// - Parameter identity: the user.
  /// - Throws: an error if the user may not run the program.
  func check(as identity: UserIdentity) throws {
    if access(path.terminated, X_OK) != 0 {
      throw PrivilegeError("--on-close \(path): \(identity.name) may not run it: \(StandardStream.words(for: errno))")
    }
  }

  func add(_ line: UnsafeBufferPointer<UInt8>) {
    reap()
    while isFull(line.count) {
      guard !isLive, !running.isEmpty, !Interruption.isBySignal else {
        dropped &+= 1
        warn("too many connections at once for it: some are left out")
        return
      }
      pause()
    }
    queue.append(Array(line))
    waitingBytes += line.count
    start()
  }

  private func isFull(_ more: Int) -> Bool { queue.count - head >= Self.queueLimit || waitingBytes + more > Self.queueBytes }

  /// Reaps programs that have ended, and starts others.
  ///
  /// O(programs that ended).
  func poll() {
    guard !running.isEmpty else { return }
    reap()
  }

  /// Waits until the program was run for every line, or until SIGTERM or SIGHUP and `grace` seconds.
  ///
  /// Programs that still run then are left to themselves, and lines that wait are counted as dropped.
  func finish() {
    var announced = false
    var deadline: ContinuousClock.Instant?
    reap()
    while !running.isEmpty {
      if !announced, isLive || Interruption.isBySignal {
        announced = true
        let end = Interruption.isTermination ? "for \(Self.grace) seconds at most" : "another signal ends this at once"
        StandardStream.error.message("waiting for \(path), \(running.count + queue.count - head) to go; \(end)")
      }
      if Interruption.isTermination {
        let end = deadline ?? .now + .seconds(Self.grace)
        deadline = end
        guard .now < end else { return leave() }
      }
      pause()
    }
  }

  /// Drops the lines that wait.
  private func leave() {
    let left = queue.count - head
    dropped &+= UInt64(left)
    (queue, head, waitingBytes) = ([], 0, 0)
    let lines = left > 0 ? ", and it is not run for \(DisplayText.count(UInt64(left), "connection"))" : ""
    StandardStream.error.message(
      "--on-close \(path): \(DisplayText.count(UInt64(running.count), "program")) left running\(lines)")
  }

  /// Waits a moment for the end of a program, and reaps those that have ended.
  private func pause() {
    usleep(Self.pauseLength)
    reap()
  }

  /// Reaps programs that have ended, and starts others.
  private func reap() {
    var status: Int32 = 0
    while !running.isEmpty {
      let child = waitpid(-1, &status, WNOHANG)
      guard child > 0 else {
        // There is no child although some are recorded: they were reaped elsewhere.
        if child < 0 { running.removeAll() }
        break
      }
      guard running.remove(child) != nil else { continue }
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

  /// Starts the program, and returns 0 or an error number.
  ///
  /// The line is in a file without a name, so that a program that does not read it cannot block this one. The program's output goes to
  /// standard error, because standard output is for events. The program inherits only these three descriptors.
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
    // Signals have their default handlers, and the program gets a process group of its own: a Ctrl-C that ends the capture must not reach
    // it.
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

  /// Reports the first failure; the summary has the rest.
  private func warn(_ words: String) {
    guard !hasWarned else { return }
    hasWarned = true
    StandardStream.error.message("--on-close \(path): \(words); further ones are counted only")
  }
}
