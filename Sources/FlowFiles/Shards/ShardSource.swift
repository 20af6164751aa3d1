internal import Paths
internal import Reassembly
internal import Report

/// A whole shard that is being merged.
final class ShardSource {
  let path: FilePath
  /// Path below the output directory.
  let folder: [UInt8]
  let report: JSONValue
  private let order: OrderReader
  let readers: FolderReading
  /// Next event; nil at the end.
  private(set) var next: OrderRecord?
  /// Ids in the merged directory, by the id in the shard minus one.
  private(set) var ids: [UInt64] = []
  /// Files of open connections that have other names in the merged directory, by id in the shard.
  var renamed: [UInt64: [MergedNames.Renamed]] = [:]
  /// Files of HTTP in a tree.
  var bodies = MergedBodies()
  /// Paths of the certificates of the shard so far.
  var certificates: Set<[UInt8]> = []
  private(set) lazy var index = lines(IndexFile.name)
  private(set) lazy var chunks = lines(ChunkFile.name)
  private(set) lazy var exchanges = lines(HTTPOutput.indexName)
  /// Messages of WebSocket, for which a shard without one has no file.
  private(set) lazy var messages = lines(HTTPOutput.messagesName, mayBeMissing: true)
  private(set) lazy var archive = lines(HARFile.name)
  private(set) lazy var matches = lines(MatchOutput.name)
  private(set) lazy var pageConnections = Self.records(PageFiles.connectionsName, of: folder, in: readers)
  private(set) lazy var pageObjects = Self.records(PageFiles.objectsName, of: folder, in: readers)
  /// Object of the page that was read and not taken.
  var pageObject: ObjectRow?
  private static let longestReport = 64 << 20

  /// Opens a shard.
  ///
  /// - Parameters:
  ///   - name: the name of its folder.
  ///   - root: the output directory.
  ///   - readers: the folders below it.
  /// - Throws: `MergeRefusal` if it is no whole shard.
  init(_ name: [UInt8], in root: FilePath, _ readers: FolderReading) throws(MergeRefusal) {
    folder = ReservedNames.shards + [0x2f] + name
    path = root.appending(folder)
    self.readers = readers
    let text: [UInt8]
    let order: OrderReader?
    do throws(SystemError) {
      text = try readers.contents(of: folder + [0x2f] + Array(RunReport.fileName.utf8), most: Self.longestReport)
      order = try OrderReader(folder + [0x2f] + Array(OrderFile.name.utf8), in: readers)
    } catch {
      throw MergeRefusal(path, damage: "\(error), so this is no whole shard")
    }
    guard let report = JSONValue(text) else { throw Self.damaged(RunReport.fileName, path) }
    guard let order else { throw Self.damaged(OrderFile.name, path) }
    self.report = report
    self.order = order
  }

  private func lines(_ name: String, mayBeMissing: Bool = false) -> LineReader {
    LineReader(folder + [0x2f] + Array(name.utf8), in: readers, mayBeMissing: mayBeMissing)
  }

  /// Index and count of the shard.
  var shard: (index: UInt64, count: UInt64) { order.shard }
  /// What all shards of its run have alike.
  var contract: ShardContract { order.contract }
  /// What the shard used of common limits; nil before the end.
  var summary: OrderSummary? { order.summary }

  /// Checks that the files are as long as the shard wrote them.
  ///
  /// Only the sum is compared, which run.json has; a file in an archive is not looked at.
  ///
  /// - Throws: `MergeRefusal` if the sum differs, or if an entry is no file, as a symbolic link.
  func checkFiles() throws(MergeRefusal) {
    let (bytes, foreign) = try reading { () throws(SystemError) in
      try readers.size(of: folder) { !ReservedNames.written.contains($0) && $0 != RunMarker.name }
    }
    if let foreign {
      let name = FilePath(Array(foreign.dropFirst(folder.count + 1)))
      throw MergeRefusal(path, damage: "\(name) is no file")
    }
    let output = report["output"]
    guard output?["connections_with_errors"]?.count == 0, contract.archive(of: Int(clamping: shard.index)) == nil else { return }
    let written = (output?["bytes"]?.count ?? 0) &+ (output?["pcap_bytes"]?.count ?? 0)
    guard bytes == written else {
      throw MergeRefusal(path, damage: "its files have \(bytes) bytes, and the run wrote \(written)")
    }
  }

  func damaged(_ what: String) -> MergeRefusal { Self.damaged(what, path) }

  private static func damaged(_ what: String, _ path: FilePath) -> MergeRefusal {
    MergeRefusal(path, damage: "\(what) is damaged")
  }

  /// Makes calls about the shard.
  func reading<Value>(_ body: () throws(SystemError) -> Value) throws(MergeRefusal) -> Value {
    do throws(SystemError) { return try body() } catch { throw MergeRefusal(path, error) }
  }

  /// Reads the next event, whose place gets the ids of the merged directory.
  func advance() throws(MergeRefusal) {
    switch try reading({ () throws(SystemError) in try order.next() }) {
    case .end: next = nil
    case .damaged: throw damaged(OrderFile.name)
    case .record(var record):
      if record.place.step != .segment {
        record.place.rank = try id(record.place.rank >> 1) << 1 | record.place.rank & 1
      }
      next = record
    }
  }

  /// Gives the next connection of the shard its id in the merged directory.
  func add(_ id: UInt64) { ids.append(id) }

  /// Id in the merged directory of a connection of the shard.
  func id(_ id: UInt64) throws(MergeRefusal) -> UInt64 {
    guard id >= 1, id <= UInt64(ids.count) else { throw damaged(OrderFile.name) }
    return ids[Int(id) - 1]
  }
}
