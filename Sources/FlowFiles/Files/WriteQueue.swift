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
/// Jobs that are done stay in their slots until their results are collected:
///
///     | taken back | done, not taken back | given, not done | free |
///                  ^ taken                ^ done            ^ given
final class WriteQueue {
  /// Greatest number of jobs in the queue.
  static let capacity = 256
  private static let batch: UInt64 = 32
  private static let largePiece = 16 << 10

  private let ring = JobRing()
  private let slots: UnsafeMutablePointer<WriteJob>
  /// Number of the last job whose result was collected.
  @exclusivity(unchecked) private(set) var taken: UInt64 = 0
  /// Numbers as last seen by the submitting thread.
  @exclusivity(unchecked) private(set) var given: UInt64 = 0
  @exclusivity(unchecked) private var done: UInt64 = 0

  /// Creates a queue with its thread; nil if there is no second processor, or no thread can be created.
  init?(calls: any SystemCalls, marker: RunMarker) {
    slots = .allocate(capacity: Self.capacity)
    slots.initialize(repeating: WriteJob(), count: Self.capacity)
    let worker = WriteWorker(ring: ring, slots: slots, calls: calls, marker: marker)
    // `deinit` runs after this return too, because every property is initialized. It alone frees the memory.
    if !ring.begin(calls, worker.work) { return nil }
  }

  deinit {
    ring.end()
    slots.deinitialize(count: Self.capacity).deallocate()
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
    // Waking a thread costs more than writing a small file: a sleeping thread is woken for a batch, for a large piece, or to be waited for.
    ring.give(given) { done in given &- done >= Self.batch || slot(given &- 1).pointee.memory.count >= Self.largePiece }
    return given
  }

  /// Returns the next result if there is one; its number is `taken`.
  func takeBack() -> WriteResult? {
    if taken == done {
      guard taken < given else { return nil }
      done = ring.done
      if taken == done { return nil }
    }
    let result = slot(taken).pointee.result
    taken &+= 1
    return result
  }

  /// Waits until job `number` is done.
  func wait(for number: UInt64) { if done < number { done = ring.wait(for: number) } }
}
