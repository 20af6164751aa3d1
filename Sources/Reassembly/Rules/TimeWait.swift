import Packets

/// Time-wait: the time in which a completed connection stays known, so that its late segments make no new connection.
///
/// Rules, section 2: Connections.
extension Assembler {
  /// Handles a segment of a connection in time-wait: a SYN makes the next connection, anything else is a straggler.
  mutating func handleInTimeWait(_ half: HalfHandle, _ segment: TCPSegment, scope: UInt32, info: CaptureInfo, fragmented: Bool)
    -> Disposition
  {
    let connection = half.connection
    if ControlBits(segment).isSYN, isNew(segment.sequence.rawValue, half, endedAt: connection.state.endedAt) {
      pool.remove(connection)
      return create(segment, scope: scope, info: info, fragmented: fragmented)
    }
    statistics.stragglerPackets &+= 1
    statistics.stragglerPayloadBytes &+= UInt64(segment.payload.count)
    return Disposition(kind: .straggler, connection: connection.state.id)
  }

  /// Age of the end of a connection from which the same initial sequence number means a new connection.
  private static let sameISNAge = PacketDuration.seconds(5)

  /// Whether a SYN with this initial sequence number makes a new connection after one that ended at `endedAt`.
  @inline(always)
  func isNew(_ isn: UInt32, _ half: HalfHandle, endedAt: Int64) -> Bool {
    let state = half.state
    if state.flags.contains(.syn), !state.flags.contains(.startedBeforeSYN) {
      let isSame = isn &+ 1 == UInt32(truncatingIfNeeded: state.origin)
      return !isSame || clock.now &- endedAt >= Self.sameISNAge.nanoseconds
    }
    return !state.flags.contains(.positioned) || distanceOfLate(isn, half) == nil
  }
}
