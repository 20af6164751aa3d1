internal import Paths

/// Records in memory, and beyond a limit in a temporary file, which are read in any order.
final class SpoolRecords {
  private let lane: SpoolLane

  init(_ spool: Spool) { lane = SpoolLane(spool) }

  deinit { lane.release() }

  /// Whether records were lost because they could not be written.
  var isBroken: Bool { lane.isBroken }

  /// Appends a record, numbers of 64 bits with bytes behind them, and returns its place.
  func append(_ words: [UInt64], _ bytes: Span<UInt8>) -> Int {
    let place = lane.count
    lane.append(words, bytes)
    return place
  }

  /// Replaces `bytes` by the `count` bytes at a place, and returns false if they cannot be read.
  ///
  /// O(count).
  func read(_ count: Int, at place: Int, into bytes: inout [UInt8]) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    guard place >= 0, count >= 0, place + count <= lane.count else { return false }
    let spilled = Int(lane.spilledCount)
    while bytes.count < count {
      let position = place + bytes.count
      let left = count - bytes.count
      guard position < spilled else {
        bytes.append(contentsOf: lane.tail[(position - spilled)..<(position - spilled + left)])
        break
      }
      let within = position % lane.spool.blockSize
      let length = min(left, lane.spool.blockSize - within, spilled - position)
      var piece = [UInt8](repeating: 0, count: length)
      let start = lane.blocks[position / lane.spool.blockSize] &+ Int64(within)
      guard piece.withUnsafeMutableBytes({ lane.spool.read(into: $0, at: start) }) else { return false }
      bytes.append(contentsOf: piece)
    }
    return true
  }
}
