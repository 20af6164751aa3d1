/// End of a connection.
///
/// It is stable for the whole life of a connection, unlike ``FlowDirection``.
public enum Side: UInt8, Sendable, CaseIterable {
  /// Sender of the first captured packet.
  case originator = 0
  /// Receiver of the first captured packet.
  case responder = 1

  /// The opposite end.
  @inlinable public var other: Side { self == .originator ? .responder : .originator }
}

/// Direction of travel of a segment, by the best knowledge at that moment.
///
/// A handshake that was captured late can swap client and server; ``ConnectionReport/client`` has the last word, and ``Side`` never
/// changes.
public enum FlowDirection: UInt8, Sendable {
  /// From client to server.
  case clientToServer = 0
  /// From server to client.
  case serverToClient = 1
}
