internal import Glibc

/// The contents of a file whose holes may be large: equal where the bytes are equal, however they lie on the disk.
package struct SparseFile: Equatable {
  private static let blockSize = 4_096
  // Numbers of Linux that Glibc shows to GNU sources alone.
  private static let seekData: Int32 = 3
  private static let seekHole: Int32 = 4

  package private(set) var size: Int
  /// Blocks that are not all zero, by their number.
  private var blocks: [Int: [UInt8]] = [:]

  package init(_ bytes: [UInt8]) {
    size = bytes.count
    take(bytes, at: 0)
  }

  /// - Throws: the system's error number, as `SystemFailure`.
  package init(path: String) throws(SystemFailure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemFailure(path) }
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, SEEK_END)
    guard end >= 0 else { throw SystemFailure(path) }
    size = end
    var position = 0
    while position < size {
      let start = lseek(descriptor, position, Self.seekData)
      if start < 0 { break }
      var hole = lseek(descriptor, start, Self.seekHole)
      if hole < 0 { hole = size }
      let aligned = start / Self.blockSize * Self.blockSize
      let wanted = hole - aligned
      let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
        count = max(0, pread(descriptor, buffer.baseAddress, wanted, aligned))
      }
      guard bytes.count == wanted else { throw SystemFailure(path) }
      take(bytes, at: aligned)
      position = hole
    }
  }

  /// - Precondition: `start` is a multiple of the block size.
  private mutating func take(_ bytes: [UInt8], at start: Int) {
    for offset in stride(from: 0, to: bytes.count, by: Self.blockSize) {
      let block = bytes[offset..<min(bytes.count, offset + Self.blockSize)]
      if block.contains(where: { $0 != 0 }) {
        blocks[(start + offset) / Self.blockSize] = Array(block) + [UInt8](repeating: 0, count: Self.blockSize - block.count)
      }
    }
  }

  /// Bytes of a range; what lies beyond the end is left out.
  package func bytes(_ range: Range<Int>) -> [UInt8] {
    let range = range.clamped(to: 0..<size)
    var result: [UInt8] = []
    result.reserveCapacity(range.count)
    var position = range.lowerBound
    while position < range.upperBound {
      let (number, start) = (position / Self.blockSize, position % Self.blockSize)
      let count = min(Self.blockSize - start, range.upperBound - position)
      if let block = blocks[number] {
        result += block[start..<(start + count)]
      } else {
        result += repeatElement(0, count: count)
      }
      position += count
    }
    return result
  }

  package var bytes: [UInt8] { bytes(0..<size) }

  /// Whether a range holds nothing but zeros.
  package func isZero(_ range: Range<Int>) -> Bool {
    var position = range.lowerBound
    while position < range.upperBound {
      let number = position / Self.blockSize
      let end = min(range.upperBound, (number + 1) * Self.blockSize)
      if let block = blocks[number], block[(position % Self.blockSize)..<(end - number * Self.blockSize)].contains(where: { $0 != 0 }) {
        return false
      }
      position = end
    }
    return true
  }

  /// Hands on the whole contents, hole or not, piece by piece.
  package func forEachPiece(_ use: ([UInt8]) -> Void) {
    let zeros = [UInt8](repeating: 0, count: Self.blockSize)
    for start in stride(from: 0, to: size, by: Self.blockSize) {
      let block = blocks[start / Self.blockSize] ?? zeros
      use(size - start < Self.blockSize ? Array(block.prefix(size - start)) : block)
    }
  }
}

/// What the system refused the hunt itself: no finding, and the end of it.
package struct SystemFailure: Error, CustomStringConvertible {
  package var description: String

  package init(_ path: String) { description = "\(path): \(String(cString: strerror(errno)))" }
}
