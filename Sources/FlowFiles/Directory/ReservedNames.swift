/// Names at the top of the output directory that no flow may have.
enum ReservedNames {
  static let index = Array("connections.ndjson".utf8)
  static let exchanges = Array(HTTPOutput.indexName.utf8)
  static let messages = Array(HTTPOutput.messagesName.utf8)
  static let archive = Array(HARFile.name.utf8)
  /// Name of run.json and of report.html while they are incomplete.
  static let partOfReport = Array(".reasm-report".utf8)
  /// Name of the temporary file of a spool, until that name is removed.
  static let spool = Array(".reasm-spool".utf8)
  /// Name of the folder of the shards.
  static let shards = Array("shards".utf8)

  /// Names of the files that a run writes beside the flows and the marker, the index first; `--force` removes them.
  static let written: [[UInt8]] = [
    index, Array(RunReport.fileName.utf8), Array(ChunkFile.name.utf8), exchanges, messages, archive,
    Array(MatchOutput.name.utf8), Array(ReportRecorder.name.utf8), Array(OrderFile.name.utf8),
    Array(PageFiles.connectionsName.utf8), Array(PageFiles.objectsName.utf8), partOfReport, spool,
  ]

  /// Every reserved name, including the marker and names for kinds of output that do not exist yet.
  static let all: [[UInt8]] =
    written + [RunMarker.name]
    + ["http", "pcap", "tls"].map { Array($0.utf8) } + [shards]

  private static let longest = all.map(\.count).max() ?? 0

  static func contains(_ name: some Collection<UInt8>) -> Bool {
    name.count <= longest && all.contains { $0.elementsEqual(name) }
  }
}
