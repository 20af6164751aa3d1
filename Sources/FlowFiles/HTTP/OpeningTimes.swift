internal import HTTP
internal import Packets
internal import Reassembly
internal import Stages

/// Search for the end of a TCP handshake in the segments of a connection.
///
/// The first segment of the client behind its SYN ends the handshake: the bare acknowledgment of the SYN-ACK, or what was captured instead.
struct TCPHandshake {
  private enum State { case unknown, begun, over }

  private let firstPacket: PacketReference
  private var state = State.unknown

  /// Creates the search in a connection that a packet made.
  init(firstPacket: PacketReference) { self.firstPacket = firstPacket }

  /// Looks at the next segment.
  ///
  /// - Returns: whether it ends the handshake.
  mutating func observe(_ segment: TCPSegment, _ info: CaptureInfo, from side: Side) -> Bool {
    switch state {
    case .over: return false
    case .unknown:
      let isSYN = segment.flags.isSuperset(of: .syn) && !segment.flags.contains(.ack)
      // A SYN that came on the connection before is not shown.
      let isFirst = PacketReference(info) == firstPacket
      state = isFirst && !isSYN ? .over : .begun
      if isFirst { return false }
    case .begun: break
    }
    guard side == .originator, segment.flags.intersection([.ack, .syn, .rst]) == .ack else { return false }
    state = .over
    return true
  }
}

/// Times at which a connection was ready for its requests, in nanoseconds since 1970-01-01 00:00 UTC.
struct OpeningTimes {
  /// Time of the first packet.
  let start: Int64
  /// End of the TCP handshake; nil if the capture has not all of it.
  var tcp: Int64?
  /// End of the TLS handshake; nil if it is not known.
  var tls: Int64?
  /// Exchange whose tunnel has TLS, and the time at which the tunnel was open; nil without one.
  var tunnel: (exchange: UInt64, time: Int64)?

  init(start: Int64) { self.start = start }

  /// Nanoseconds that an exchange waited for its connection, and those of them that TLS took.
  ///
  /// An end that is not known, or lies behind the first byte of the request, is that byte.
  ///
  /// - Returns: the times; each is nil if it does not apply or is not known.
  func waits(of exchange: Exchange) -> (connect: Int64?, ssl: Int64?) {
    guard let request = exchange.request?.stamp.nanoseconds else { return (nil, nil) }
    let end = min(tls ?? request, request)
    if exchange.number == 1 {
      guard let tcp else { return (nil, nil) }
      if exchange.enclosure != .tls { return (max(0, min(tcp, request) &- start), nil) }
      let connect = max(0, end &- start)
      return (connect, min(connect, max(0, end &- tcp)))
    }
    // The connection of the exchange is the tunnel.
    guard exchange.enclosure == .tls, let tunnel, exchange.number == tunnel.exchange &+ 1 else { return (nil, nil) }
    let connect = max(0, end &- tunnel.time)
    return (connect, connect)
  }
}
