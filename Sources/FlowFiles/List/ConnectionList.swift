internal import Packets
public import Paths

/// Order of the list of connections.
public enum ListOrder: String, CaseIterable, Sendable {
  /// Lowest number first, which is the order of the first packets.
  case id
  /// Earliest first.
  case start
  /// Longest first.
  case duration
  /// Most bytes first.
  case bytes
  /// Most missing bytes first.
  case missing

  /// Returns the number by which connections are sorted, the lowest first.
  func rank(of row: ListedConnection) -> Int64 {
    switch self {
    case .id: Int64(clamping: row.id)
    case .start: row.start.nanoseconds
    case .duration: -row.duration
    case .bytes: 0 &- row.clientBytes &- row.serverBytes
    case .missing: 0 &- row.gapBytes
    }
  }
}

/// List of completed connections, sorted when it is read.
///
/// Memory holds 24 bytes for each connection of the list and up to 64 MiB of lines; further lines are in a temporary file without a name.
public final class ConnectionList {
  /// Place of a line, and what it is sorted by.
  private struct Entry: Comparable {
    var rank: Int64
    var id: UInt64
    /// Place of the record, and in the lowest eight bits the length of the host.
    var place: Int

    static func < (a: Entry, b: Entry) -> Bool { (a.rank, a.id) < (b.rank, b.id) }
  }

  private let order: ListOrder
  private let most: Int
  private let spool: Spool
  private var records: SpoolRecords
  private var entries: [Entry] = []
  /// Number of connections that were added.
  public private(set) var total = 0

  /// Creates an empty list.
  ///
  /// - Parameters:
  ///   - order: the order of the lines.
  ///   - most: the number of lines that are wanted; nil for all.
  ///   - folder: the folder of the temporary file, which is created when memory does not suffice.
  ///   - memoryLimit: the number of bytes of lines in memory.
  public init(order: ListOrder, most: Int? = nil, folder: FilePath, memoryLimit: Int = 64 << 20) {
    self.order = order
    self.most = most ?? .max
    spool = Spool(folder: folder, memoryLimit: memoryLimit)
    records = SpoolRecords(spool)
  }

  /// Number of lines that will be read.
  public var count: Int { min(entries.count, most) }

  /// First error of the temporary file; some lines are lost then.
  public var failure: OutputError? { spool.failure }

  /// Adds a completed connection.
  ///
  /// O(log n) on average.
  ///
  /// - Parameter row: its line.
  public func add(_ row: ListedConnection) {
    total += 1
    let host = Array(row.content.host.utf8)
    let place = records.append(row.words, host.span)
    entries.append(Entry(rank: order.rank(of: row), id: row.id, place: place << 8 | host.count))
    if most < .max / 4, entries.count >= max(4_096, most * 2) { keepFirst() }
  }

  /// Forgets the lines that are not among the first ones that are wanted.
  private func keepFirst() {
    entries.sort()
    entries.removeLast(entries.count - most)
    let old = records
    records = SpoolRecords(spool)
    var bytes: [UInt8] = []
    for index in entries.indices {
      let length = entries[index].place & 0xff
      // A record that cannot be read leaves an empty one, which is passed over when the list is read.
      if !old.read(ListedConnection.wordCount * 8 + length, at: entries[index].place >> 8, into: &bytes) { bytes.removeAll() }
      entries[index].place = records.append([], bytes.span) << 8 | length
    }
  }

  /// Calls a function with each line, in order, until it returns false.
  ///
  /// It may be called several times. O(n log n).
  ///
  /// - Parameter body: receives a line, and returns whether it wants more.
  /// - Returns: false if lines were lost.
  public func forEach(_ body: (ListedConnection) -> Bool) -> Bool {
    entries.sort()
    var isWhole = !records.isBroken
    var bytes: [UInt8] = []
    for entry in entries.prefix(most) {
      guard records.read(ListedConnection.wordCount * 8 + entry.place & 0xff, at: entry.place >> 8, into: &bytes),
        let row = ListedConnection(bytes), row.id == entry.id
      else {
        isWhole = false
        continue
      }
      if !body(row) { break }
    }
    return isWhole
  }
}
