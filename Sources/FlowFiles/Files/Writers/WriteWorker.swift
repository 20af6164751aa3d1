internal import Glibc

/// Runs write jobs: in the thread of a `ThreadLane`, or in the first thread for its `OwnLane`.
final class WriteWorker {
  private let slots: JobSlots
  private let calls: any SystemCalls
  /// Marker, which records the names of files before they are created.
  private let marker: RunMarker
  /// Folders that this thread has open.
  private let folders: OutputFolders
  /// Numbers of files with a failure, of which more pieces may come.
  private var failed: Set<UInt64> = []
  private var names = MarkedNames()

  init(_ slots: JobSlots, _ directory: OutputDirectory, _ folders: OutputFolders) {
    self.slots = slots
    calls = directory.calls
    marker = directory.marker
    self.folders = folders
  }

  /// Runs jobs as they are given to a thread, and returns when the ring ends and every job is done.
  func work(on ring: JobRing) {
    var next: UInt64 = 0
    while case let end = ring.awaitWork(behind: next), end != next {
      run(next..<end) { ring.finish($0) }
      next = end
    }
  }

  /// Runs jobs, and calls a function with their number whenever another one is done.
  func run(_ jobs: Range<UInt64>, finish: (UInt64) -> Void = { _ in }) {
    let refusal = mark(jobs)
    for number in jobs {
      run(&slots.slot(number).pointee, refusal)
      finish(number &+ 1)
    }
  }

  /// Writes the names of all files that these jobs create to the marker, with one write.
  ///
  /// - Returns: the error if that failed.
  private func mark(_ jobs: Range<UInt64>) -> SystemError? {
    names.removeAll()
    for number in jobs where slots.slot(number).pointee.descriptor < 0 {
      names.add(.own, slots.slot(number).pointee.name.dropLast())
    }
    do throws(SystemError) {
      try marker.note(names)
      return nil
    } catch {
      return error
    }
  }

  /// Runs a job.
  ///
  /// - Parameters:
  ///   - job: the job, which receives its result.
  ///   - refusal: the reason why no file can be created; nil if there is none.
  private func run(_ job: inout WriteJob, _ refusal: SystemError?) {
    do throws(SystemError) {
      if job.descriptor < 0 {
        if let refusal { throw refusal }
        job.descriptor = try folders.openFile(terminated: job.name, flags: O_RDWR | O_CREAT | O_EXCL)
      }
      job.result.stage = .writing
      if failed.isEmpty || !failed.contains(job.flow) { try write(&job) }
      job.result.stage = .closing
      if job.closes { try close(job) }
    } catch {
      job.result.failure = error
      guard job.result.stage == .writing else { return }
      if job.closes { do throws(SystemError) { try close(job) } catch {} } else { failed.insert(job.flow) }
    }
  }

  private func close(_ job: borrowing WriteJob) throws(SystemError) {
    // The time is a convenience: some file systems do not support it, and the index has it too.
    do throws(SystemError) { try calls.setModificationTime(of: job.descriptor, to: job.time) } catch {}
    try calls.close(job.descriptor)
  }

  private func write(_ job: inout WriteJob) throws(SystemError) {
    while job.result.written < job.memory.count {
      do throws(SystemError) {
        let rest = UnsafeRawBufferPointer(rebasing: job.memory[job.result.written...])
        let count = try calls.write(
          job.descriptor, rest, UnsafeRawBufferPointer(start: nil, count: 0), at: job.offset &+ Int64(job.result.written))
        // No bytes written and no error: only a full disk explains it.
        if count == 0 { throw SystemError(code: ENOSPC) }
        job.result.written += count
      } catch {
        if error.code != EINTR { throw error }
      }
    }
  }
}
