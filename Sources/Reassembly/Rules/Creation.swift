import Packets

/// Creation: which segments begin a connection, and which end is the client.
///
/// Rules, section 2: Connections.
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
    let half = index.originator
    if fragmented { note(.fragmented, half) }
    let disposition = process(segment, half, info: info)
    return disposition.kind == .control ? Disposition(kind: .opened, connection: disposition.connection) : disposition
  }

  /// Enters a connection and has its stream made. It stands in no list until its first segment was taken.
  ///
  /// - Parameter key: from the sender of its first segment.
  private mutating func makeConnection(_ key: FlowKey, info: CaptureInfo, layers: LayerPath) -> ConnectionHandle {
    makeRoom()
    let isCanonical = key.isCanonical
    let index = pool.insert(isCanonical ? key : key.reversed)
    lastID &+= 1
    statistics.connections &+= 1
    index.state.id = lastID
    index.state.lastSeen = clock.now
    if isCanonical { index.state.flags.insert(.originatorIsCanonical) }
    index.state.setClient(Self.client(of: key), by: Self.clientEvidence(of: key))
    noteLast(index, info)
    statistics.connectionsMost = max(statistics.connectionsMost, UInt64(pool.openCount))
    let stream = factory.makeStream(for: ConnectionOpening(id: lastID, key: key, info: info, layers: layers))
    if stream.judgesPlainSegments { index.state.flags.insert(.judgesPlainSegments) }
    index.stream.object = stream
    return index
  }

  /// The old connection is over; the sender of this half begins a new one. Answers its half there.
  mutating func replace(_ half: HalfHandle, info: CaptureInfo, layers: LayerPath) -> HalfHandle {
    let index = half.connection
    let key = half.side == .originator ? index.state.originatorKey : index.state.originatorKey.reversed
    let canonical = index.state.key
    complete(index, close: closeReason(index, otherwise: .reuse), cause: .close)
    pool.forget(canonical)
    return makeConnection(key, info: info, layers: layers).originator
  }

  /// The client as ports tell it: the one whose peer has the port below 1 024, then below 32 768; else the first sender.
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

  @inline(always)
  mutating func noteHandshake(_ segment: TCPSegment, _ half: HalfHandle, _ control: ControlBits) {
    if control.isSYN { noteSYN(half, isACK: control.isACK) }
    guard !control.isRST else { return }
    half.state.note(window: segment.window)
    guard control.isACK else { return }
    half.state.note(acknowledgment: segment.acknowledgment.rawValue)
    if half.other.state.flags.contains(.syn) { settleAlternatives(half.other, firstByte: segment.acknowledgment.rawValue) }
    let flags = half.connection.state.flags
    if flags.contains(.synAckSeen), !flags.contains(.synAckAcknowledged) { noteAcknowledgedSYNACK(half.connection) }
  }

  private mutating func noteSYN(_ half: HalfHandle, isACK: Bool) {
    let index = half.connection
    let evidence = index.state.clientBy
    if !isACK {
      index.state.flags.insert(.synSeen)
      if evidence != .syn { index.state.setClient(half.side, by: .syn) }
    } else {
      index.state.flags.insert(.synAckSeen)
      if evidence != .syn, evidence != .synAck { index.state.setClient(half.side.other, by: .synAck) }
    }
  }

  /// The handshake is complete with the client's acknowledgment, whichever of the two was captured first.
  mutating func noteAcknowledgedSYNACK(_ index: ConnectionHandle) {
    let client = index.half(index.state.flags.client)
    let origin = client.other.state.origin
    guard client.other.state.flags.contains(.syn), client.state.hasAcknowledged(origin) else { return }
    index.state.flags.insert(.synAckAcknowledged)
  }
}
