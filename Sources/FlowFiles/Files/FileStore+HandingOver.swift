internal import Packets
internal import Reassembly

/// A buffer that the second thread writes, and whose it is.
struct HandedOver {
  let flow: FlowFile
  let buffer: WriteBuffer
  /// Where in the file it goes.
  let offset: Int64
  /// The file is complete with it.
  let closes: Bool
  /// Its descriptor was open before, and counts until it is closed.
  let closesDescriptor: Bool
}

/// What the second thread does. Everything but the calls themselves stays on the first: a result is taken back there, in order, before
/// anything depends on it, so the output is the same as that of one thread.
extension FileStore {
  /// The second thread has at most this part of the memory for buffers.
  private static let handedPart = 4

  /// Hands what a flow has buffered to the second thread; answers the number of the job, nil where the caller must write.
  ///
  /// A flow without a descriptor gets its file made. Its folder must be the output directory itself: others are opened and closed
  /// as they come.
  func handOver(_ flow: FlowFile, _ buffer: WriteBuffer, closes: Bool) -> UInt64? {
    guard let queue, !isCollecting else { return nil }
    collect()
    if queue.isFull || (handedBytes + buffer.size.bytes) * Self.handedPart > pool.limit {
      // Half of what waits, so that the threads take turns rarely.
      queue.wait(for: queue.taken + (queue.given - queue.taken + 1) / 2)
      collect()
    }
    // A job of this very flow may have failed.
    guard flow.failure == nil else { return nil }
    var name: [UInt8] = []
    if flow.descriptor < 0 {
      swap(&name, &path)
      name.removeAll(keepingCapacity: true)
      flow.appendPath(to: &name)
      guard !name.contains(0x2f) else {
        swap(&name, &path)
        return nil
      }
      name.append(0)
    }
    let offset = flow.fileEnd &- Int64(buffer.dirty.count)
    let number = queue.give { job in
      job.flow = flow.conversation.id << 2 | UInt64(flow.side.rawValue) << 1 | (flow.isClear ? 1 : 0)
      job.descriptor = flow.descriptor
      job.directory = directory.descriptor
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

  /// Empty memory in place of a buffer that is handed over; nil where there is none.
  func exchange(_ buffer: WriteBuffer) -> WriteBuffer? {
    guard queue != nil, !isCollecting, pool.canLend(buffer.size) else { return nil }
    var fresh = WriteBuffer(memory: pool.lend(buffer.size), size: buffer.size)
    fresh.copyMarks(buffer)
    return fresh
  }

  /// A buffer that was exchanged is not needed after all.
  func giveBack(_ buffer: WriteBuffer) { pool.takeBack(buffer.memory, buffer.size) }

  /// Jobs whose results were taken back.
  var collected: UInt64 { queue?.taken ?? 0 }

  /// Takes back what is done, without waiting.
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

  /// Waits until job `number` is done.
  ///
  /// Its result is taken back, unless that is what happens already.
  func wait(for number: UInt64) {
    guard let queue, number > queue.taken else { return }
    queue.wait(for: number)
    collect()
  }

  /// Waits until everything is done.
  func settle() {
    guard let queue else { return }
    wait(for: queue.given)
  }
}
