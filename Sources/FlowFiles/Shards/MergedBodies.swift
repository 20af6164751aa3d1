/// Paths of files of HTTP in a tree: those in a shard, with those that one run gives them.
struct MergedBodies {
  private struct Connection {
    /// New paths by path in the shard, of each exchange that is not over.
    var exchanges: [UInt64: [[UInt8]: [UInt8]]] = [:]
    /// The same for messages of WebSocket, which may come after the line of their exchange.
    var messages: [[UInt8]: [UInt8]] = [:]
  }

  /// Connections that are open, by id in the shard.
  private var connections: [UInt64: Connection] = [:]

  /// Names a file.
  ///
  /// - Parameters:
  ///   - name: the name, as it was wanted in the shard.
  ///   - path: the path in the shard.
  ///   - id: the id of the connection in the merged directory.
  ///   - names: the names of all shards.
  mutating func rename(_ name: BodyName, _ path: [UInt8], id: UInt64, in names: inout TreeNames) {
    var wanted = name
    switch name.parts {
    case .path: break
    case .numbered(let path):
      let renumbered = MergedLine.bodyPath(path, from: name.connection, to: id) ?? path
      connections[name.connection, default: Connection()].messages[name.path] = names.reserve(renumbered)
      return
    case .extended(let base, let suffix):
      wanted.parts = .extended(connections[name.connection]?.exchanges[name.exchange]?[base] ?? base, suffix: suffix)
    }
    connections[name.connection, default: Connection()].exchanges[name.exchange, default: [:]][path] = names.reserve(wanted.path)
  }

  /// Takes the new path of a file of an exchange or of a message; nil if it was not named.
  mutating func take(_ path: [UInt8], connection: UInt64, exchange: UInt64) -> [UInt8]? {
    if let path = connections[connection]?.exchanges[exchange]?[path] { return path }
    return connections[connection]?.messages.removeValue(forKey: path)
  }

  /// Forgets the files of an exchange, whose line was read.
  mutating func forget(connection: UInt64, exchange: UInt64) { connections[connection]?.exchanges[exchange] = nil }

  /// Forgets the files of a connection, which is complete.
  mutating func forget(connection: UInt64) { connections[connection] = nil }
}
