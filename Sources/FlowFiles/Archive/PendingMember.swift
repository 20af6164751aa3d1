internal import Glibc

/// Contents of a member of an archive that is not complete, in blocks of a spool.
///
/// Bytes are appended; ranges between them that were skipped are zeros. Only blocks with bytes take room.
final class PendingMember {
  /// A block of the contents.
  private struct Block {
    /// Number of the block in the contents.
    let number: Int64
    /// Offset of the block in the spool.
    let place: Int64
  }

  private let spool: Spool
  /// Blocks with bytes, in order.
  private var blocks: [Block] = []
  /// Number of bytes, those skipped before the last written one included.
  private(set) var length: Int64 = 0

  init(_ spool: Spool) { self.spool = spool }

  deinit { for block in blocks { spool.giveBack(block.place) } }

  private static let zeros = [UInt8](repeating: 0, count: Spool.standardBlock)

  /// Appends bytes at an offset that is not before `length`.
  ///
  /// - Throws: the error of the spool; the contents are lost.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
    guard !bytes.isEmpty else { return }
    precondition(offset >= length, "the contents of a member are appended")
    // A block may hold the bytes of an earlier member, so what is skipped within one is written as zeros.
    try zero(from: length, to: offset)
    var done = 0
    while done < bytes.count {
      let at = offset &+ Int64(done)
      let (place, room) = try place(of: at)
      let count = min(bytes.count - done, room)
      try spool.write(UnsafeRawBufferPointer(rebasing: bytes[done..<(done + count)]), at: place)
      done += count
    }
    length = offset &+ Int64(bytes.count)
  }

  /// Writes zeros into the skipped parts of the block that has bytes already, and of the one that will have some.
  private func zero(from start: Int64, to end: Int64) throws(SystemError) {
    guard start < end else { return }
    let size = Int64(spool.blockSize)
    if start % size != 0 { try zero(at: start, count: min(end &- start, size &- start % size)) }
    let last = end &- end % size
    if end % size != 0, last >= start { try zero(at: last, count: end &- last) }
  }

  private func zero(at offset: Int64, count: Int64) throws(SystemError) {
    let (place, _) = try place(of: offset)
    let count = Int(min(count, Int64(Self.zeros.count)))
    var failure: SystemError?
    Self.zeros.withUnsafeBytes { zeros in
      do throws(SystemError) {
        try spool.write(UnsafeRawBufferPointer(rebasing: zeros[..<count]), at: place)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Returns the place of an offset in the last block, which is taken if necessary, and the room behind it in that block.
  private func place(of offset: Int64) throws(SystemError) -> (place: Int64, room: Int) {
    let size = Int64(spool.blockSize)
    let number = offset / size
    let within = offset % size
    if let last = blocks.last, last.number == number { return (last.place &+ within, Int(size &- within)) }
    let place = spool.takeBlock()
    blocks.append(Block(number: number, place: place))
    return (place &+ within, Int(size &- within))
  }

  /// Calls `body` with a range of the contents, in pieces that are not longer than a block: bytes, or a number of zeros.
  ///
  /// - Throws: the error of the spool, or of `body`.
  func forEachPiece(
    from start: Int64, to end: Int64, _ body: (UnsafeRawBufferPointer, _ zeros: Int64) throws(SystemError) -> Void
  ) throws(SystemError) {
    precondition(start >= 0 && end <= length, "only bytes of the member can be read")
    let size = Int64(spool.blockSize)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: spool.blockSize, alignment: 16)
    defer { memory.deallocate() }
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    var position = start
    var index = blocks.partitioningIndex { $0.number >= start / size }
    while position < end {
      let number = position / size
      if index < blocks.count, blocks[index].number == number {
        let within = position % size
        let count = Int(min(size &- within, end &- position))
        let piece = UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
        guard spool.read(into: piece, at: blocks[index].place &+ within) else { throw spool.failureCode }
        try body(UnsafeRawBufferPointer(piece), 0)
        position &+= Int64(count)
        index += 1
      } else {
        let next = index < blocks.count ? blocks[index].number &* size : end
        let zeros = min(next, end) &- position
        try body(none, zeros)
        position &+= zeros
      }
    }
  }
}
