internal import Glibc
internal import Packets
internal import Paths
internal import Reassembly

extension FlowFile {
  /// Number of bytes from which data are written in place, together with the buffered bytes, instead of being copied first.
  private static let directSize = 16 << 10
  /// Length up to which holes are written as zeros if the buffer has room: cheaper than a write on either side.
  private static let bufferedHole: Int64 = 4 << 10

  func write(_ bytes: Span<UInt8>, from start: Int64, _ info: PacketStamp) {
    if buffer == nil { (buffer, bufferSlot) = store.lendBuffer(to: self) } else { store.touchBuffer(bufferSlot) }
    buffer?.mark(start, info)
    put(bytes)
  }

  /// Appends bytes of a capture.
  func append(_ bytes: Span<UInt8>) {
    guard failure == nil, bytes.count > 0 else { return }
    streamEnd &+= Int64(bytes.count)
    if buffer == nil { (buffer, bufferSlot) = store.lendBuffer(to: self) } else { store.touchBuffer(bufferSlot) }
    put(bytes)
  }

  /// Appends bytes of a capture.
  func append(_ bytes: [UInt8]) { append(bytes.span) }

  /// Appends bytes of a capture that `body` writes into the buffer.
  ///
  /// - Parameters:
  ///   - count: the number of the bytes.
  ///   - body: appends that many bytes.
  /// - Returns: false if there is no buffer with that much room.
  @inline(__always)
  func appendInPlace(_ count: Int, _ body: (inout OutputSpan<UInt8>) -> Void) -> Bool {
    guard failure == nil, let free = buffer?.freeCount, free >= count else { return false }
    store.touchBuffer(bufferSlot)
    buffer?.append(count, body)
    streamEnd &+= Int64(count)
    fileEnd &+= Int64(count)
    return true
  }

  /// Completes and closes a capture.
  func finishCapture() { if !handOver(closing: true) { close() } }

  private func put(_ bytes: Span<UInt8>) {
    var position = 0
    while position < bytes.count, failure == nil, let free = buffer?.freeCount {
      let left = bytes.count - position
      if left <= free {
        take(bytes, position..<bytes.count)
        return
      }
      if left >= Self.directSize, !isRetained {
        fileEnd &+= Int64(left)
        bytes.extracting(position...).withUnsafeBytes { drain(with: $0) }
        return
      }
      if let current = buffer, let larger = store.grow(current) {
        buffer = larger
        continue
      }
      take(bytes, position..<(position + free))
      position += free
      drain()
    }
    fileEnd &+= Int64(bytes.count - position)
  }

  private func take(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    if isRetained, range.count >= WriteBuffer.leastElsewhere, let place = conversation.capture?.place(of: bytes.extracting(range)) {
      buffer?.append(range.count, elsewhere: place)
    } else {
      buffer?.append(bytes, range, staysUnread: isRetained)
    }
    fileEnd &+= Int64(range.count)
  }

  /// Assigns pending gaps their room in the file, because bytes follow.
  func placeGaps(_ notes: FlowNotes) {
    guard let (newStreamEnd, end) = store.place(notes, from: fileEnd, isClear: isClear) else { return }
    streamEnd = newStreamEnd
    let hole = end &- fileEnd
    guard hole > 0 else { return }
    if failure == nil {
      if hole <= Self.bufferedHole, let free = buffer?.freeCount, Int64(free) >= hole {
        buffer?.appendZeros(Int(hole))
      } else {
        drain()
        if isHashed, failure == nil { runningDigest()?.updateZeros(hole) }
      }
    }
    fileEnd = end
  }

