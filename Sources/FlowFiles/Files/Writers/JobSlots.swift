/// Slots of the jobs of a lane: a job stays in its slot until its result was collected.
///
/// The lane and its worker share the object, so the memory outlives the thread, whichever of them goes first.
final class JobSlots {
  /// Greatest number of jobs whose results were not collected.
  static let capacity = 256

  private let memory: UnsafeMutablePointer<WriteJob>

  init() {
    memory = .allocate(capacity: Self.capacity)
    memory.initialize(repeating: WriteJob(), count: Self.capacity)
  }

  deinit { memory.deinitialize(count: Self.capacity).deallocate() }

  /// Slot of a job, by the number of jobs that were given before it; it belongs to one thread at a time.
  func slot(_ number: UInt64) -> UnsafeMutablePointer<WriteJob> { memory + Int(truncatingIfNeeded: number % UInt64(Self.capacity)) }

  /// Lets `fill` write a new job into its slot.
  func put(_ number: UInt64, _ fill: (inout WriteJob) -> Void) {
    slot(number).pointee.result = WriteResult()
    fill(&slot(number).pointee)
  }
}
