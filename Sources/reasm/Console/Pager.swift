import CLinux
import Glibc

/// Program that shows what is printed page by page, as git uses one: that of `PAGER`, or less.
///
/// Messages on a terminal wait until it has ended, so that they do not land in the middle of its screen.
final class Pager {
  private let child: pid_t
  /// Standard output and standard error before the pager took them.
  private let output: Int32
  private let error: Int32
  /// Messages that wait; below 0 if they go where they always do.
  private let messages: Int32
  private var hasEnded = false

  /// Starts the pager and lets it read standard output.
  ///
  /// - Parameter command: the parsed command line.
  /// - Returns: nil if there is nothing to page: an end that is no terminal, output that goes on without end, `--no-pager`, a `PAGER` that
  ///   is empty or `cat`, or no program to run.
  static func start(_ command: ReasmCommand) -> Pager? {
    let prints = command.console.console && !command.console.live || command.list.isWanted && command.list.form == nil
    guard prints, !command.console.noPager, !command.live.isLive, !command.input.isEndless, !command.messages.trace,
      isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1
    else { return nil }
    let program = getenv("PAGER").map { String(cString: $0) } ?? "less -RFX"
    guard !program.isEmpty, program != "cat" else { return nil }
    // For a less that is named without options: colours, an end at the last line of what fits, and no other screen.
    setenv("LESS", "RFX", 0)
    return Pager(program)
  }

  private init?(_ program: String) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGXFSZ] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
      close(ends[0])
      close(ends[1])
    }
    var words: [UnsafeMutablePointer<CChar>?] = ["sh", "-c", program].map { (word: String) in strdup(word) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    guard posix_spawn(&child, "/bin/sh", &actions, &attributes, &words, environ) == 0 else { return nil }
    self.child = child
    output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
    messages = isatty(STDERR_FILENO) == 1 && error >= 0 ? memfd_create("messages", UInt32(REASM_MFD_CLOEXEC)) : -1
    dup2(ends[1], STDOUT_FILENO)
    if messages >= 0 { dup2(messages, STDERR_FILENO) }
  }

  deinit { finish() }

  /// Ends what the pager reads, waits until it has ended, and prints the messages that waited.
  func finish() {
    guard !hasEnded else { return }
    hasEnded = true
    // The only other end of its pipe is closed with this.
    if output >= 0 { dup2(output, STDOUT_FILENO) } else { close(STDOUT_FILENO) }
    // A Ctrl-C is for the pager now.
    let before = signal(SIGINT, SIG_IGN)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    signal(SIGINT, before)
    if messages >= 0 {
      dup2(error, STDERR_FILENO)
      lseek(messages, 0, SEEK_SET)
      var piece = [UInt8](repeating: 0, count: 4_096)
      while case let count = read(messages, &piece, piece.count), count > 0 {
        _ = piece[..<count].withUnsafeBufferPointer { StandardStream.error.write($0) }
      }
    }
    for descriptor in [output, error, messages] where descriptor >= 0 { close(descriptor) }
  }
}
