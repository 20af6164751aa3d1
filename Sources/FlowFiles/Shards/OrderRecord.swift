internal import Packets
internal import Reassembly

/// Record of the order file of a shard: an event, with its place among the events of all shards.
struct OrderRecord: Equatable {
  /// What happened.
  enum Event: Equatable {
    /// A connection was made; the ids of a shard count from 1.
    case made
    /// A connection was completed: its line is the next one of the index.
    case completed(id: UInt64)
    /// A file got its name.
    case named(NamedFile)
    /// An exchange was completed: its line is the next one of http.ndjson, and its entry, if it has one, the next one of http.har.
    case exchange(id: UInt64, hasEntry: Bool)
    /// The WebSocket of an exchange ended: its entry is the next one of http.har.
    case entry(id: UInt64)
    /// A message was received: its line is the next one of websocket.ndjson.
    case message(id: UInt64)
    /// A file of HTTP got its path in a tree.
    case body(BodyName, path: [UInt8])
    /// The searches took memory and gave some back: the greatest number of bytes above that before the event, and the number after it.
    case memory(most: Int64, after: Int64)
  }

  /// A file with the values of its name, and its number among equal names of the shard.
  struct NamedFile: Equatable {
    var values: NameValues
    var number: UInt32
  }

  var place: EventPlace
  var event: Event
}

/// End of the order file: what a shard used of the limits that all connections of a run share.
struct OrderSummary: Equatable {
  /// Number of packets of all inputs.
  var packets: UInt64 = 0
  /// Largest number of connections known at once.
  var mostConnections: UInt64 = 0
  /// Largest number of bytes queued at once.
  var mostBytes: UInt64 = 0
  /// Number of bytes that gaps take in files.
  var room: UInt64 = 0
  /// Largest number of bytes of streams without files that were in memory at once.
  var mostCopies: UInt64 = 0
}
