internal import Paths
internal import Report

/// Records for report.html of a shard.
extension ShardSource {
  static func records(_ name: String, of shard: [UInt8], in readers: FolderReading) -> RecordReader {
    RecordReader(shard + [0x2f] + Array(name.utf8), in: readers)
  }

  /// Checks both files, before anything is moved.
  ///
  /// - Throws: `MergeRefusal` if one is missing or cut, or a record is damaged.
  func checkPageFiles() throws(MergeRefusal) {
    let connections = Self.records(PageFiles.connectionsName, of: folder, in: readers)
    var count: UInt64 = 0
    while try readConnection(connections) != nil { count &+= 1 }
    if count != report["connections"]?["total"]?.count { throw damaged(PageFiles.connectionsName) }
    let objects = Self.records(PageFiles.objectsName, of: folder, in: readers)
    while try readObject(objects) != nil {}
  }

  /// Takes the record of the next connection; nil behind the last one.
  func nextPageConnection() throws(MergeRefusal) -> PageConnection? { try readConnection(pageConnections) }

  /// Record of the next object, which stays the next one until it is taken; nil behind the last one.
  func nextPageObject() throws(MergeRefusal) -> ObjectRow? {
    if pageObject == nil { pageObject = try readObject(pageObjects) }
    return pageObject
  }

  /// Takes the record of the next object.
  func takePageObject() { pageObject = nil }

  private func readConnection(_ reader: RecordReader) throws(MergeRefusal) -> PageConnection? {
    guard let record = try record(reader, PageFiles.connectionsName) else { return nil }
    guard let page = PageConnection(record: record), page.connection.row.files.allSatisfy({ OutputDirectory.isSafe($0.path) }) else {
      throw damaged(PageFiles.connectionsName)
    }
    return page
  }

  private func readObject(_ reader: RecordReader) throws(MergeRefusal) -> ObjectRow? {
    guard let record = try record(reader, PageFiles.objectsName) else { return nil }
    guard let object = ObjectRow(record: record), object.path.isEmpty || OutputDirectory.isSafe(object.path) else {
      throw damaged(PageFiles.objectsName)
    }
    return object
  }

  private func record(_ reader: RecordReader, _ name: String) throws(MergeRefusal) -> [UInt8]? {
    let next: RecordReader.Next
    do throws(SystemError) { next = try reader.next() } catch { throw MergeRefusal(path.appending(Array(name.utf8)), error) }
    switch next {
    case .record(let record): return record
    case .end: return nil
    case .damaged: throw damaged(name)
    }
  }
}
