import Packets

/// Creation: which segments make a connection, and which end is the client.
///
/// Rules, section 2: Connections.
extension Assembler {
  /// Handles a segment whose key is unknown.
  ///
  /// A SYN, a SYN-ACK or payload makes a connection; a stray ACK, FIN or RST does not.
  mutating func create(_ segment: TCPSegment, scope: UInt32, info: CaptureInfo, fragmented: Bool) -> Disposition {
    let control = ControlBits(segment)
    let hasPayload = segment.payload.count > 0 || segment.missingLength > 0
    guard control.isSYN || (hasPayload && !control.isRST && !options.requiresHandshake) else {
      if control.isContradictory { statistics.anomalies[.synWithFinOrRst] &+= 1 }
      return stray(segment)
    }
    var key = segment.key
    if scope != 0 { key.scope = scope }
    let connection = makeConnection(key, info: info, layers: segment.layers)
    let half = connection.originator
    if fragmented { count(.fragmented, half) }
    let disposition = handleSegment(segment, half, info: info)
    return disposition.kind == .control ? Disposition(kind: .opened, connection: disposition.connection) : disposition
  }

  /// Makes a connection and its stream, for a key as the sender of the first segment carried it.
  ///
  /// The connection enters a list when its first segment has been handled.
  private mutating func makeConnection(_ key: FlowKey, info: CaptureInfo, layers: LayerPath) -> ConnectionHandle {
    makeRoom()
    let isCanonical = key.isCanonical
    let connection = pool.insert(isCanonical ? key : key.reversed)
    lastID &+= 1
    statistics.connections &+= 1
    connection.state.id = lastID
    connection.state.lastSeen = clock.now
    connection.state.startTime = info.time
    if isCanonical { connection.state.flags.insert(.originatorIsCanonical) }
    connection.state.setClient(Self.client(of: key), by: Self.clientEvidence(of: key))
    recordLast(connection, info)
    statistics.connectionsMost = max(statistics.connectionsMost, UInt64(pool.openCount))
    let stream = factory.makeStream(for: ConnectionOpening(id: lastID, key: key, info: info, layers: layers))
    connection.stream.object = stream
    if stream.segmentFilter != nil { connection.state.flags.insert(.filtered) }
    if let observer = stream.segmentObserver {
      connection.state.flags.insert(observer.observedSegments == .all ? .observed : .observedInLayers)
    }
    return connection
  }

  /// Completes a connection and makes the next one with the same key.
  ///
  /// - Returns: the direction of the new connection that has the sender of `half`.
  mutating func replaceConnection(_ half: HalfHandle, info: CaptureInfo, layers: LayerPath) -> HalfHandle {
    let connection = half.connection
    let key = half.side == .originator ? connection.state.originatorKey : connection.state.originatorKey.reversed
    let canonical = connection.state.key
    complete(connection, close: closeReason(connection, otherwise: .reuse), cause: .close)
    pool.forget(canonical)
    return makeConnection(key, info: info, layers: layers).originator
  }

  /// The client by ports: the end whose peer has a port below 1024, then below 32768; else the sender of the first packet.
  static func client(of key: FlowKey) -> Side {
    for limit: UInt16 in [1024, 32768] where (key.sourcePort < limit) != (key.destinationPort < limit) {
      return key.destinationPort < limit ? .originator : .responder
    }
    return .originator
  }

  private static func clientEvidence(of key: FlowKey) -> ConnectionReport.ClientEvidence {
    for limit: UInt16 in [1024, 32768] where (key.sourcePort < limit) != (key.destinationPort < limit) { return .port }
    return .first
  }

  /// Records the window and the acknowledgment of a segment, which may choose one of several SYN-ACKs and complete the handshake.
  @inline(always)
  mutating func handleAcknowledgment(_ segment: TCPSegment, _ half: HalfHandle, _ control: ControlBits) {
    half.state.record(window: segment.window)
    guard control.isACK else { return }
    half.state.record(acknowledgment: segment.acknowledgment.rawValue)
    if half.other.state.flags.contains(.syn) { chooseSYNACK(half.other, acknowledged: segment.acknowledgment.rawValue) }
    let flags = half.connection.state.flags
    if flags.contains(.synAckSeen), !flags.contains(.synAckAcknowledged) { recordAcknowledgedSYNACK(half.connection) }
  }

  /// Records what a SYN tells of the client and of the handshake.
  mutating func recordSYN(_ half: HalfHandle, isACK: Bool) {
    let connection = half.connection
    let evidence = connection.state.clientBy
    if !isACK {
      connection.state.flags.insert(.synSeen)
      if evidence != .syn { connection.state.setClient(half.side, by: .syn) }
    } else {
      connection.state.flags.insert(.synAckSeen)
      if evidence != .syn, evidence != .synAck { connection.state.setClient(half.side.other, by: .synAck) }
    }
  }

  /// Marks the handshake complete if the client has acknowledged the SYN-ACK, whichever of the two was captured first.
  mutating func recordAcknowledgedSYNACK(_ connection: ConnectionHandle) {
    let client = connection.half(connection.state.flags.client)
    let origin = client.other.state.origin
    guard client.other.state.flags.contains(.syn), client.state.hasAcknowledged(origin) else { return }
    connection.state.flags.insert(.synAckAcknowledged)
  }
}
