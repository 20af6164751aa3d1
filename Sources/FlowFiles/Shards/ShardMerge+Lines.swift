internal import Glibc
internal import Paths

/// Lines of the indexes of the shards, which are appended to those of the merged directory, and the files that they name.
extension ShardMerge {
  private func make(_ name: String) throws(MergeRefusal) -> LineFile {
    do throws(OutputError) { return try LineFile(directory: directory, name: name) } catch { throw MergeRefusal(error) }
  }

  /// Creates the indexes; those of an interrupted attempt are written anew.
  func makeIndexes() throws(MergeRefusal) {
    for name in ReservedNames.written { directory.removeReserved(String(decoding: name, as: UTF8.self)) }
    func has(_ option: String) -> Bool { report?.value(at: ["options", option]) != nil }
    index = try make(IndexFile.name)
    if has("chunks") { chunks = try make(ChunkFile.name) }
    if has("http") { exchanges = try make(HTTPOutput.indexName) }
    if has("match") { matches = try make(MatchOutput.name) }
    // Only open connections have the layers that a display filter goes by.
    if has("report") { recorder = ReportRecorder(directory, scopes: []) }
    guard has("har") else { return }
    archive = try make(HARFile.name)
    archive?.append { json in json.appendPlain { $0 += HARFile.beginning } }
    for source in sources {
      let beginning = try source.reading { () throws(SystemError) in try source.archive.take() }
      if beginning != HARFile.beginning { throw source.damaged(HARFile.name) }
    }
  }

  /// Takes the line of a completed connection, with its files and its lines in the other indexes.
  ///
  /// - Parameters:
  ///   - id: the id of the connection in the shard.
  ///   - source: the shard.
  ///   - isSelective: whether the connection may have no line; then its lines of HTTP follow here.
  /// - Throws: `MergeRefusal` if a line is missing, or a file cannot be moved.
  func complete(_ id: UInt64, _ source: ShardSource, isSelective: Bool) throws(MergeRefusal) {
    let renamed = source.renamed.removeValue(forKey: id) ?? []
    let newID = try source.id(id)
    defer { source.bodies.forget(connection: id) }
    guard let line = try take(id, "id", source, source.index) else {
      if isSelective { return }
      throw source.damaged(IndexFile.name)
    }
    func newPath(_ path: [UInt8]) -> [UInt8] { renamed.last { $0.path == path }?.newPath ?? path }
    try append(line, "id", id, IndexScanner(line).files(), source, to: index) { newPath($0.path) }
    try addConnection(newID, source, newPath: newPath)
    if isSelective, exchanges != nil {
      while try moveExchange(of: id, source) {}
      while try moveMessage(of: id, source) {}
    }
    let (old, new) = (MergedLine.beginning("connection", id), MergedLine.beginning("connection", newID))
    for (reader, lines) in [(source.chunks, chunks), (source.matches, matches)] {
      guard let lines else { continue }
      while let line = try take(id, "connection", source, reader) {
        lines.append { json in json.appendPlain { MergedLine.append(line, old, as: new, [], to: &$0) } }
      }
    }
  }

  /// Takes the next line of an index if it is that of a connection.
  private func take(
    _ id: UInt64, _ member: StaticString, _ source: ShardSource, _ reader: LineReader
  ) throws(MergeRefusal) -> [UInt8]? {
    try source.reading { () throws(SystemError) in try reader.take(beginning: MergedLine.beginning(member, id)) }
  }

  /// Appends a line of a connection to an index, with the id and the paths that it has there, and moves its files.
  private func append(
    _ line: [UInt8], _ member: StaticString, _ id: UInt64, _ names: [IndexScanner.Name], _ source: ShardSource, to lines: LineFile?,
    newPath: (IndexScanner.Name) -> [UInt8]?
  ) throws(MergeRefusal) {
    let newID = try source.id(id)
    var strings: [(range: Range<Int>, text: [UInt8])] = []
    for name in names {
      guard name.text != nil else {
        try moveCertificate(name.path, source)
        continue
      }
      guard let target = newPath(name) else { throw source.damaged(OrderFile.name) }
      try move(name.path, to: target, source)
      guard target != name.path else { continue }
      if let range = name.text { strings.append((range, Self.quoted(target))) }
      if let range = name.base64 {
        var text: [UInt8] = [0x22]
        text.append(base64: target)
        strings.append((range, text + [0x22]))
      }
    }
    lines?.append { json in
      json.appendPlain {
        MergedLine.append(line, MergedLine.beginning(member, id), as: MergedLine.beginning(member, newID), strings, to: &$0)
      }
    }
  }

