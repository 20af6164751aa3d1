extension FlowFile {
  /// Passes the buffered bytes to a writer, and returns false if this thread must write, or nothing is buffered.
  ///
  /// If the file is complete and was not created yet, a writer creates, writes and closes it.
  func handOver(closing: Bool) -> Bool {
    guard store.queue != nil, failure == nil, !store.isCollecting, let full = buffer, !full.dirty.isEmpty else { return false }
    if descriptor < 0, isCreated || !closing {
      do throws(SystemError) { _ = try openedDescriptor() } catch { return false }
    }
    if closing { return close(with: full) }
    guard let fresh = store.exchange(full) else { return false }
    guard let job = store.handOver(self, full, closes: false) else {
      store.giveBack(fresh)
      return false
    }
    lastJob = job
    note(full)
    buffer = fresh
    return true
  }

  private func close(with last: WriteBuffer) -> Bool {
    guard let job = store.handOver(self, last, closes: true) else { return false }
    lastJob = job
    note(last)
    buffer = nil
    store.buffered.remove(bufferSlot)
    if descriptor >= 0 {
      descriptor = -1
      store.removeDescriptor(descriptorSlot)
    }
    return true
  }

  private func note(_ given: WriteBuffer) {
    // The writer also only reads these bytes.
    if isHashed { runningDigest()?.update(given.dirty) }
  }

  /// Waits for the writer, whose result the next operation depends on.
  func awaitWrites() { if lastJob > 0 { store.wait(for: lastJob) } }

  /// Evaluates the result of a job.
  func take(_ result: WriteResult, of handed: HandedOver) {
    if result.failure != nil, result.stage == .opening {
      // Nothing was written. This thread can retry with another name, or with one descriptor less.
      digest = nil
      buffer = handed.buffer
      bufferSlot = store.buffered.insert(self)
      close()
      return
    }
    isCreated = true
    if result.written > 0 { writtenEnd = handed.offset &+ Int64(result.written) }
    if let error = result.failure { fail(error) }
    store.giveBack(handed.buffer)
    if handed.closes { wrapUp() }
  }
}
