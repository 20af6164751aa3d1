internal import Paths
internal import Reassembly

/// Reader of the order file of a shard.
final class OrderReader {
  private static let piece = 64 << 10

  private let folders: FolderReading
  private let path: [UInt8]
  private var bytes: [UInt8] = []
  private var position = 0
  private var offset: Int64 = 0
  private var hasEnded = false
  private var packet: UInt64 = 0
  /// Index and count of the shard.
  private(set) var shard: (index: UInt64, count: UInt64) = (0, 0)
  /// End of the file; nil before it was read.
  private(set) var summary: OrderSummary?

  /// Opens the file and reads its first bytes; nil if it is no order file.
  init?(_ path: [UInt8], in folders: FolderReading) throws(SystemError) {
    self.path = path
    self.folders = folders
    try fill()
    guard bytes.starts(with: OrderCoding.mark) else { return nil }
    var rest = OrderBytes(bytes, from: OrderCoding.mark.count)
    guard let index = rest.varint(), let count = rest.varint() else { return nil }
    shard = (index, count)
    position = rest.position
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
    if bytes.count - position < OrderCoding.longest, !hasEnded { try fill() }
    var rest = OrderBytes(bytes, from: position)
    guard let decoded = OrderCoding.decode(&rest, after: packet) else { return .damaged }
    position = rest.position
    switch decoded {
    case .record(let record):
      packet = record.place.packet
      return .record(record)
    case .end(let end):
      summary = end
      if !hasEnded { try fill() }
      return hasEnded && position == bytes.count ? .end : .damaged
    }
  }

  private func fill() throws(SystemError) {
    bytes.removeFirst(position)
    position = 0
    let piece = try folders.read(path, at: offset, count: Self.piece)
    bytes += piece
    offset &+= Int64(piece.count)
    if piece.count < Self.piece { hasEnded = true }
  }
}