  private static func quoted(_ path: [UInt8]) -> [UInt8] {
    var json = JSONWriter()
    json.string(FilePath(path).description)
    return json.bytes
  }

  // MARK: HTTP

  /// Takes the line of an exchange and its files, and returns whether there is one of the connection.
  func moveExchange(of id: UInt64, _ source: ShardSource) throws(MergeRefusal) -> Bool {
    guard let line = try take(id, "connection", source, source.exchanges) else { return false }
    let (exchange, newPaths) = try append(bodiesOf: line, of: id, source, to: exchanges)
    try addObjects(of: exchange, id, source, newPaths)
    source.bodies.forget(connection: id, exchange: exchange)
    return true
  }

  /// Takes the line of a message of WebSocket and its file, and returns whether there is one of the connection.
  func moveMessage(of id: UInt64, _ source: ShardSource) throws(MergeRefusal) -> Bool {
    guard let line = try take(id, "connection", source, source.messages) else { return false }
    if messages == nil { messages = try make(HTTPOutput.messagesName) }
    _ = try append(bodiesOf: line, of: id, source, to: messages)
    return true
  }

  /// Appends a line with the files of bodies.
  ///
  /// - Returns: the number of its exchange; the new paths of the files, by path in the shard.
  private func append(
    bodiesOf line: [UInt8], of id: UInt64, _ source: ShardSource, to lines: LineFile?
  ) throws(MergeRefusal) -> (exchange: UInt64, newPaths: [[UInt8]: [UInt8]]) {
    let newID = try source.id(id)
    guard let exchange = MergedLine.exchange(in: line, behind: MergedLine.beginning("connection", id)) else {
      throw source.damaged(HTTPOutput.indexName)
    }
    let isInTree = isInTree
    var newPaths: [[UInt8]: [UInt8]] = [:]
    try append(line, "connection", id, IndexScanner(line).bodies(), source, to: lines) { name in
      let path =
        isInTree
        ? source.bodies.take(name.path, connection: id, exchange: exchange)
        : MergedLine.bodyPath(name.path, from: id, to: newID) ?? name.path
      newPaths[name.path] = path
      return path
    }
    return (exchange, newPaths)
  }

  /// Takes the entry of an exchange in http.har.
  func moveEntry(of id: UInt64, _ source: ShardSource) throws(MergeRefusal) {
    let newID = try source.id(id)
    guard archive != nil, let line = try source.reading({ () throws(SystemError) in try source.archive.take() }),
      let entry = MergedLine.entry(line, id, as: newID, isFirst: !hasEntries)
    else { throw source.damaged(HARFile.name) }
    hasEntries = true
    archive?.append { json in json.appendPlain { $0 += entry } }
  }

  // MARK: files

  /// Moves a file of a shard to its path in the merged directory.
  func move(_ file: [UInt8], to target: [UInt8], _ source: ShardSource) throws(MergeRefusal) {
    guard OutputDirectory.isSafe(file), OutputDirectory.isSafe(target) else { throw source.damaged(IndexFile.name) }
    marked.removeAll()
    marked.add(.own, target)
    do throws(SystemError) {
      try directory.marker.note(marked)
      try mover.move(source.folder + [0x2f] + file, to: target)
    } catch {
      guard error.code == EEXIST else { throw MergeRefusal(path.appending(target), error) }
      throw MergeRefusal(path.appending(target), "in the way, and not from an earlier attempt; move it away, and reasm merge continues")
    }
  }

  /// Moves a certificate, or removes it if another shard has it too: the name is the hash of the contents.
  private func moveCertificate(_ file: [UInt8], _ source: ShardSource) throws(MergeRefusal) {
    guard report?.value(at: ["options", "tls_certificates"]) != nil, source.certificates.insert(file).inserted else { return }
    if certificates.insert(file).inserted { return try move(file, to: file, source) }
    duplicates.files &+= 1
    duplicates.bytes &+= try reading(file) { () throws(SystemError) in
      try mover.remove(source.folder + [0x2f] + file)
      return try folders.length(of: file)
    }
  }
}
