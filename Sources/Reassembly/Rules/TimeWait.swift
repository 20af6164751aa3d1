import Packets

/// Time-wait: a connection that is complete stays known for a while, so that its late segments make no new connection.
///
/// Rules, section 2: Connections.
extension Assembler {
  /// A segment of a connection that is complete: a SYN begins the next connection, anything else is a straggler.
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

  /// How old an end must be before the same initial sequence number means a new connection.
  private static let sameISNAge = PacketDuration.seconds(5)

  /// Whether a SYN with this initial sequence number begins a connection after one that ended at `endedAt`.
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
