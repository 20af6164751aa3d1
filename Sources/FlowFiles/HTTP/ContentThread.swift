internal import HTTP

/// Second thread for bodies and messages: decodes, hashes and writes them, and writes their lines.
///
/// The reading thread hands over batches, and this thread runs them in order. A batch that was run stays in its slot, empty, until the slot is
/// used again.
final class ContentThread: ContentQueue {
  /// Greatest number of batches that wait.
  private static let capacity = 8

  private let ring = JobRing()
  private let slots: UnsafeMutablePointer<ContentBatch>
  private var given: UInt64 = 0

  /// Creates the queue with its thread; nil if there is no second processor, or no thread can be created.
  init?(calls: any SystemCalls) {
    slots = .allocate(capacity: Self.capacity)
    for index in 0..<Self.capacity { (slots + index).initialize(to: ContentBatch()) }
    // `deinit` runs after this return too, because every property is initialized. It alone frees the memory.
    guard calls.areSafeOnTwoThreads, ring.begin(calls, { [ring, slots] in Self.work(ring, slots) }) else { return nil }
  }

  deinit {
    ring.end()
    slots.deinitialize(count: Self.capacity).deallocate()
  }

  private static func slot(_ number: UInt64) -> Int { Int(truncatingIfNeeded: number % UInt64(capacity)) }

  /// Runs batches as they are given, and returns when the queue ends and every batch is run.
  private static func work(_ ring: JobRing, _ slots: UnsafeMutablePointer<ContentBatch>) {
    var next: UInt64 = 0
    while case let end = ring.awaitWork(behind: next), end != next {
      while next < end {
        slots[slot(next)].run()
        next &+= 1
        ring.finish(next)
      }
    }
  }

  func exchange(_ batch: ContentBatch) -> ContentBatch {
    // After the wait at most `capacity - 1` batches are given and not run, so the slot and its batch belong to this thread.
    _ = ring.wait(for: given &- min(given, UInt64(Self.capacity - 1)))
    let empty = slots[Self.slot(given)]
    slots[Self.slot(given)] = batch
    given &+= 1
    ring.give(given) { _ in true }
    return empty
  }

  /// Waits until all batches were run.
  func settle() { _ = ring.wait(for: given) }
}
