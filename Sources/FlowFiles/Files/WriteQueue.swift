internal import Glibc
internal import Packets

/// What the second thread is to do for one file, and what came of it.
struct WriteJob {
  enum Stage {
    case opening, writing, closing
  }

  /// Tells the files apart: after a failure nothing more of its file is done.
  var flow: UInt64 = 0
  /// The file's, or -1 where it is to be made first.
  var descriptor: Int32 = -1
  /// The directory that the file is made in.
  var directory: Int32 = -1
  /// With a terminating NUL; of a file that is to be made.
  var name: [UInt8] = []
  var memory = UnsafeRawBufferPointer(start: nil, count: 0)
  var offset: Int64 = 0
  /// The file is complete with this, and gets `time` as its own.
  var closes = false
  var time = Timestamp(nanoseconds: 0)

  var result = WriteResult()
}

/// What came of a job.
struct WriteResult {
  /// Bytes taken.
  var written = 0
  var failure: SystemError?
  /// How far it got; where the failure befell it.
  var stage = WriteJob.Stage.opening
}

/// Lets a second thread write, so that reading and assembling go on meanwhile.
///
/// One thread gives, one thread does, in order.
///
/// A ring of slots, of which each belongs to one thread at a time:
///
///     | taken back | done, not taken back | given, not done | free |
///                  ^ taken                ^ done            ^ given
///
/// The giving thread owns everything outside `done..<given`, the other one that range; the three numbers change under the lock, which
/// also makes the contents of a slot visible to the thread that gets it. So the unchecked accesses to slots never meet.
final class WriteQueue {
  /// Jobs that may wait.
  static let capacity = 256
  private static let batch: UInt64 = 32
  private static let largePiece = 16 << 10

  /// What both threads touch, under the lock.
  struct Shared {
    var lock = pthread_mutex_t()
    /// Something was given, or the end is wanted.
    var hasWork = pthread_cond_t()
    /// Something was done.
    var hasResult = pthread_cond_t()
    var given: UInt64 = 0
    var done: UInt64 = 0
    var isWorkerAsleep = false
    /// The job that the giving thread sleeps for; 0 where it is awake.
    var awaited: UInt64 = 0
    var isEnding = false
  }

  private let shared: UnsafeMutablePointer<Shared>
  private let slots: UnsafeMutablePointer<WriteJob>
  /// nil if no thread could be created.
  private var thread: pthread_t?
  /// Results up to this number were taken back.
  @exclusivity(unchecked) private(set) var taken: UInt64 = 0
  /// As last seen by the giving thread.
  @exclusivity(unchecked) private(set) var given: UInt64 = 0
  @exclusivity(unchecked) private var done: UInt64 = 0

  /// - Returns: nil where there is no second processor, or no thread to be had.
  init?(calls: any SystemCalls, marker: RunMarker) {
    guard sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 else { return nil }
    shared = .allocate(capacity: 1)
    shared.initialize(to: Shared())
    pthread_mutex_init(&shared.pointee.lock, nil)
    pthread_cond_init(&shared.pointee.hasWork, nil)
    pthread_cond_init(&shared.pointee.hasResult, nil)
    slots = .allocate(capacity: Self.capacity)
    slots.initialize(repeating: WriteJob(), count: Self.capacity)
    // Signals are for the thread that reads: the new one inherits that none comes to it.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    // The thread retains the worker and not the queue, so that `deinit` of the queue can end the thread and join it.
    let worker = Unmanaged.passRetained(WriteWorker(shared: shared, slots: slots, calls: calls, marker: marker))
    do throws(SystemError) {
      thread = try calls.makeThread(worker.toOpaque()) { context in
        if let context { Unmanaged<WriteWorker>.fromOpaque(context).takeRetainedValue().work() }
        return nil
      }
    } catch {
      worker.release()
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    // `deinit` runs after this return too, because every property is initialized; it alone frees the memory.
    if thread == nil { return nil }
  }

  deinit {
    if let thread {
      pthread_mutex_lock(&shared.pointee.lock)
      shared.pointee.isEnding = true
      pthread_cond_signal(&shared.pointee.hasWork)
      pthread_mutex_unlock(&shared.pointee.lock)
      pthread_join(thread, nil)
    }
    pthread_cond_destroy(&shared.pointee.hasWork)
    pthread_cond_destroy(&shared.pointee.hasResult)
    pthread_mutex_destroy(&shared.pointee.lock)
    slots.deinitialize(count: Self.capacity).deallocate()
    shared.deinitialize(count: 1).deallocate()
  }

  private func slot(_ number: UInt64) -> UnsafeMutablePointer<WriteJob> { Self.slot(number, of: slots) }

  static func slot(_ number: UInt64, of slots: UnsafeMutablePointer<WriteJob>) -> UnsafeMutablePointer<WriteJob> {
    slots + Int(truncatingIfNeeded: number % UInt64(capacity))
  }
}

// MARK: the giving thread

extension WriteQueue {
  /// All slots hold jobs that were not taken back.
  var isFull: Bool { given &- taken == UInt64(Self.capacity) }

  /// Gives a job that `fill` writes into a free slot; answers its number, the first being 1.
  /// - Precondition: the queue is not full.
  func give(_ fill: (inout WriteJob) -> Void) -> UInt64 {
    precondition(!isFull, "a job would overwrite another")
    slot(given).pointee.result = WriteResult()
    fill(&slot(given).pointee)
    given &+= 1
    pthread_mutex_lock(&shared.pointee.lock)
    shared.pointee.given = given
    // Waking costs more than a small file: a sleeping thread is woken for a batch, for a large piece, or when somebody waits.
    let isWorth = given &- shared.pointee.done >= Self.batch || slot(given &- 1).pointee.memory.count >= Self.largePiece
    let wakes = isWorth && shared.pointee.isWorkerAsleep
    if wakes { shared.pointee.isWorkerAsleep = false }
    pthread_mutex_unlock(&shared.pointee.lock)
    if wakes { pthread_cond_signal(&shared.pointee.hasWork) }
    return given
  }

  /// The next result, if there is one; its number is `taken`.
  func takeBack() -> WriteResult? {
    if taken == done {
      guard taken < given else { return nil }
      pthread_mutex_lock(&shared.pointee.lock)
      done = shared.pointee.done
      pthread_mutex_unlock(&shared.pointee.lock)
      if taken == done { return nil }
    }
    let result = slot(taken).pointee.result
    taken &+= 1
    return result
  }

  /// Waits until job `number` is done.
  func wait(for number: UInt64) {
    guard done < number else { return }
    pthread_mutex_lock(&shared.pointee.lock)
    if shared.pointee.isWorkerAsleep {
      shared.pointee.isWorkerAsleep = false
      pthread_cond_signal(&shared.pointee.hasWork)
    }
    while shared.pointee.done < number {
      shared.pointee.awaited = number
      pthread_cond_wait(&shared.pointee.hasResult, &shared.pointee.lock)
    }
    shared.pointee.awaited = 0
    done = shared.pointee.done
    pthread_mutex_unlock(&shared.pointee.lock)
  }
}
