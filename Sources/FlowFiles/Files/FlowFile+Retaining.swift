internal import Packets

/// Bytes of a stream without a file that are kept in memory, so that copies can be compared with them.
final class RetainedPiece {
  fileprivate unowned let flow: FlowFile
  /// Offset of the first byte in the file that there would be.
  fileprivate let offset: Int64
  fileprivate let buffer: WriteBuffer
  fileprivate var slot: Int32 = -1

  fileprivate init(_ flow: FlowFile, _ buffer: WriteBuffer) {
    self.flow = flow
    self.buffer = buffer
    offset = flow.fileEnd &- Int64(buffer.count)
  }
}

/// Streams without files: a full buffer is kept instead of being written, and the oldest of all are given back if memory is short.
///
/// The bytes of most packets are in the capture of the connection, if there is one. Copying them took a third of the cycles of a run
/// with large packets, outside of the kernel. They have their places in the buffers all the same, so that a capture does not change which
/// bytes are compared.
extension FlowFile {
  /// Keeps the buffered bytes, and continues with an empty buffer.
  func retain() {
    guard let full = buffer, full.count > 0 else { return }
    // Nothing is compared with clear bytes.
    guard !isClear, store.makeRoom(for: full.size) else {
      buffer?.removeData()
      return
    }
    var fresh = WriteBuffer(memory: store.pool.lend(full.size), size: full.size)
    fresh.copyMarks(full)
    buffer = fresh
    let piece = RetainedPiece(self, full)
    piece.slot = store.retained.insert(piece)
    retained.append(piece)
  }

  /// Gives back everything that is kept.
  func releaseRetained() {
    for piece in retained { store.release(piece) }
    retained = []
  }

  /// Compares a range of bytes that lie before the buffer, and returns false if some of them are no longer kept.
  func compareRetained(_ bytes: Span<UInt8>, _ range: Range<Int>, fileOffset: Int64, into differences: inout Differences) -> Bool {
    var position = range.lowerBound
    while position < range.upperBound {
      let at = fileOffset &+ Int64(position - range.lowerBound)
      guard let piece = retained.last(where: { $0.offset <= at }), case let start = Int(at &- piece.offset), start < Int(piece.buffer.count)
      else { return false }
      let count = min(Int(piece.buffer.count) - start, range.upperBound - position)
      guard compare(bytes, position..<(position + count), in: piece.buffer, at: start, into: &differences) else { return false }
      position += count
    }
    return true
  }

  /// Compares a range with bytes that have positions in a buffer, and returns false if some of them cannot be read where they are.
  func compare(
    _ bytes: Span<UInt8>, _ range: Range<Int>, in buffer: WriteBuffer, at start: Int, into differences: inout Differences
  ) -> Bool {
    var position = range.lowerBound
    while position < range.upperBound {
      let at = start + (position - range.lowerBound)
      let left = range.upperBound - position
      switch buffer.piece(at: at) {
      case .here(let count):
        let end = position + min(count, left)
        buffer.compare(at, with: bytes, position..<end, into: &differences)
        position = end
      case .elsewhere(let place, let count):
        let end = position + min(count, left)
        guard conversation.capture?.compare(bytes, position..<end, at: place, into: &differences) == true else { return false }
        position = end
      }
    }
    return true
  }
}

extension FileStore {
  /// Whether streams have no files, and their last bytes stay in memory.
  var retainsStreams: Bool { options.keepsNoStreams && options.comparesInMemory }

  /// Gives back the oldest kept bytes until a buffer can be lent, and returns whether it can.
  func makeRoom(for size: BufferSize) -> Bool {
    while !pool.canLend(size), giveBackOldestRetained() {}
    return pool.canLend(size)
  }

  /// Gives back the oldest kept bytes of all streams, and returns false if there are none.
  func giveBackOldestRetained() -> Bool {
    guard let piece = retained.oldest else { return false }
    // The oldest piece of all is the oldest of its stream.
    piece.flow.retained.removeFirst()
    release(piece)
    return true
  }

  fileprivate func release(_ piece: RetainedPiece) {
    retained.remove(piece.slot)
    pool.takeBack(piece.buffer.memory, piece.buffer.size)
  }
}
