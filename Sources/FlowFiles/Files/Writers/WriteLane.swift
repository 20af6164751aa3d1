/// Jobs of one writer: a thread that does them in order.
///
/// Jobs that are done stay in their slots until their results are collected:
///
///     | collected | done, not collected | given, not done | free |
///                                       ^ done            ^ given
final class WriteLane {
  /// Greatest number of jobs whose results were not collected.
  static let capacity = 256
  private static let largePiece = 16 << 10

  private let ring = JobRing()
  private let slots: UnsafeMutablePointer<WriteJob>
  /// Number of jobs at which a sleeping thread is woken.
  private let batch: UInt64
  /// Numbers as last seen by the submitting thread.
  @exclusivity(unchecked) private(set) var given: UInt64 = 0
  @exclusivity(unchecked) private var done: UInt64 = 0

  /// Creates a lane with its thread; nil if there is no second processor, or no thread can be created.
  ///
  /// - Parameters:
  ///   - directory: the output directory.
  ///   - batch: the number of jobs at which a sleeping thread is woken.
  ///   - mostFolders: the number of folders that the thread may keep open.
  init?(_ directory: OutputDirectory, batch: UInt64, mostFolders: Int) {
    self.batch = batch
    slots = .allocate(capacity: Self.capacity)
    slots.initialize(repeating: WriteJob(), count: Self.capacity)
    let folders = OutputFolders(of: directory.descriptor, calls: directory.calls, most: mostFolders)
    let worker = WriteWorker(slots: slots, directory, folders)
    // `deinit` runs after this return too, because every property is initialized. It alone frees the memory.
    if !ring.begin(directory.calls, { [ring] in worker.work(on: ring) }) { return nil }
  }

  deinit {
    ring.end()
    slots.deinitialize(count: Self.capacity).deallocate()
  }

  static func slot(_ number: UInt64, of slots: UnsafeMutablePointer<WriteJob>) -> UnsafeMutablePointer<WriteJob> {
    slots + Int(truncatingIfNeeded: number % UInt64(capacity))
  }

  /// Submits a job that `fill` writes into a free slot.
  ///
  /// - Precondition: fewer than `capacity` jobs have results that were not collected.
  func give(_ fill: (inout WriteJob) -> Void) {
    let slot = Self.slot(given, of: slots)
    slot.pointee.result = WriteResult()
    fill(&slot.pointee)
    given &+= 1
    // Waking a thread costs more than writing a small file: a sleeping thread is woken for a batch, for a large piece, or to be waited for.
    ring.give(given) { done in given &- done >= batch || slot.pointee.memory.count >= Self.largePiece }
  }

  /// Number of jobs that are not done.
  var pending: UInt64 {
    done = ring.done
    return given &- done
  }

  /// Returns the result of the job before `number`, the first of which is 1; nil if it is not done.
  func result(of number: UInt64) -> WriteResult? {
    if done < number { done = ring.done }
    return done < number ? nil : Self.slot(number &- 1, of: slots).pointee.result
  }

  /// Waits until job `number` is done.
  func wait(for number: UInt64) { if done < number { done = ring.wait(for: number) } }
}
