/// List that a connection is in.
///
/// Each list is ordered by time, so a sweep reads heads only.
enum ConnectionList: UInt8, CaseIterable {
  /// A SYN, no payload and no packet of the peer; ordered by last packet.
  case synSent
  /// No payload yet; ordered by last packet.
  case withoutPayload
  /// Payload was seen; ordered by last packet.
  case withPayload
  /// One direction reached its FIN and the other was never captured; ordered by that FIN.
  case halfClosed
  /// Both FINs were reached, or a reset was accepted; ordered by that event.
  case closing
  /// Time-wait; ordered by completion.
  case timeWait
  case none

  /// Whether a packet moves the connection to the end of the list.
  var isByLastPacket: Bool { self == .synSent || self == .withoutPayload || self == .withPayload }
}
