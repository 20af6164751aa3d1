/// Jobs that the first thread does itself.
///
/// It does them in batches, so that the names of a batch are written to the marker at once: a write for each file costs a tenth of the time
/// that the file takes. The slots are those of a `WriteLane`, without a second thread.
final class OwnLane {
  /// Number of jobs that are done together.
  private static let batch: UInt64 = 32

  private let slots: UnsafeMutablePointer<WriteJob>
  private let worker: WriteWorker
  private(set) var given: UInt64 = 0
  private var done: UInt64 = 0

  init(_ directory: OutputDirectory) {
    slots = .allocate(capacity: WriteLane.capacity)
    slots.initialize(repeating: WriteJob(), count: WriteLane.capacity)
    worker = WriteWorker(slots: slots, directory, directory.folders)
  }

  deinit {
    run()
    slots.deinitialize(count: WriteLane.capacity).deallocate()
  }

  /// Takes a job that `fill` writes into a free slot.
  ///
  /// - Precondition: fewer than `WriteLane.capacity` jobs have results that were not collected.
  func give(_ fill: (inout WriteJob) -> Void) {
    let slot = WriteLane.slot(given, of: slots)
    slot.pointee.result = WriteResult()
    fill(&slot.pointee)
    given &+= 1
    if given &- done >= Self.batch { run() }
  }

  /// Does all jobs that were given.
  func run() {
    worker.run(done..<given)
    done = given
  }

  /// Returns the result of the job before `number`, the first of which is 1; nil if it is not done.
  func result(of number: UInt64) -> WriteResult? {
    done < number ? nil : WriteLane.slot(number &- 1, of: slots).pointee.result
  }

  /// Does the jobs up to `number`.
  func wait(for number: UInt64) { if done < number { run() } }
}
