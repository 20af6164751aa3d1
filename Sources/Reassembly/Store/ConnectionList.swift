/// The lists that connections stand in. Each is ordered by time, so a sweep looks at heads only.
enum ConnectionList: UInt8, CaseIterable {
  /// A SYN without payload and without any packet of the peer; by last packet.
  case synSent
  /// No payload yet; by last packet.
  case withoutPayload
  /// Payload was seen; by last packet.
  case withPayload
  /// One direction reached its FIN, the other was never captured; by that FIN.
  case halfClosed
  /// Both FINs were reached, or a reset was accepted; by that event.
  case closing
  /// Completed, remembered for stragglers; by completion.
  case timeWait
  case none

  /// Whether a packet moves the connection to the end.
  var isByLastPacket: Bool { self == .synSent || self == .withoutPayload || self == .withPayload }
}
