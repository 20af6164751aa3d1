extension FlowFile {
  /// Hands what is buffered to the second thread; false where this one must write, or where nothing is to be written.
  ///
  /// A file that was not made yet and is complete is made, written and closed there in one go.
  func handOver(closing: Bool) -> Bool {
    guard store.queue != nil, failure == nil, !store.isCollecting, let full = buffer, !full.dirty.isEmpty else { return false }
    if descriptor < 0, isCreated || !closing {
      do throws(SystemError) { _ = try openedDescriptor() } catch { return false }
    }
    if closing { return close(with: full) }
    guard let fresh = store.exchange(full) else { return false }
    guard let job = store.handOver(self, full, closes: false) else {
      store.free(fresh)
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
    // The other thread only reads these bytes, too.
    if store.options.hashes { runningDigest()?.update(given.dirty) }
  }

  /// Waits for the second thread: what comes next depends on what it does.
  func awaitWrites() { if lastJob > 0 { store.wait(for: lastJob) } }

  /// Takes back what came of a job.
  func take(_ result: WriteResult, of handed: HandedOver) {
    if result.failure != nil, result.stage == .opening {
      // Nothing was done. What can be done about it is done here: another name, or a descriptor less.
      digest = nil
      buffer = handed.buffer
      bufferSlot = store.buffered.insert(self)
      close()
      return
    }
    isCreated = true
    if result.written > 0 { writtenEnd = handed.offset &+ Int64(result.written) }
    if let error = result.failure { fail(error) }
    store.free(handed.buffer)
    if handed.closes { wrapUp() }
  }
}
