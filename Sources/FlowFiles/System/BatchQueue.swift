/// Batches of work that the first thread hands over to a second one, which runs them in order.
///
/// A batch that was run stays in its slot until the slot is used again.
final class BatchQueue<Batch: AnyObject> {
  /// Greatest number of batches that wait.
  private static var capacity: Int { 8 }

  private let ring = JobRing()
  private let slots: UnsafeMutablePointer<Batch>
  private var given: UInt64 = 0

  /// Creates the queue with its thread; nil if there is no second processor, or no thread can be created.
  ///
  /// - Parameters:
  ///   - calls: the system calls.
  ///   - makeBatch: creates an empty batch.
  ///   - run: runs a batch, in the second thread.
  init?(_ calls: any SystemCalls, makeBatch: () -> Batch, run: @escaping (Batch) -> Void) {
    slots = .allocate(capacity: Self.capacity)
    for index in 0..<Self.capacity { (slots + index).initialize(to: makeBatch()) }
    // `deinit` runs after this return too, because every property is initialized. It alone frees the memory.
    guard calls.areSafeOnTwoThreads, ring.begin(calls, { [ring, slots] in Self.work(ring, slots, run) }) else { return nil }
  }

  deinit {
    ring.end()
    slots.deinitialize(count: Self.capacity).deallocate()
  }

  private static func slot(_ number: UInt64) -> Int { Int(truncatingIfNeeded: number % UInt64(capacity)) }

  /// Runs batches as they are given, and returns when the queue ends and every batch is run.
  private static func work(_ ring: JobRing, _ slots: UnsafeMutablePointer<Batch>, _ run: (Batch) -> Void) {
    var next: UInt64 = 0
    while case let end = ring.awaitWork(behind: next), end != next {
      while next < end {
        run(slots[slot(next)])
        next &+= 1
        ring.finish(next)
      }
    }
  }

  /// Hands over a batch, and returns one that was run or is new; it may wait until the second thread has caught up.
  func exchange(_ batch: Batch) -> Batch {
    // After the wait at most `capacity - 1` batches are given and not run, so the slot and its batch belong to this thread.
    _ = ring.wait(for: given &- min(given, UInt64(Self.capacity - 1)))
    let old = slots[Self.slot(given)]
    slots[Self.slot(given)] = batch
    given &+= 1
    ring.give(given) { _ in true }
    return old
  }

  /// Waits until all batches were run, and calls `body` with those in the slots.
  func settle(_ body: (Batch) -> Void = { _ in }) {
    _ = ring.wait(for: given)
    for index in 0..<Self.capacity { body(slots[index]) }
  }
}
