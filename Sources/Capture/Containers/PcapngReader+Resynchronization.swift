/// Search for the next valid block behind a damaged one.
///
/// A block is valid if its type is registered, its two lengths agree, and another block or the end of the capture follows it. Every byte is
/// examined once, within a window that holds the longest block that is searched for.
extension PcapngReader {
  /// Length in bytes of the longest block that is searched for: a packet of the usual greatest length with its options fits.
  private static let longestSought = 512 << 10
  /// Number of bytes behind the damage in which the next block is searched for: a compressed capture may hold gigabytes of zeros.
  private static let farthestSought = 16 << 20

  /// Whether the next block may be searched for.
  ///
  /// A wrong length makes the reader fetch bytes, and move those in the buffer. A capture that consists of wrong lengths must not cost more
  /// than a few times its size.
  var maySeek: Bool { stream.bytesMoved / 4 <= stream.bytesRead &+ 16 << 20 }

  /// Advances to the next valid block.
  ///
  /// - Parameter error: the error of the damaged block.
  /// - Returns: the number of bytes that were passed over.
  /// - Throws: `error` if there is no such block.
  func findBlock(after error: CaptureError) throws(CaptureError) -> Int {
    try stream.reserve(2 * Self.longestSought + 64)
    var passed = 0
    var offset = 1
    while try stream.require(offset + 12) {
      if try isBlock(at: offset) {
        stream.consume(offset)
        return passed + offset
      }
      offset += 1
      if offset == Self.longestSought {
        stream.consume(offset)
        passed += offset
        offset = 0
        if passed >= Self.farthestSought { break }
      }
    }
    throw error
  }

  /// Whether a valid block is at an offset.
  ///
  /// - Precondition: twelve bytes are available at the offset.
  private func isBlock(at offset: Int) throws(CaptureError) -> Bool {
    let type = order.uint32(stream.start, offset)
    guard BlockType.isRegistered(type) else { return false }
    var order = order
    if type == BlockType.section {
      guard let swapped = isSwapped(sectionAt: offset) else { return false }
      order.isSwapped = swapped
    }
    let length = Int(order.uint32(stream.start, offset + 4))
    guard length >= 12, length % 4 == 0, length <= Self.longestSought, try stream.require(offset + length) else { return false }
    guard order.uint32(stream.start, offset + length - 4) == length else { return false }
    let next = offset + length
    // A whole block is accepted if the block behind it is cut off, since no contradiction is visible.
    guard try stream.require(next + 8) else { return true }
    let nextLength = order.uint32(stream.start, next + 4)
    return BlockType.isRegistered(order.uint32(stream.start, next)) && nextLength >= 12
      && (nextLength % 4 == 0 || order.uint32(stream.start, next) == BlockType.section)
  }

  /// Returns whether the numbers of a section are byte-swapped, as its header states; nil if it states no byte order.
  func isSwapped(sectionAt offset: Int) -> Bool? {
    let magic: UInt32 = 0x1a2b_3c4d
    let word = order.uint32(stream.start, offset + 8)
    return word == magic ? order.isSwapped : word.byteSwapped == magic ? !order.isSwapped : nil
  }

  /// Whether the current block, which extends beyond the end of the capture, has a length that its own contents contradict.
  ///
  /// Such a block is damaged, and not cut off.
  var isImplausible: Bool {
    guard stream.available >= 32, order.uint32(stream.start, 0) == BlockType.packet else { return false }
    let captured = Int(order.uint32(stream.start, 20))
    let options = Int(order.uint32(stream.start, 4)) - 32 - captured
    return options < 0 || options > Int(UInt16.max)
  }
}
