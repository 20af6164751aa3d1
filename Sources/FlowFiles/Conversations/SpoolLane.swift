/// Sequence of bytes in a spool, which is read once from the beginning.
final class SpoolLane {
  let spool: Spool
  /// Index in the spool's list; below 0 while no bytes are in memory.
  var slot: Int32 = -1
  /// Offsets of the blocks in the file, in order, all full but the last; their bytes precede those in memory.
  private(set) var blocks: [Int64] = []
  private(set) var spilledCount: Int64 = 0
  private(set) var tail: [UInt8] = []
  /// Whether bytes were lost because they could not be written.
  private(set) var isBroken = false

  init(_ spool: Spool) { self.spool = spool }

  /// Releases the lane, which is not read any more.
  ///
  /// It must be called, because the spool retains every lane that has bytes in memory.
  func release() {
    spool.shrank(self, by: tail.count)
    tail = []
    blocks.forEach(spool.giveBack)
    blocks = []
    spilledCount = 0
  }

  /// Appends numbers of 64 bits, and bytes behind them.
  func append(_ words: [UInt64], _ bytes: Span<UInt8>) {
    guard !isBroken else { return }
    let before = tail.count
    for word in words {
      for shift in stride(from: UInt64(0), to: 64, by: 8) { tail.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    bytes.withUnsafeBytes { tail.append(contentsOf: $0) }
    spool.grew(self, by: tail.count - before)
  }

  /// Number of bytes that can be read.
  var count: Int { Int(spilledCount) + tail.count }

  /// All bytes; none if reading fails, which is an error of the spool.
  var allBytes: [UInt8] {
    var reader = SpoolReader(self)
    var bytes: [UInt8] = []
    return reader.read(count, into: &bytes) ? bytes : []
  }

  /// Moves the bytes in memory to the file.
  func spill() {
    let bytes = tail
    tail = []
    spool.shrank(self, by: bytes.count)
    var done = 0
    while done < bytes.count, !isBroken {
      let within = Int(spilledCount % Int64(spool.blockSize))
      if within == 0 { blocks.append(spool.takeBlock()) }
      let count = min(bytes.count - done, spool.blockSize - within)
      guard let block = blocks.last, spool.write(bytes[done..<(done + count)], at: block &+ Int64(within)) else {
        isBroken = true
        return
      }
      spilledCount &+= Int64(count)
      done += count
    }
  }
}

extension [UInt8] {
  /// The number at `index` of those that a lane holds, the lowest byte first.
  ///
  /// - Precondition: the bytes have so many numbers.
  func word(_ index: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(self[index * 8 + $1]) << UInt64($1 * 8) } }
}

/// Reader of a lane from its beginning to its end; the lane must not grow meanwhile.
struct SpoolReader {
  private let lane: SpoolLane
  private var block = 0
  /// Bytes that were read from the file last, or the bytes that the lane has in memory.
  private var piece: [UInt8] = []
  private var position = 0
  private var isInTail = false

  init(_ lane: SpoolLane) { self.lane = lane }

  /// Replaces `bytes` by the next `count` bytes, and returns false if there are fewer, or reading failed.
  mutating func read(_ count: Int, into bytes: inout [UInt8]) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    while bytes.count < count {
      if position == piece.count {
        guard refill() else { return false }
      }
      let more = min(count - bytes.count, piece.count - position)
      bytes.append(contentsOf: piece[position..<(position + more)])
      position += more
    }
    return true
  }

  private mutating func refill() -> Bool {
    position = 0
    let read = Int64(block) &* Int64(lane.spool.blockSize)
    guard read < lane.spilledCount else {
      guard !isInTail, !lane.tail.isEmpty else { return false }
      isInTail = true
      piece = lane.tail
      return true
    }
    let count = Int(min(Int64(lane.spool.blockSize), lane.spilledCount &- read))
    if piece.count != count { piece = [UInt8](repeating: 0, count: count) }
    let start = lane.blocks[block]
    guard piece.withUnsafeMutableBytes({ lane.spool.read(into: $0, at: start) }) else {
      piece = []
      return false
    }
    block += 1
    return true
  }
}
