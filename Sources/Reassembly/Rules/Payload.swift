import Packets

/// Payload: bytes below, at, or above the expected offset. (gopacket: `handleBytes`.)
///
/// Rules, section 3: A segment.
extension Assembler {
  @inline(__always)
  mutating func handlePayload(_ segment: TCPSegment, at sequence: UInt32, _ half: HalfHandle, _ control: ControlBits, info: CaptureInfo)
    -> Disposition.Kind
  {
    half.state.flags.insert(.payload)
    chooseSYNACK(half, firstByte: sequence)
    let start = anchoredPosition(of: sequence, half)
    let expected = half.state.next
    let distance = start &- expected
    let stamp = PacketStamp(segment, info)
    let window = window(half)
    guard start >= window.lowest, start <= window.highest else { return handleOutOfWindow(segment, sequence, half, stamp: stamp) }
    if let ledger = half.state.ledger, ledger.outOfWindow.count > 0 { dropOutOfWindow(half) }

    var incoming = Incoming(
      start: start, captured: segment.payload.count, missing: segment.missingLength, stamp: stamp)
    if incoming.wireEnd &- start > Self.longestSegment {
      let end = Self.reach(ofSegmentAt: start, in: window)
      if incoming.wireEnd > end { clip(&incoming, at: end, .outOfWindow, half) }
    }
    withdrawReset(half, end: incoming.wireEnd)
    let isStarted = half.state.flags.contains(.started)
    if isStarted, incoming.captured == 1, incoming.missing == 0, !control.isSYN, !control.isFIN, distance == 0 || distance == -1 {
      // The byte of a window probe is stream data the first time. From then on it is dropped like that of a keep-alive.
      let isPeerWindowClosed = half.other.state.flags.contains(.zeroWindow)
      if isPeerWindowClosed { count(.windowProbe, half) }
      if distance == -1 {
        if !isPeerWindowClosed { count(.keepAlive, half) }
        drop(1, .keepAlive, half)
        return .keepAlive
      }
    }
    let payload = segment.payload
    return payload.withUnsafeBufferPointer { handleBytes($0, &incoming, half) }
  }

  /// The extents of the current segment: as it came, and how much of its front lies below the expected offset.
  struct Incoming {
    let start: Int64
    var captured: Int
    var missing: Int
    let stamp: PacketStamp
    /// Length of the whole segment in bytes, for the overlap policies.
    let ownerLength: UInt32
    /// Number of bytes at the front that lie below the expected offset.
    var skip = 0

    init(start: Int64, captured: Int, missing: Int, stamp: PacketStamp) {
      self.start = start
      self.captured = captured
      self.missing = missing
      self.stamp = stamp
      ownerLength = UInt32(truncatingIfNeeded: min(captured &+ missing, Int(windowReach)))
    }

    var end: Int64 { start &+ Int64(captured) }
    var wireEnd: Int64 { end &+ Int64(missing) }
    /// Extent of the whole segment as it came, for the overlap policies.
    var extent: SegmentExtent { SegmentExtent(start: UInt32(truncatingIfNeeded: start), length: ownerLength, isCut: missing > 0) }
  }

  /// Handles payload inside the window.
  ///
  /// `payload` is valid until this returns.
  mutating func handleBytes(_ payload: UnsafeBufferPointer<UInt8>, _ incoming: inout Incoming, _ half: HalfHandle) -> Disposition.Kind {
    if half.state.flags.isSuperset(of: [.fin, .started]), incoming.wireEnd > half.state.fin {
      clip(&incoming, at: half.state.fin, .beyondFin, half)
      if incoming.captured == 0, incoming.missing == 0 { return .beyondFin }
    }
    guard half.state.flags.contains(.started) else { return queueBeforeStart(payload, incoming, half) }
    let expected = half.state.next
    if incoming.start < expected {
      let below = Int(min(incoming.end, expected) &- incoming.start)
      let kind = handleRetransmission(
        UnsafeBufferPointer(rebasing: payload[0..<below]), at: incoming.start, half, stamp: incoming.stamp)
      if incoming.wireEnd <= expected { return kind }
      incoming.skip = below
    }
    let start = incoming.start &+ Int64(incoming.skip)
    let bytes = UnsafeBufferPointer(rebasing: payload[incoming.skip..<incoming.captured])
    guard start == expected, bytes.count > 0 else {
      if bytes.count > 0 { queue(bytes, at: start, incoming, half) }
      if incoming.missing > 0 { addPlaceholder(.cut, max(incoming.end, expected)..<incoming.wireEnd, half) }
      enforceLimits(half)
      return .queued
    }
    if half.state.queue.isClear(for: bytes.count, base: half.state.base, pages) {
      deliver(half, live: bytes, stamp: incoming.stamp)
    } else {
      insert(bytes, at: start, incoming, half)
      deliver(half, live: nil, stamp: incoming.stamp)
    }
    if incoming.missing > 0, !half.state.flags.contains(.finReached) {
      addPlaceholder(.cut, max(incoming.end, half.state.next)..<max(incoming.wireEnd, half.state.next), half)
      enforceLimits(half)
    }
    return .delivered
  }

  /// Queues bytes above a hole.
  mutating func queue(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int64, _ incoming: Incoming, _ half: HalfHandle) {
    half.state.outOfOrderPackets &+= 1
    statistics.outOfOrderPackets &+= 1
    statistics.outOfOrderBytes &+= UInt64(bytes.count)
    insert(bytes, at: start, incoming, half)
    updateGapTimer(half)
  }
}
