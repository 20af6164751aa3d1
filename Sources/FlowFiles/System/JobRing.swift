internal import Glibc

/// Numbers of the jobs that one thread gives to a second one, which does them in order, and that thread.
///
/// The jobs are in a ring of slots that the owner has, and each slot belongs to one thread at a time:
///
///     | done | given, not done | free |
///            ^ done            ^ given
///
/// The giving thread owns everything outside `done..<given`, the second one that range. Both numbers change under the lock, which also makes
/// the contents of a slot visible to the thread that gets it. Therefore unchecked accesses to slots never overlap.
final class JobRing {
  /// State that both threads access, under the lock.
  private struct Shared {
    var lock = pthread_mutex_t()
    /// Signalled when jobs were given, or the thread must end.
    var hasWork = pthread_cond_t()
    /// Signalled when the awaited job was done.
    var hasResult = pthread_cond_t()
    var given: UInt64 = 0
    var done: UInt64 = 0
    var isWorkerAsleep = false
    /// Number of the job that the giving thread sleeps for; 0 while it is awake.
    var awaited: UInt64 = 0
    var isEnding = false
  }

  private let shared: UnsafeMutablePointer<Shared>
  /// Second thread; nil if it was not begun.
  private var thread: pthread_t?

  init() {
    shared = .allocate(capacity: 1)
    shared.initialize(to: Shared())
    pthread_mutex_init(&shared.pointee.lock, nil)
    pthread_cond_init(&shared.pointee.hasWork, nil)
    pthread_cond_init(&shared.pointee.hasResult, nil)
  }

  deinit {
    pthread_cond_destroy(&shared.pointee.hasWork)
    pthread_cond_destroy(&shared.pointee.hasResult)
    pthread_mutex_destroy(&shared.pointee.lock)
    shared.deinitialize(count: 1).deallocate()
  }

  /// Begins the second thread.
  ///
  /// - Parameters:
  ///   - calls: the system calls.
  ///   - work: what the thread runs; it must not retain the owner of the ring, whose `deinit` calls `end`.
  /// - Returns: false if there is no second processor, or no thread can be created.
  func begin(_ calls: any SystemCalls, _ work: @escaping () -> Void) -> Bool {
    guard sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 else { return false }
    do throws(SystemError) {
      thread = try calls.makeThread(work)
      return true
    } catch {
      return false
    }
  }

  /// Waits until all jobs are done and the thread has ended.
  func end() {
    guard let thread else { return }
    pthread_mutex_lock(&shared.pointee.lock)
    shared.pointee.isEnding = true
    pthread_cond_signal(&shared.pointee.hasWork)
    pthread_mutex_unlock(&shared.pointee.lock)
    pthread_join(thread, nil)
    self.thread = nil
  }
}

// MARK: The giving thread

extension JobRing {
  /// Gives the jobs up to a number, the first of which is 1.
  ///
  /// - Parameters:
  ///   - number: the number of jobs given so far.
  ///   - isWorthWaking: returns whether a sleeping thread is to be woken, from the number of jobs that are done.
  @inline(__always)
  func give(_ number: UInt64, isWorthWaking: (UInt64) -> Bool) {
    pthread_mutex_lock(&shared.pointee.lock)
    shared.pointee.given = number
    let wakes = shared.pointee.isWorkerAsleep && isWorthWaking(shared.pointee.done)
    if wakes { shared.pointee.isWorkerAsleep = false }
    pthread_mutex_unlock(&shared.pointee.lock)
    if wakes { pthread_cond_signal(&shared.pointee.hasWork) }
  }

  /// Number of jobs that are done.
  var done: UInt64 {
    pthread_mutex_lock(&shared.pointee.lock)
    defer { pthread_mutex_unlock(&shared.pointee.lock) }
    return shared.pointee.done
  }

  /// Waits until a job is done, and returns how many are.
  func wait(for number: UInt64) -> UInt64 {
    pthread_mutex_lock(&shared.pointee.lock)
    defer { pthread_mutex_unlock(&shared.pointee.lock) }
    if shared.pointee.done < number, shared.pointee.isWorkerAsleep {
      shared.pointee.isWorkerAsleep = false
      pthread_cond_signal(&shared.pointee.hasWork)
    }
    while shared.pointee.done < number {
      shared.pointee.awaited = number
      pthread_cond_wait(&shared.pointee.hasResult, &shared.pointee.lock)
    }
    shared.pointee.awaited = 0
    return shared.pointee.done
  }
}

// MARK: The second thread

extension JobRing {
  /// Waits for jobs behind the first `next` ones.
  ///
  /// - Returns: the number of jobs given; `next` if no more will come.
  func awaitWork(behind next: UInt64) -> UInt64 {
    pthread_mutex_lock(&shared.pointee.lock)
    defer { pthread_mutex_unlock(&shared.pointee.lock) }
    while shared.pointee.given == next, !shared.pointee.isEnding {
      shared.pointee.isWorkerAsleep = true
      pthread_cond_wait(&shared.pointee.hasWork, &shared.pointee.lock)
    }
    return shared.pointee.given
  }

  /// Notes that the first `number` jobs are done.
  func finish(_ number: UInt64) {
    pthread_mutex_lock(&shared.pointee.lock)
    shared.pointee.done = number
    let wakes = number == shared.pointee.awaited
    pthread_mutex_unlock(&shared.pointee.lock)
    if wakes { pthread_cond_signal(&shared.pointee.hasResult) }
  }
}
