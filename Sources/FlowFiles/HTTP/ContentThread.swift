internal import Glibc
internal import HTTP

/// Second thread for bodies and messages: decodes, hashes and writes them, and writes their lines.
///
/// The reading thread hands over batches, and this thread runs them in order. The batches are in a ring of slots:
///
///     | run, returned as empty | given, not run | free |
///                              ^ done           ^ given
///
/// A slot in `done..<given` belongs to this thread, and every other slot to the reading thread. Both numbers change under the lock, which
/// also makes the batch in a slot visible to the thread that gets it. Therefore the accesses to slots never overlap.
final class ContentThread: ContentQueue {
  /// Greatest number of batches that wait.
  private static let capacity = 8

  /// State that both threads access, under the lock.
  private struct Shared {
    var lock = pthread_mutex_t()
    /// Signalled when a batch was given, or the thread must end.
    var hasWork = pthread_cond_t()
    /// Signalled when a batch was run.
    var hasRoom = pthread_cond_t()
    var given: UInt64 = 0
    var done: UInt64 = 0
    var isReaderWaiting = false
    var isEnding = false
  }

  /// Part that the thread retains, so that `deinit` of the queue can end the thread and join it.
  private final class Worker {
    let shared: UnsafeMutablePointer<Shared>
    let slots: UnsafeMutablePointer<ContentBatch>

    init(_ shared: UnsafeMutablePointer<Shared>, _ slots: UnsafeMutablePointer<ContentBatch>) {
      self.shared = shared
      self.slots = slots
    }

    /// Runs batches as they are given, and returns when the queue ends and every batch is run.
    func work() {
      var next: UInt64 = 0
      while true {
        pthread_mutex_lock(&shared.pointee.lock)
        while shared.pointee.given == next, !shared.pointee.isEnding { pthread_cond_wait(&shared.pointee.hasWork, &shared.pointee.lock) }
        let isOver = shared.pointee.given == next
        pthread_mutex_unlock(&shared.pointee.lock)
        if isOver { return }
        slots[ContentThread.slot(next)].run()
        next &+= 1
        pthread_mutex_lock(&shared.pointee.lock)
        shared.pointee.done = next
        let wakes = shared.pointee.isReaderWaiting
        pthread_mutex_unlock(&shared.pointee.lock)
        if wakes { pthread_cond_signal(&shared.pointee.hasRoom) }
      }
    }
  }

  private let shared: UnsafeMutablePointer<Shared>
  private let slots: UnsafeMutablePointer<ContentBatch>
  private var thread: pthread_t?
  private var given: UInt64 = 0

  /// Creates the queue with its thread; nil if there is no second processor, or no thread can be created.
  init?(calls: any SystemCalls) {
    guard calls.areSafeOnTwoThreads, sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 else { return nil }
    shared = .allocate(capacity: 1)
    shared.initialize(to: Shared())
    pthread_mutex_init(&shared.pointee.lock, nil)
    pthread_cond_init(&shared.pointee.hasWork, nil)
    pthread_cond_init(&shared.pointee.hasRoom, nil)
    slots = .allocate(capacity: Self.capacity)
    for index in 0..<Self.capacity { (slots + index).initialize(to: ContentBatch()) }
    let worker = Unmanaged.passRetained(Worker(shared, slots))
    do throws(SystemError) {
      thread = try calls.makeThread(worker.toOpaque()) { context in
        if let context { Unmanaged<Worker>.fromOpaque(context).takeRetainedValue().work() }
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
    pthread_cond_destroy(&shared.pointee.hasRoom)
    pthread_mutex_destroy(&shared.pointee.lock)
    slots.deinitialize(count: Self.capacity).deallocate()
    shared.deinitialize(count: 1).deallocate()
  }

  private static func slot(_ number: UInt64) -> Int { Int(truncatingIfNeeded: number % UInt64(capacity)) }

  func exchange(_ batch: ContentBatch) -> ContentBatch {
    // After the wait at most `capacity - 1` batches are given and not run, so the slot and its batch belong to this thread.
    wait(until: given &- min(given, UInt64(Self.capacity - 1)))
    let empty = slots[Self.slot(given)]
    slots[Self.slot(given)] = batch
    given &+= 1
    pthread_mutex_lock(&shared.pointee.lock)
    shared.pointee.given = given
    pthread_mutex_unlock(&shared.pointee.lock)
    pthread_cond_signal(&shared.pointee.hasWork)
    return empty
  }

  /// Waits until all batches were run.
  func settle() { wait(until: given) }

  private func wait(until number: UInt64) {
    pthread_mutex_lock(&shared.pointee.lock)
    while shared.pointee.done < number {
      shared.pointee.isReaderWaiting = true
      pthread_cond_wait(&shared.pointee.hasRoom, &shared.pointee.lock)
    }
    shared.pointee.isReaderWaiting = false
    pthread_mutex_unlock(&shared.pointee.lock)
  }
}
