internal import Stages

/// Packets that brought the last bytes of a direction, to tell which one brought a byte.
struct PacketTrail {
  private struct Entry {
    let offset: Int64
    let nanoseconds: Int64
    let packet: UInt64
    let input: UInt32
  }

  /// Greatest number of packets that are remembered.
  static let most = 1_024
  /// Number of packets that are remembered where the limit of memory allows no more.
  static let least = 16
  static let entrySize = MemoryLayout<Entry>.stride

  private var entries: [Entry] = []
  /// Index of the first entry that counts.
  private var head = 0

  var count: Int { entries.count - head }

  /// Adds a packet that brings the bytes from an offset on.
  ///
  /// - Parameters:
  ///   - stamp: the packet.
  ///   - offset: the offset, behind all that were added.
  ///   - needed: offset before which no byte will be asked for.
  ///   - most: number of packets to remember, at least 1.
  mutating func append(_ stamp: ByteStamp, at offset: Int64, needed: Int64, most: Int) {
    if let last = entries.last, count > 0, last.packet == stamp.packet, last.input == stamp.input { return }
    // The entry that `needed` lies in has a successor at or before it.
    while count > 1, entries[head + 1].offset <= needed { head += 1 }
    if count >= most { head += count - most + 1 }
    if head > 64, head * 2 > entries.count {
      entries.removeFirst(head)
      head = 0
    }
    entries.append(Entry(offset: offset, nanoseconds: stamp.nanoseconds, packet: stamp.packet, input: stamp.input))
  }

  /// Returns the packet that brought a byte; nil if it is not remembered.
  func stamp(of offset: Int64) -> ByteStamp? {
    var low = head
    var high = entries.count
    // The entry before `low` begins at or before the offset, the one at `high` behind it.
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].offset <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > head else { return nil }
    let entry = entries[low - 1]
    return ByteStamp(nanoseconds: entry.nanoseconds, packet: entry.packet, input: entry.input)
  }

  mutating func removeAll() {
    entries.removeAll()
    head = 0
  }
}
