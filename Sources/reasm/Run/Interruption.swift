import CLinux
import Glibc
import Synchronization

/// Signals: the first one asks the run to stop and to keep what it has, the second ends the program at once.
enum Interruption {
  /// The signal that asked for the end; 0 while none did.
  ///
  /// Atomic, because a handler may touch nothing else safely.
  private static let signal = Atomic<Int32>(0)

  /// The end was asked for, by a signal or by `stop`.
  static var isRequested: Bool { signal.load(ordering: .relaxed) != 0 }

  /// A signal asked for it.
  static var isBySignal: Bool { signal.load(ordering: .relaxed) > 0 }

  /// Asks for the end without a signal.
  static func stop() { _ = signal.compareExchange(expected: 0, desired: -1, ordering: .relaxed) }

  /// SIGUSR1 came: somebody wants to see figures.
  private static let wantsFigures = Atomic<Bool>(false)

  /// Whether figures are wanted; asked for once for each signal.
  static func takeWishForFigures() -> Bool { wantsFigures.exchange(false, ordering: .relaxed) }

  /// Without `SA_RESTART`, so that a read that waits for a pipe comes back.
  static func install() {
    // The handler must not be the first to touch the flag: making a global is not safe in a signal handler.
    signal.store(0, ordering: .relaxed)
    wantsFigures.store(false, ordering: .relaxed)
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
    // The terminal was closed: kernel and shell may say so each, and that is no second wish. nohup has it ignored.
    var before = sigaction()
    sigaction(SIGHUP, nil, &before)
    action.__sigaction_handler.sa_handler = { number in
      _ = Interruption.signal.compareExchange(expected: 0, desired: number, ordering: .relaxed)
    }
    if !isIgnored(before) { sigaction(SIGHUP, &action, nil) }
    // These two end a wait for packets, but not a read: it must not fail because of them.
    action.sa_flags = SA_RESTART
    action.__sigaction_handler.sa_handler = { _ in Interruption.wantsFigures.store(true, ordering: .relaxed) }
    sigaction(SIGUSR1, &action, nil)
    // Nothing to do: the program that has ended is taken leave of once the wait is over.
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGCHLD, &action, nil)
    // Whoever started the program may have blocked them in its own threads, and a blocked signal could not end a long run.
    var wanted = sigset_t()
    sigemptyset(&wanted)
    sigaddset(&wanted, SIGINT)
    sigaddset(&wanted, SIGTERM)
    sigaddset(&wanted, SIGHUP)
    sigaddset(&wanted, SIGUSR1)
    sigaddset(&wanted, SIGCHLD)
    sigprocmask(SIG_UNBLOCK, &wanted, nil)
  }

  /// C gives the two special handlers as numbers in place of an address, which nothing but the address can be compared with.
  private static func isIgnored(_ action: sigaction) -> Bool {
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// A closed standard output and the limit of a file's size are errors of `write`, not the end of the program.
  static func ignoreSignalsOfWriting() {
    _ = Glibc.signal(SIGPIPE, SIG_IGN)
    _ = Glibc.signal(SIGXFSZ, SIG_IGN)
  }
}
