/// Jobs of a writer with a thread of its own.
final class ThreadLane: WriteLane {
  private static let largePiece = 16 << 10

  private let ring = JobRing()
  private let slots = JobSlots()
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
    let folders = OutputFolders(of: directory.descriptor, calls: directory.calls, most: mostFolders)
    let worker = WriteWorker(slots, directory, folders)
    if !ring.begin(directory.calls, { [ring] in worker.work(on: ring) }) { return nil }
  }

  deinit { ring.end() }

  func give(_ fill: (inout WriteJob) -> Void) {
    slots.put(given, fill)
    let slot = slots.slot(given)
    given &+= 1
    // Waking a thread costs more than writing a small file: a sleeping thread is woken for a batch, for a large piece, or to be waited for.
    ring.give(given) { done in given &- done >= batch || slot.pointee.memory.count >= Self.largePiece }
  }

  /// Number of jobs that are not done.
  var pending: UInt64 {
    done = ring.done
    return given &- done
  }

  func result(of number: UInt64) -> WriteResult? {
    if done < number { done = ring.done }
    return done < number ? nil : slots.slot(number &- 1).pointee.result
  }

  func wait(for number: UInt64) { if done < number { done = ring.wait(for: number) } }
}