  /// Writes the buffered bytes and empties the buffer.
  func drain() {
    drain(with: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// Writes the buffered bytes and keeps them in the buffer.
  func flush() {
    guard failure == nil, let buffer, !buffer.dirty.isEmpty, !isRetained, !isSpooled else { return }
    writeOut(buffer.dirty, UnsafeRawBufferPointer(start: nil, count: 0))
    self.buffer?.setClean()
  }

  private func drain(with more: UnsafeRawBufferPointer) {
    guard failure == nil else { return }
    if isRetained { return retain() }
    if more.isEmpty, !isSpooled, !store.helps(with: self), handOver(closing: false) { return }
    let dirty = buffer?.dirty ?? UnsafeRawBufferPointer(start: nil, count: 0)
    if !dirty.isEmpty || !more.isEmpty { writeOut(dirty, more) }
    buffer?.removeData()
  }

  /// Writes two pieces so that they end at the end of the file.
  private func writeOut(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
    guard !isSpooled else { return spool(first, second) }
    awaitWrites()
    guard failure == nil else { return }
    var left = first.count + second.count
    do throws(SystemError) {
      let descriptor = try openedDescriptor()
      while left > 0 {
        let firstDone = min(first.count, first.count + second.count - left)
        let secondDone = first.count + second.count - left - firstDone
        do throws(SystemError) {
          let count = try store.calls.write(
            descriptor, UnsafeRawBufferPointer(rebasing: first[firstDone...]), UnsafeRawBufferPointer(rebasing: second[secondDone...]),
            at: fileEnd &- Int64(left))
          // No bytes written and no error: only a full disk explains it.
          if count == 0 { throw SystemError(code: ENOSPC) }
          left -= count
          writtenEnd = fileEnd &- Int64(left)
        } catch {
          if error.code != EINTR { throw error }
        }
      }
      if isHashed {
        runningDigest()?.update(first)
        runningDigest()?.update(second)
      }
    } catch {
      fail(error)
    }
  }

  func runningDigest() -> Digest? {
    if digest == nil { digest = Digest(.sha256) }
    return digest
  }

  /// Returns the descriptor of the file, which is created or reopened if necessary.
  func openedDescriptor() throws(SystemError) -> Int32 {
    if descriptor >= 0 {
      store.touchDescriptor(descriptorSlot)
      return descriptor
    }
    let values = nameValues
    (descriptor, descriptorSlot) = try store.open(self, values, number: &nameNumber, creating: !isCreated)
    if isCreated, let identity {
      let status = try store.calls.status(of: descriptor)
      guard status.isSameFile(as: identity) else {
        closeDescriptor()
        throw SystemError(code: ESTALE)
      }
    }
    isCreated = true
    return descriptor
  }

  /// Creates the file before there is anything to write to it.
  func createEmpty() {
    guard failure == nil else { return }
    if nameNumber == 0 { nameNumber = store.reserveName(nameValues) }
    guard tar == nil else { return }
    do throws(SystemError) { _ = try openedDescriptor() } catch { fail(error) }
  }

  /// Closes the descriptor; the file can be reopened.
  ///
  /// Its modification time becomes that of the connection's first packet.
  func closeDescriptor() {
    awaitWrites()
    guard descriptor >= 0 else { return }
    let closing = descriptor
    descriptor = -1
    store.removeDescriptor(descriptorSlot)
    do throws(SystemError) {
      if identity == nil, !conversation.isFinishing { identity = try store.calls.status(of: closing) }
    } catch {
      fail(error)
    }
    // The time is a convenience: some file systems do not support it, and the index has it too.
    do throws(SystemError) { try store.calls.setModificationTime(of: closing, to: conversation.start) } catch {}
    do throws(SystemError) { try store.calls.close(closing) } catch { fail(error) }
  }

  /// Writes and gives back the buffer, because another flow needs the memory; bytes of a stream without a file are lost.
  func giveBackBuffer() {
    if !isRetained { drain() }
    releaseBuffer()
  }

  func releaseBuffer() {
    guard let buffer else { return }
    self.buffer = nil
    store.takeBack(buffer, slot: bufferSlot)
  }

  /// Ends the output of this direction after an error.
  func fail(_ error: SystemError) {
    guard failure == nil else { return }
    failure = error
    let path = store.path(of: nameValues, number: nameNumber)
    store.note(OutputError(path: store.directory.path.appending(path), reason: .system(error)))
    digest = nil
    releaseBuffer()
    closeDescriptor()
  }
}
