internal import Glibc
internal import Paths
internal import Report

/// What shards recorded for report.html, which the merge makes as one run would have.
extension ShardMerge {
  /// Adds a completed connection to the page.
  ///
  /// - Parameters:
  ///   - id: the id in the merged directory.
  ///   - source: the shard, whose next record is that of the connection.
  ///   - newPath: returns the path in the merged directory of a file of the connection.
  /// - Throws: `MergeRefusal` if the record is missing or damaged.
  func addConnection(_ id: UInt64, _ source: ShardSource, newPath: ([UInt8]) -> [UInt8]) throws(MergeRefusal) {
    guard let recorder else { return }
    guard var page = try source.nextPageConnection(), try source.id(page.connection.row.id) == id else {
      throw source.damaged(PageFiles.connectionsName)
    }
    page.connection.row.id = id
    for index in page.connection.row.files.indices {
      page.connection.row.files[index].path = newPath(page.connection.row.files[index].path)
    }
    recorder.add(page)
  }

  /// Adds the objects of an exchange to the page.
  ///
  /// - Parameters:
  ///   - exchange: the number of the exchange.
  ///   - id: the id of its connection in the shard.
  ///   - source: the shard.
  ///   - newPaths: the paths of its files in the merged directory, by path in the shard.
  /// - Throws: `MergeRefusal` if a record is damaged.
  func addObjects(of exchange: UInt64, _ id: UInt64, _ source: ShardSource, _ newPaths: [[UInt8]: [UInt8]]) throws(MergeRefusal) {
    guard let recorder else { return }
    let newID = try source.id(id)
    while var object = try source.nextPageObject(), object.connection == id, object.exchange == exchange {
      source.takePageObject()
      object.connection = newID
      if let path = newPaths[object.path] { object.path = path }
      recorder.add(object)
    }
  }

  /// Checks that all records of a shard were added.
  ///
  /// - Throws: `MergeRefusal` if some are left.
  func checkPage(_ source: ShardSource) throws(MergeRefusal) {
    guard recorder != nil else { return }
    if try source.nextPageConnection() != nil { throw source.damaged(PageFiles.connectionsName) }
    if try source.nextPageObject() != nil { throw source.damaged(PageFiles.objectsName) }
  }

  /// Writes report.html.
  ///
  /// - Parameter report: run.json of the whole run.
  /// - Throws: `MergeRefusal` if it cannot be written.
  func writePage(_ report: JSONValue) throws(MergeRefusal) {
    guard let recorder else { return }
    let failure = OutputError(path: path.appending(ReportRecorder.name), reason: .system(SystemError(code: ENOTSUP)))
    guard let page = recorder.page(report) else { throw MergeRefusal(failure) }
    if let failure = recorder.failure { throw MergeRefusal(failure) }
    do throws(OutputError) { try directory.write(page, as: ReportRecorder.name) } catch { throw MergeRefusal(error) }
  }
}
