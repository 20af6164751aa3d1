internal import Packets

/// A job of a writer for one file, with its result.
struct WriteJob {
  enum Stage {
    case opening, writing, closing
  }

  /// Number that identifies the file: after a failure no more jobs of the file are run.
  var flow: UInt64 = 0
  /// Descriptor of the file; -1 if the file must be created first.
  var descriptor: Int32 = -1
  /// Path below the output directory of a file that must be created, with a terminating NUL.
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

/// Queue of write jobs for the writers, which let reading and assembling continue meanwhile.
///
/// Jobs of one file go to one writer, which does them in order. Results are collected in the order in which jobs were submitted, so
/// that nothing depends on the number of writers.
final class WriteQueue {
  /// Greatest number of jobs in the queue.
  static let capacity = JobSlots.capacity
  /// Greatest number of writers.
  static let mostWriters = 64
  private static let batch = 32
  /// Number of waiting jobs, of all lanes, from which the first thread makes small files itself: making one takes longer than reading and
  /// assembling its bytes.
  private static let mostPending: UInt64 = 128

  /// Lane of a job, and its number there.
  private struct Place {
    /// Index of the lane.
    var lane: Int = 0
    var number: UInt64 = 0
  }

  private let threads: [ThreadLane]
  /// Lane of the thread that gives the jobs; nil if it does none.
  private let own: OwnLane?
  /// The threads, and behind them the lane of the thread that gives the jobs.
  private let lanes: [any WriteLane]
  /// Whether the thread that gives the jobs is one of the writers.
  var firstThreadWrites: Bool { own != nil }
  /// Number of writers beside the thread that gives the jobs.
  var writers: Int { threads.count }
  /// Places of jobs whose results were not collected.
  @exclusivity(unchecked) private var places = [Place](repeating: Place(), count: WriteQueue.capacity)
  /// Number of the last job whose result was collected, and of the last one that was submitted.
  @exclusivity(unchecked) private(set) var taken: UInt64 = 0
  @exclusivity(unchecked) private(set) var given: UInt64 = 0

  /// Creates a queue with its threads; nil if there is no second processor, or no thread can be created.
  ///
  /// - Parameters:
  ///   - directory: the output directory.
  ///   - writers: the number of threads that write; from two on the thread that gives the jobs is one of them. Fewer are created if the
  ///     system refuses more.
  ///   - mostFolders: the number of folders that each may keep open.
  init?(_ directory: OutputDirectory, writers: Int, mostFolders: Int) {
    var threads: [ThreadLane] = []
    let others = max(1, writers - 1)
    while threads.count < min(others, Self.mostWriters) {
      guard let lane = ThreadLane(directory, batch: UInt64(max(4, Self.batch / others)), mostFolders: mostFolders) else { break }
      threads.append(lane)
    }
    if threads.isEmpty { return nil }
    self.threads = threads
    own = writers > 1 ? OwnLane(directory) : nil
    lanes = threads + [own].compactMap(\.self)
  }

  private func place(of number: UInt64) -> Int { Int(truncatingIfNeeded: number % UInt64(Self.capacity)) }

  /// Whether all slots hold jobs whose results were not collected.
  var isFull: Bool { given &- taken == UInt64(Self.capacity) }

  /// Submits a job that `fill` writes into a free slot.
  ///
  /// - Parameters:
  ///   - hash: a number that is the same for all jobs which must be done in order.
  ///   - isFree: whether the job may be done before and after any other one.
  ///   - fill: writes the job.
  /// - Returns: the number of the job; the first is 1.
  /// - Precondition: the queue is not full.
  func give(to hash: UInt64, isFree: Bool, _ fill: (inout WriteJob) -> Void) -> UInt64 {
    precondition(!isFull, "a job would overwrite another")
    var index = threads.count == 1 ? 0 : Int(truncatingIfNeeded: hash % UInt64(threads.count))
    // Its own lane is the last one.
    if isFree, own != nil, threads[index].pending >= Self.mostPending / UInt64(threads.count) { index = threads.count }
    lanes[index].give(fill)
    places[place(of: given)] = Place(lane: index, number: lanes[index].given)
    given &+= 1
    return given
  }

  /// Does the jobs that the first thread has kept for itself.
  func runOwn() { own?.run() }

  /// Returns the next result if there is one; its number is `taken`.
  func takeBack() -> WriteResult? {
    guard taken < given else { return nil }
    let place = places[place(of: taken)]
    guard let result = lanes[place.lane].result(of: place.number) else { return nil }
    taken &+= 1
    return result
  }

  /// Waits until the jobs up to `number` are done.
  func wait(for number: UInt64) {
    // It begins with the last ones, so that it sleeps once for each thread.
    var next = number
    while next > taken {
      next &-= 1
      let place = places[place(of: next)]
      lanes[place.lane].wait(for: place.number)
    }
  }
}
