internal import Packets
internal import Reassembly

/// A buffer that a writer has, with its owner.
struct HandedOver {
  let flow: FlowFile
  let buffer: WriteBuffer
  /// Offset in the file.
  let offset: Int64
  /// Whether the file is complete with it.
  let closes: Bool
  /// Whether its descriptor was open before, which counts until it is closed.
  let closesDescriptor: Bool
}

/// Work for the writers.
///
/// Only the system calls are made there; the first thread does some of the jobs itself. It collects each result, in order, before anything
/// depends on it, so the output is the same as that of one thread.
extension FileStore {
  /// Divisor of the buffer memory that bounds the part which the writers may have.
  private static let handedPart = 4
  /// Number of bytes from which the writers get no further piece of a large file: its buffer is to be in the caches when it is used again.
  private static let mostOfPieces = 1 << 20

  /// Whether the writers have as much as they may have, so that they cannot be given a buffer of `size`.
  private func isBusy(_ queue: WriteQueue, for size: BufferSize) -> Bool {
    let most = pool.limit / Self.handedPart
    return queue.isFull || handedBytes + size.bytes > (size == .largest ? min(most, Self.mostOfPieces) : most)
  }

  /// Passes the buffered bytes of a flow to a writer, which creates the file if the flow has no descriptor.
  ///
  /// - Parameters:
  ///   - flow: the flow.
  ///   - buffer: its buffer.
  ///   - closes: whether the file is complete with these bytes.
  /// - Returns: the number of the job; nil if the caller must write.
  func handOver(_ flow: FlowFile, _ buffer: WriteBuffer, closes: Bool) -> UInt64? {
    guard let queue, !isCollecting else { return nil }
    collect()
    if isBusy(queue, for: buffer.size) {
      // It waits for half of the jobs, so that the threads rarely take turns.
      queue.wait(for: queue.taken + (queue.given - queue.taken + 1) / 2)
      collect()
    }
    // A job of this flow may have failed.
    guard flow.failure == nil else { return nil }
    var name: [UInt8] = []
    if flow.descriptor < 0 {
      swap(&name, &path)
      name.removeAll(keepingCapacity: true)
      flow.appendPath(to: &name)
      name.append(0)
    }
    let offset = flow.fileEnd &- Int64(buffer.dirty.count)
    // The pieces of a file are written in order, and so are files of one name.
    let hash = queue.writers == 1 ? 0 : name.isEmpty ? FileNames.hash(ofEndpoints: flow.conversation.key) : FileNames.hash(name)
    // A new, whole file whose name no other can have may be made at any time.
    let isFree = closes && flow.isNew && !directory.hadEntries && flow.conversation.id <= FileNames.unforgottenConnections
    let number = queue.give(to: hash, isFree: isFree) { job in
      job.flow = flow.conversation.id << 2 | UInt64(flow.side.rawValue) << 1 | (flow.isClear ? 1 : 0) | (flow.isCapture ? 1 << 63 : 0)
      job.descriptor = flow.descriptor
      job.name.removeAll(keepingCapacity: true)
      job.name.append(contentsOf: name)
      job.memory = buffer.dirty
      job.offset = offset
      job.closes = closes
      job.time = flow.conversation.start
    }
    if flow.descriptor < 0 { swap(&name, &path) } else if closes { handedDescriptors += 1 }
    handedBytes += buffer.size.bytes
    handedOver[Int(truncatingIfNeeded: (number &- 1) % UInt64(WriteQueue.capacity))] = HandedOver(
      flow: flow, buffer: buffer, offset: offset, closes: closes, closesDescriptor: closes && flow.descriptor >= 0)
    return number
  }

  /// Whether this thread is to write the next piece of a large file itself, because the other writers have as much as they may have.
  ///
  /// Otherwise it would wait. Pieces of a file are written in order, so those behind a piece that a writer has are left to it.
  func helps(with flow: FlowFile) -> Bool {
    guard let queue, queue.firstThreadWrites, !isCollecting, flow.isCreated, let size = flow.buffer?.size else { return false }
    guard isBusy(queue, for: size) else { return false }
    collect()
    return flow.lastJob <= queue.taken && isBusy(queue, for: size)
  }

  /// Returns an empty buffer to replace one that is passed to a writer; nil if there is none.
  func exchange(_ buffer: WriteBuffer) -> WriteBuffer? {
    guard queue != nil, !isCollecting, pool.canLend(buffer.size) else { return nil }
    var fresh = WriteBuffer(memory: pool.lend(buffer.size), size: buffer.size)
    fresh.copyMarks(buffer)
    return fresh
  }

  /// Takes back a replacement buffer that is not needed after all.
  func giveBack(_ buffer: WriteBuffer) { pool.takeBack(buffer.memory, buffer.size) }

  /// Number of jobs whose results were collected.
  var collected: UInt64 { tar?.settled ?? queue?.taken ?? 0 }

  /// Collects the results that are there, without waiting.
  func collect() {
    guard let queue, !isCollecting else { return }
    isCollecting = true
    while let result = queue.takeBack() {
      let place = Int(truncatingIfNeeded: (queue.taken &- 1) % UInt64(WriteQueue.capacity))
      guard let handed = handedOver[place] else { continue }
      handedOver[place] = nil
      handedBytes -= handed.buffer.size.bytes
      if handed.closesDescriptor { handedDescriptors -= 1 }
      handed.flow.take(result, of: handed)
    }
    isCollecting = false
  }

  /// Waits until job `number` is done, and collects its result unless a collection is in progress.
  func wait(for number: UInt64) {
    guard let queue, number > queue.taken else { return }
    queue.wait(for: number)
    collect()
  }

  /// Waits until every job is done.
  func settle() {
    tar?.flush()
    guard let queue else { return }
    wait(for: queue.given)
  }
}
