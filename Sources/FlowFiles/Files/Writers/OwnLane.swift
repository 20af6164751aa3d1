/// Jobs that the first thread does itself.
///
/// It does them in batches, so that the names of a batch are written to the marker at once: a write for each file costs a tenth of the time
/// that the file takes.
final class OwnLane: WriteLane {
  /// Number of jobs that are done together.
  private static let batch: UInt64 = 32

  private let slots = JobSlots()
  private let worker: WriteWorker
  private(set) var given: UInt64 = 0
  private var done: UInt64 = 0

  init(_ directory: OutputDirectory) { worker = WriteWorker(slots, directory, directory.folders) }

  deinit { run() }

  func give(_ fill: (inout WriteJob) -> Void) {
    slots.put(given, fill)
    given &+= 1
    if given &- done >= Self.batch { run() }
  }

  /// Does all jobs that were given.
  func run() {
    worker.run(done..<given)
    done = given
  }

  func result(of number: UInt64) -> WriteResult? { done < number ? nil : slots.slot(number &- 1).pointee.result }

  func wait(for number: UInt64) { if done < number { run() } }
}
