import Glibc
import Synchronization

/// Signals: the first one asks the run to stop and to keep what it has, the second ends the program at once.
enum Interruption {
  /// The signal that asked for the end; 0 while none did. Atomic, because a handler may touch nothing else safely.
  private static let signal = Atomic<Int32>(0)

  static var isRequested: Bool { signal.load(ordering: .relaxed) != 0 }

  /// Without `SA_RESTART`, so that a read that waits for a pipe comes back.
  static func install() {
    // The handler must not be the first to touch the flag: making a global is not safe in a signal handler.
    signal.store(0, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      let (isFirst, _) = Interruption.signal.compareExchange(expected: 0, desired: number, ordering: .relaxed)
      if isFirst { return }
      _ = Glibc.signal(number, SIG_DFL)
      raise(number)
    }
    sigemptyset(&action.sa_mask)
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
    // Whoever started the program may have blocked them in its own threads, and a blocked signal could not end a long run.
    var both = sigset_t()
    sigemptyset(&both)
    sigaddset(&both, SIGINT)
    sigaddset(&both, SIGTERM)
    sigprocmask(SIG_UNBLOCK, &both, nil)
  }

  /// A closed standard output and the limit of a file's size are errors of `write`, not the end of the program.
  static func ignoreSignalsOfWriting() {
    _ = Glibc.signal(SIGPIPE, SIG_IGN)
    _ = Glibc.signal(SIGXFSZ, SIG_IGN)
  }
}
