import CLinux
import Glibc
import Synchronization

/// Handling of signals: the first one asks the run to stop and to keep its results, the second one ends the program at once.
enum Interruption {
  /// Number of the signal that requested the end of the run; 0 if none did, -1 after `stop`.
  ///
  /// It is atomic, because a handler may safely access nothing else.
  private static let signal = Atomic<Int32>(0)

  /// Whether the end of the run was requested, by a signal or by `stop`.
  static var isRequested: Bool { signal.load(ordering: .relaxed) != 0 }

  /// Whether a signal requested the end of the run.
  static var isBySignal: Bool { signal.load(ordering: .relaxed) > 0 }

  /// Whether SIGTERM or SIGHUP requested the end of the run: other programs send them, not a user at the terminal.
  static var isTermination: Bool { [SIGTERM, SIGHUP].contains(signal.load(ordering: .relaxed)) }

  /// Requests the end of the run without a signal.
  static func stop() { _ = signal.compareExchange(expected: 0, desired: -1, ordering: .relaxed) }

  /// Whether SIGUSR1 requested figures.
  private static let wantsFigures = Atomic<Bool>(false)

  /// Returns whether SIGUSR1 requested figures since the last call.
  static func takeWishForFigures() -> Bool { wantsFigures.exchange(false, ordering: .relaxed) }

  /// Installs the handlers without `SA_RESTART`, so that a read that waits for a pipe is interrupted.
  static func install() {
    // The handler must not be the first to access the flag: initializing a global is not safe in a signal handler.
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
    // SIGHUP means that the terminal was closed. The kernel and the shell may both send it, so a second one is no second request. nohup
    // ignores it.
    var before = sigaction()
    sigaction(SIGHUP, nil, &before)
    action.__sigaction_handler.sa_handler = { number in
      _ = Interruption.signal.compareExchange(expected: 0, desired: number, ordering: .relaxed)
    }
    if !isIgnored(before) { sigaction(SIGHUP, &action, nil) }
    // These two interrupt a wait for packets, but must not make a read fail.
    action.sa_flags = SA_RESTART
    action.__sigaction_handler.sa_handler = { _ in Interruption.wantsFigures.store(true, ordering: .relaxed) }
    sigaction(SIGUSR1, &action, nil)
    // The handler does nothing: the signal only ends the wait, after which the ended program is reaped.
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGCHLD, &action, nil)
    // The language runtime prints a backtrace at SIGQUIT and continues. Here it ends the program at once, as it does elsewhere.
    sigaction(SIGQUIT, nil, &before)
    if !isIgnored(before) { _ = Glibc.signal(SIGQUIT, SIG_DFL) }
    // The parent may have blocked these signals, and a blocked signal could not end a long run.
    var wanted = sigset_t()
    sigemptyset(&wanted)
    sigaddset(&wanted, SIGINT)
    sigaddset(&wanted, SIGTERM)
    sigaddset(&wanted, SIGHUP)
    sigaddset(&wanted, SIGQUIT)
    sigaddset(&wanted, SIGUSR1)
    sigaddset(&wanted, SIGCHLD)
    sigprocmask(SIG_UNBLOCK, &wanted, nil)
  }

  /// Returns whether a signal is ignored.
  ///
  /// In C the two special handlers are numbers in place of an address, so only the address can be compared.
  private static func isIgnored(_ action: sigaction) -> Bool {
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Ignores the signals of a closed standard output and of the file size limit, so that `write` reports these errors.
  static func ignoreSignalsOfWriting() {
    _ = Glibc.signal(SIGPIPE, SIG_IGN)
    _ = Glibc.signal(SIGXFSZ, SIG_IGN)
  }
}
