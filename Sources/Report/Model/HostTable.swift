/// Traffic between a client's address and a server's endpoint.
public struct HostPair: Equatable, Sendable {
  /// Greatest number of names of a server that are remembered.
  static let mostNames = 4

  /// Address of the client.
  public var client: String
  /// Address and port of the server.
  public var server: String
  /// Number of connections.
  public var connections: UInt64 = 0
  /// Number of connections in which the server sent no segment.
  public var unanswered: UInt64 = 0
  /// Number of connections that the server refused.
  public var refused: UInt64 = 0
  /// Number of stream bytes from the client.
  public var clientBytes: Int64 = 0
  /// Number of stream bytes from the server.
  public var serverBytes: Int64 = 0
  /// Names by which the client asked for the server, from SNI and Host, as they came from the network.
  public var names: [String] = []

  /// Whether the server sent no segment in any connection.
  public var isSilent: Bool { unanswered == connections }
}

/// Table of who spoke with whom how much, bounded in size.
public struct HostTable: Sendable {
  /// Greatest number of pairs that are told apart.
  public static let mostPairs = 50_000

  private struct Key: Hashable {
    var client: String
    var server: String
  }

  private var places: [Key: Int] = [:]
  /// Pairs in the order of their first connection.
  public private(set) var pairs: [HostPair] = []
  /// Number of connections of further pairs.
  public private(set) var others: UInt64 = 0

  /// Creates an empty table.
  public init() {}

  /// Adds a connection.
  ///
  /// O(1) on average.
  ///
  /// - Parameters:
  ///   - client: the address of the client.
  ///   - row: the line of the connection.
  ///   - isRefused: whether the server refused it.
  public mutating func add(client: String, _ row: ConnectionRow, isRefused: Bool) {
    let key = Key(client: client, server: row.server)
    let place: Int
    if let known = places[key] {
      place = known
    } else if pairs.count < Self.mostPairs {
      place = pairs.count
      places[key] = place
      pairs.append(HostPair(client: client, server: row.server))
    } else {
      others &+= 1
      return
    }
    pairs[place].connections &+= 1
    if row.marks.contains(.silent) { pairs[place].unanswered &+= 1 }
    if isRefused { pairs[place].refused &+= 1 }
    pairs[place].clientBytes &+= row.clientBytes
    pairs[place].serverBytes &+= row.serverBytes
    if !row.name.isEmpty, pairs[place].names.count < HostPair.mostNames, !pairs[place].names.contains(row.name) {
      pairs[place].names.append(row.name)
    }
  }
}
