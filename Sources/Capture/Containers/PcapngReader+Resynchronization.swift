/// How the reader finds the next block where one is damaged.
///
/// A block is believed where its type is a registered one, its two lengths agree and another block or the end of the capture stands behind
/// it. Every byte is looked at once, within a window that holds the longest block looked for.
extension PcapngReader {
  /// A longer block is not looked for, in bytes: a packet of the usual greatest length with its options fits.
  private static let longestSought = 512 << 10
  /// Bytes behind the damage in which the next block is looked for: a compressed capture may hold gigabytes of nothing.
  private static let farthestSought = 16 << 20

  /// Whether the next block may be looked for: a wrong length makes the reader fetch bytes, and move those that it has, and a capture of
  /// nothing but wrong lengths must not cost more than a few times its size.
  var maySeek: Bool { stream.bytesMoved / 4 <= stream.bytesRead &+ 16 << 20 }

  /// Goes to the next block that can be believed.
  ///
  /// - Returns: bytes that were passed over.
  /// - Throws: `error` where there is none.
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

  /// - Precondition: twelve bytes are available there.
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
    // What is cut off behind a whole block is a block too, as far as anybody can tell.
    guard try stream.require(next + 8) else { return true }
    let nextLength = order.uint32(stream.start, next + 4)
    return BlockType.isRegistered(order.uint32(stream.start, next)) && nextLength >= 12
      && (nextLength % 4 == 0 || order.uint32(stream.start, next) == BlockType.section)
  }

  /// The byte order that a section header states; nil where it states none.
  func isSwapped(sectionAt offset: Int) -> Bool? {
    let magic: UInt32 = 0x1a2b_3c4d
    let word = order.uint32(stream.start, offset + 8)
    return word == magic ? order.isSwapped : word.byteSwapped == magic ? !order.isSwapped : nil
  }

  /// Whether the block at hand, which reaches beyond the end of the capture, has a length that its own contents contradict: then it is
  /// damaged, and not cut off.
  var isImplausible: Bool {
    guard stream.available >= 32, order.uint32(stream.start, 0) == BlockType.packet else { return false }
    let captured = Int(order.uint32(stream.start, 20))
    let options = Int(order.uint32(stream.start, 4)) - 32 - captured
    return options < 0 || options > Int(UInt16.max)
  }
}
