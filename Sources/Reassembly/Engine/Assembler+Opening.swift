import Packets

/// How connections begin.
extension Assembler {
  /// A segment whose addresses and ports are unknown: a SYN, a SYN-ACK or payload makes a connection; a stray ACK, FIN or RST does not.
  mutating func open(_ segment: TCPSegment, scope: UInt32, info: CaptureInfo, fragmented: Bool) -> Disposition {
    let control = ControlBits(segment)
    let hasPayload = segment.payload.count > 0 || segment.missingLength > 0
    guard control.isSYN || (hasPayload && !control.isRST && !options.requiresHandshake) else {
      if control.isContradictory { statistics.anomalies[.synWithFinOrRst] &+= 1 }
      return stray(segment)
    }
    var key = segment.key
    if scope != 0 { key.scope = scope }
    let index = makeConnection(key, info: info, layers: segment.layers)
    let half = HalfIndex(index, .originator)
    if fragmented { note(.fragmented, half) }
    let disposition = process(segment, half, info: info)
    return disposition.kind == .control ? Disposition(kind: .opened, connection: disposition.connection) : disposition
  }

  /// Enters a connection and has its stream made. It stands in no list until its first segment was taken.
  ///
  /// - Parameter key: from the sender of its first segment.
  mutating func makeConnection(_ key: FlowKey, info: CaptureInfo, layers: LayerPath) -> ConnectionIndex {
    makeRoom()
    let isCanonical = key.isCanonical
    let index = pool.insert(isCanonical ? key : key.reversed)
    lastID &+= 1
    statistics.connections &+= 1
    pool.slab[index].id = lastID
    pool.slab[index].lastSeen = clock.now
    if isCanonical { pool.slab[index].flags.insert(.originatorIsCanonical) }
    pool.slab[index].setClient(Self.client(of: key), by: Self.clientEvidence(of: key))
    noteLast(index, info)
    statistics.connectionsMost = max(statistics.connectionsMost, UInt64(pool.openCount))
    let stream = factory.makeStream(for: ConnectionOpening(id: lastID, key: key, info: info, layers: layers))
    if stream.judgesPlainSegments { pool.slab[index].flags.insert(.judgesPlainSegments) }
    pool.slab[stream: index].stream = stream
    return index
  }

  /// The old connection is over; the sender of this half begins a new one. Answers its half there.
  mutating func replace(_ half: HalfIndex, info: CaptureInfo, layers: LayerPath) -> HalfIndex {
    let index = half.connection
    let key = half.side == .originator ? pool.slab[index].originatorKey : pool.slab[index].originatorKey.reversed
    let canonical = pool.slab[index].key
    complete(index, close: closeReason(index, otherwise: .reuse), cause: .close)
    pool.forget(canonical)
    return HalfIndex(makeConnection(key, info: info, layers: layers), .originator)
  }

  @inline(__always)
  mutating func noteLast(_ index: ConnectionIndex, _ info: CaptureInfo) {
    pool.slab[index].lastSeen = clock.now
    pool.slab[index].lastTime = info.time
    pool.slab[index].lastPacketNumber = info.packetNumber
    pool.slab[index].lastInput = info.input
  }

  /// The client as ports tell it: the one whose peer has the port below 1 024, then below 32 768; else the first sender.
  private static func client(of key: FlowKey) -> Side {
    for limit: UInt16 in [1024, 32768] where (key.sourcePort < limit) != (key.destinationPort < limit) {
      return key.destinationPort < limit ? .originator : .responder
    }
    return .originator
  }

  private static func clientEvidence(of key: FlowKey) -> ConnectionReport.ClientEvidence {
    for limit: UInt16 in [1024, 32768] where (key.sourcePort < limit) != (key.destinationPort < limit) { return .port }
    return .first
  }

  /// At the limit remembered connections go first, then unanswered SYNs, then the longest idle without payload, then the longest idle: a
  /// SYN flood must not evict the evidence.
  private mutating func makeRoom() {
    guard options.maxConnections > 0 else { return }
    while pool.count >= options.maxConnections, !pool.isEmpty(.lingering) { pool.remove(pool.first(of: .lingering)) }
    guard pool.openCount >= options.maxConnections else { return }
    let victim = evictionVictim()
    guard victim.exists else { return }
    statistics.evictedConnections &+= 1
    complete(victim, close: closeReason(victim, otherwise: .evicted), cause: .close)
  }

  private func evictionVictim() -> ConnectionIndex {
    for list in [ConnectionList.unanswered, .bare] where !pool.isEmpty(list) { return pool.first(of: list) }
    var victim = ConnectionIndex.none
    for list in [ConnectionList.closing, .halfEnded, .carrying] {
      let index = pool.first(of: list)
      guard index.exists else { continue }
      if !victim.exists || pool.slab[index].lastSeen < pool.slab[victim].lastSeen { victim = index }
    }
    return victim
  }

  // MARK: remembered connections

  /// A segment of a connection that is complete: a SYN begins the next connection, anything else is a straggler.
  mutating func meetRemembered(_ half: HalfIndex, _ segment: TCPSegment, scope: UInt32, info: CaptureInfo, fragmented: Bool) -> Disposition
  {
    let index = half.connection
    if ControlBits(segment).isSYN, isNew(segment.sequence.rawValue, half, endedAt: pool.slab[index].endedAt) {
      pool.remove(index)
      return open(segment, scope: scope, info: info, fragmented: fragmented)
    }
    statistics.stragglerPackets &+= 1
    statistics.stragglerPayloadBytes &+= UInt64(segment.payload.count)
    return Disposition(kind: .straggler, connection: pool.slab[index].id)
  }

  /// How old an end must be before the same initial sequence number means a new connection.
  private static let sameISNAge = PacketDuration.seconds(5)

  /// Whether a SYN with this initial sequence number begins a connection after one that ended at `endedAt`.
  @inline(always)
  func isNew(_ isn: UInt32, _ half: HalfIndex, endedAt: Int64) -> Bool {
    let state = pool.slab[half]
    if state.flags.contains(.syn), !state.flags.contains(.startedBeforeSYN) {
      let isSame = isn &+ 1 == UInt32(truncatingIfNeeded: state.origin)
      return !isSame || clock.now &- endedAt >= Self.sameISNAge.nanoseconds
    }
    return !state.flags.contains(.based) || distanceOfLate(isn, half) == nil
  }
}
