internal import Paths
internal import Reassembly

/// Reader of the order file of a shard.
final class OrderReader {
  private var window: FileWindow
  private var packet: UInt64 = 0
  /// Index and count of the shard.
  let shard: (index: UInt64, count: UInt64)
  /// What all shards of its run have alike.
  let contract: ShardContract
  /// End of the file; nil before it was read.
  private(set) var summary: OrderSummary?

  /// Opens the file and reads its first bytes; nil if it is no order file.
  init?(_ path: [UInt8], in folders: FolderReading) throws(SystemError) {
    var window = FileWindow(path, in: folders)
    try window.fill()
    guard window.bytes.starts(with: OrderCoding.mark) else { return nil }
    var rest = OrderBytes(window.bytes, from: OrderCoding.mark.count)
    guard let index = rest.varint(), let count = rest.varint(), let contract = ShardContract(&rest) else { return nil }
    window.position = rest.position
    shard = (index, count)
    self.contract = contract
    self.window = window
  }

  /// Result of reading one record.
  enum Next {
    case record(OrderRecord)
    case end
    case damaged
  }

  /// Reads the next record.
  func next() throws(SystemError) -> Next {
    if summary != nil { return .end }
    if window.bytes.count - window.position < OrderCoding.longest, !window.hasEnded { try window.fill() }
    var rest = OrderBytes(window.bytes, from: window.position)
    guard let decoded = OrderCoding.decode(&rest, after: packet) else { return .damaged }
    window.position = rest.position
    switch decoded {
    case .record(let record):
      packet = record.place.packet
      return .record(record)
    case .end(let end):
      summary = end
      if !window.hasEnded { try window.fill() }
      return window.isAtEnd ? .end : .damaged
    }
  }
}
