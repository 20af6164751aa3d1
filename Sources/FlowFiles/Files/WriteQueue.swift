internal import Glibc
internal import Packets

/// A job of the second thread for one file, with its result.
struct WriteJob {
  enum Stage {
    case opening, writing, closing
  }

  /// Number that identifies the file: after a failure no more jobs of the file are run.
  var flow: UInt64 = 0
  /// Descriptor of the file; -1 if the file must be created first.
  var descriptor: Int32 = -1
  /// Descriptor of the directory in which the file is created.
  var directory: Int32 = -1
  /// Name of a file that must be created, with a terminating NUL.
  var name: [UInt8] = []
  var memory = UnsafeRawBufferPointer(start: nil, count: 0)
  var offset: Int64 = 0
  /// Whether the file is complete with this job, and gets `time` as its modification time.
  var closes = false
  var time = Timestamp(nanoseconds: 0)

  var result = WriteResult()
}

/// Result of a job.
struct WriteResult {
  /// Number of bytes written.
  var written = 0
  var failure: SystemError?
  /// Stage at which the job ended or failed.
  var stage = WriteJob.Stage.opening
}

/// Queue of write jobs for a second thread, which lets reading and assembling continue meanwhile.
///
/// One thread submits jobs, and another one runs them in order. The queue is a ring of slots, each of which belongs to one thread at a
/// time:
///
///     | taken back | done, not taken back | given, not done | free |
///                  ^ taken                ^ done            ^ given
///
/// The submitting thread owns everything outside `done..<given`, the other one that range. The three numbers change under the lock, which
/// also makes the contents of a slot visible to the thread that gets it. Therefore the unchecked accesses to slots never overlap.
final class WriteQueue {
  /// Greatest number of jobs in the queue.
  static let capacity = 256
  private static let batch: UInt64 = 32
  private static let largePiece = 16 << 10

  /// State that both threads access, under the lock.
  struct Shared {
    var lock = pthread_mutex_t()
    /// Signalled when jobs were submitted, or the thread must end.
    var hasWork = pthread_cond_t()
    /// Signalled when jobs were done.
    var hasResult = pthread_cond_t()
    var given: UInt64 = 0
    var done: UInt64 = 0
    var isWorkerAsleep = false
    /// Number of the job that the submitting thread sleeps for; 0 while it is awake.
    var awaited: UInt64 = 0
    var isEnding = false
  }

  private let shared: UnsafeMutablePointer<Shared>
  private let slots: UnsafeMutablePointer<WriteJob>
  /// Second thread; nil if none could be created.
  private var thread: pthread_t?
  /// Number of the last job whose result was collected.
  @exclusivity(unchecked) private(set) var taken: UInt64 = 0
  /// Numbers as last seen by the submitting thread.
  @exclusivity(unchecked) private(set) var given: UInt64 = 0
  @exclusivity(unchecked) private var done: UInt64 = 0

  /// Creates a queue with its thread; nil if there is no second processor, or no thread can be created.
  init?(calls: any SystemCalls, marker: RunMarker) {
    guard sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 else { return nil }
    shared = .allocate(capacity: 1)
    shared.initialize(to: Shared())
    pthread_mutex_init(&shared.pointee.lock, nil)
    pthread_cond_init(&shared.pointee.hasWork, nil)
    pthread_cond_init(&shared.pointee.hasResult, nil)
    slots = .allocate(capacity: Self.capacity)
    slots.initialize(repeating: WriteJob(), count: Self.capacity)
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
    // `deinit` runs after this return too, because every property is initialized. It alone frees the memory.
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

// MARK: The submitting thread

extension WriteQueue {
  /// Whether all slots hold jobs whose results were not collected.
  var isFull: Bool { given &- taken == UInt64(Self.capacity) }

  /// Submits a job that `fill` writes into a free slot, and returns its number; the first is 1.
  ///
  /// - Precondition: the queue is not full.
  func give(_ fill: (inout WriteJob) -> Void) -> UInt64 {
    precondition(!isFull, "a job would overwrite another")
    slot(given).pointee.result = WriteResult()
    fill(&slot(given).pointee)
    given &+= 1
    pthread_mutex_lock(&shared.pointee.lock)
    shared.pointee.given = given
    // Waking a thread costs more than writing a small file: a sleeping thread is woken for a batch, for a large piece, or to be waited for.
    let isWorth = given &- shared.pointee.done >= Self.batch || slot(given &- 1).pointee.memory.count >= Self.largePiece
    let wakes = isWorth && shared.pointee.isWorkerAsleep
    if wakes { shared.pointee.isWorkerAsleep = false }
    pthread_mutex_unlock(&shared.pointee.lock)
    if wakes { pthread_cond_signal(&shared.pointee.hasWork) }
    return given
  }

  /// Returns the next result if there is one; its number is `taken`.
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
