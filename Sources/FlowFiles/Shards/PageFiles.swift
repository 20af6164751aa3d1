internal import Report

/// Files `.reasm-page` and `.reasm-objects` of a shard: what report.html takes of its connections and of its objects of HTTP.
///
/// Connections are in the order of the index, objects in that of http.ndjson; the merge takes both in the order of one run.
final class PageFiles {
  static let connectionsName = ".reasm-page"
  static let objectsName = ".reasm-objects"

  private let connections: ShardFile
  private let objects: ShardFile

  init(_ directory: OutputDirectory) throws(OutputError) {
    connections = try ShardFile(Self.connectionsName, in: directory)
    objects = try ShardFile(Self.objectsName, in: directory)
  }

  var failure: OutputError? { connections.failure ?? objects.failure }

  /// Writes a connection.
  func append(_ connection: PageConnection) { connections.append(record: connection.record) }

  /// Writes an object; the HTTP of a shard is read by the thread that writes connections too.
  func append(_ object: ObjectRow) { objects.append(record: object.record) }

  /// Writes the ends of the files: an empty record, without which a file was cut.
  func finish() {
    for file in [connections, objects] {
      file.append(record: [])
      file.flush()
    }
  }
}

extension ShardFile {
  /// Appends a record behind its length.
  fileprivate func append(record: [UInt8]) {
    append { bytes in
      bytes.append(varint: UInt64(record.count))
      bytes += record
    }
  }
}
