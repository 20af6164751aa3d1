import Packets

/// Where the bytes of a segment belong: behind, at, ahead of, or far from the expected offset. (gopacket: `handleBytes`.)
extension Assembler {
  @inline(__always)
  mutating func place(_ segment: TCPSegment, at sequence: UInt32, _ half: HalfIndex, _ control: ControlBits, info: CaptureInfo)
    -> Disposition.Kind
  {
    pool.slab[half].flags.insert(.payload)
    settleAlternatives(half, firstByte: sequence)
    let start = position(of: sequence, half)
    let expected = pool.slab[half].next
    let distance = start &- expected
    let stamp = PacketStamp(segment, info)
    let window = window(half)
    guard window.contains(start) else { return meetFar(segment, sequence, half, stamp: stamp) }
    if let ledger = pool.slab[half].ledger, ledger.far.count > 0 { releaseFar(half) }

    var incoming = Incoming(
      start: start, captured: segment.payload.count, missing: segment.missingLength, stamp: stamp)
    let windowEnd = min(window.upperBound, start &+ Self.windowReach) &+ Self.longestSegment
    if incoming.wireEnd > windowEnd { clip(&incoming, at: windowEnd, .outOfWindow, half) }
    withdrawReset(half, end: incoming.wireEnd)
    let started = pool.slab[half].flags.contains(.started)
    if started, incoming.captured == 1, incoming.missing == 0, !control.isSYN, !control.isFIN, distance == 0 || distance == -1 {
      // A probe of a closed window is stream data the first time, and no more than a keep-alive from then on.
      let probes = pool.slab[half.other].flags.contains(.zeroWindow)
      if probes { note(.windowProbe, half) }
      if distance == -1 {
        if !probes { note(.keepAlive, half) }
        drop(1, .keepAlive, half)
        return .keepAlive
      }
    }
    let payload = segment.payload
    return payload.withUnsafeBufferPointer { place($0, &incoming, half) }
  }

  /// The extents of the segment at hand: `start` and `owner` as it came, `skip` what was cut off at the front since.
  struct Incoming {
    let start: Int64
    var captured: Int
    var missing: Int
    let stamp: PacketStamp
    /// Length of the whole segment, for the overlap rules.
    let ownerLength: UInt32
    /// Bytes cut off at the front.
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
    /// The whole segment as it came, for the overlap rules.
    var extent: SegmentExtent { SegmentExtent(start: UInt32(truncatingIfNeeded: start), length: ownerLength, isCut: missing > 0) }
  }

  /// `payload` stays where it is until this returns.
  private mutating func place(_ payload: UnsafeBufferPointer<UInt8>, _ incoming: inout Incoming, _ half: HalfIndex) -> Disposition.Kind {
    if pool.slab[half].flags.isSuperset(of: [.fin, .started]), incoming.wireEnd > pool.slab[half].fin {
      clip(&incoming, at: pool.slab[half].fin, .beyondFin, half)
      if incoming.captured == 0, incoming.missing == 0 { return .beyondFin }
    }
    guard pool.slab[half].flags.contains(.started) else { return holdBack(payload, incoming, half) }
    let expected = pool.slab[half].next
    if incoming.start < expected {
      let behind = Int(min(incoming.end, expected) &- incoming.start)
      let kind = takeBehind(UnsafeBufferPointer(rebasing: payload[0..<max(behind, 0)]), at: incoming.start, half, stamp: incoming.stamp)
      if incoming.wireEnd <= expected { return kind }
      incoming.skip = max(behind, 0)
    }
    let start = incoming.start &+ Int64(incoming.skip)
    let bytes = UnsafeBufferPointer(rebasing: payload[incoming.skip..<incoming.captured])
    guard start == expected, bytes.count > 0 else {
      if bytes.count > 0 { queue(bytes, at: start, incoming, half) }
      if incoming.missing > 0 { mark(.cut, max(incoming.end, expected)..<incoming.wireEnd, half) }
      enforceLimits(half)
      return .queued
    }
    if pool.slab[half].queue.isClear(for: bytes.count, base: pool.slab[half].base, pages) {
      deliver(half, live: bytes, stamp: incoming.stamp)
    } else {
      insert(bytes, at: start, incoming, half)
      deliver(half, live: nil, stamp: incoming.stamp)
    }
    if incoming.missing > 0, !pool.slab[half].flags.contains(.ended) {
      mark(.cut, max(incoming.end, pool.slab[half].next)..<max(incoming.wireEnd, pool.slab[half].next), half)
      enforceLimits(half)
    }
    return .delivered
  }

  /// Ahead of a hole.
  private mutating func queue(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int64, _ incoming: Incoming, _ half: HalfIndex) {
    pool.slab[half].outOfOrderPackets &+= 1
    statistics.outOfOrderPackets &+= 1
    statistics.outOfOrderBytes &+= UInt64(bytes.count)
    insert(bytes, at: start, incoming, half)
    noteWaiting(half)
  }

  /// Drops the bytes of a segment from `limit` on: what lies at or beyond the FIN is no stream data, nor what lies outside the window.
  private mutating func clip(_ incoming: inout Incoming, at limit: Int64, _ reason: DropReason, _ half: HalfIndex) {
    let room = max(0, limit &- incoming.start)
    let captured = Int(min(Int64(incoming.captured), room))
    drop(Int64(incoming.captured &- captured), reason, half)
    incoming.missing = captured < incoming.captured ? 0 : Int(min(Int64(incoming.missing), room &- Int64(captured)))
    incoming.captured = captured
  }

  /// The start of the direction is not known yet: its bytes wait for the lowest one.
  private mutating func holdBack(_ payload: UnsafeBufferPointer<UInt8>, _ incoming: Incoming, _ half: HalfIndex) -> Disposition.Kind {
    let bytes = UnsafeBufferPointer(rebasing: payload[0..<incoming.captured])
    if bytes.count > 0 { insert(bytes, at: incoming.start, incoming, half) }
    if incoming.missing > 0 { insertMark(.cut, incoming.end..<incoming.wireEnd, half) }
    noteWaiting(half)
    hold(half)
    reviewPendingReset(half)
    let conflicts = pool.slab[half].ledger?.heldConflicts.count ?? 0
    if pool.slab[half].queue.queuedBytes >= Self.holdBytes || conflicts > HalfLedger.maximumHeldConflicts { beginMidstream(half) }
    enforceLimits(half)
    return .queued
  }

  /// Bytes below the expected offset: repeated, too late for their gap, or before the start. (gopacket: `overlapExisting`.)
  private mutating func takeBehind(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int64, _ half: HalfIndex, stamp: PacketStamp)
    -> Disposition.Kind
  {
    guard bytes.count > 0 else { return .repeated }
    var kind = Disposition.Kind.beforeStart
    var position = start
    let end = start &+ Int64(bytes.count)
    let origin = pool.slab[half].origin
    if position < origin {
      drop(min(origin, end) &- position, .beforeStart, half)
      position = origin
    }
    var isUnchecked = false
    while position < end {
      let gap = pool.slab[half].ledger?.gaps.gap(endingAfter: position)
      if let gap, gap.lowerBound <= position {
        drop(min(gap.upperBound, end) &- position, .late, half)
        if kind == .beforeStart { kind = .late }
        position = gap.upperBound
        continue
      }
      let stop = min(end, gap?.lowerBound ?? end)
      kind = .repeated
      let range = Int(position &- start)..<Int(stop &- start)
      if takeRepeated(UnsafeBufferPointer(rebasing: bytes[range]), at: position, half, stamp: stamp) == .unchecked { isUnchecked = true }
      position = stop
    }
    if kind == .repeated { statistics.overlapPackets &+= 1 }
    if isUnchecked { note(.unchecked, half) }
    return kind
  }

  private mutating func takeRepeated(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int64, _ half: HalfIndex, stamp: PacketStamp)
    -> Comparison
  {
    pool.slab[half].retransmittedBytes &+= Int64(bytes.count)
    statistics.overlapBytes &+= UInt64(bytes.count)
    if let known = pool.slab[half].ledger?.gaps.knownFrom, position < known { return .unchecked }
    guard let stream = pool.slab[stream: half.connection].stream else { return .unchecked }
    return stream.repeated(bytes.span, at: pool.slab[half].offset(of: position), stamp: stamp, from: half.side)
  }

  /// Marks those bytes of a range that nothing covers, as far as they lie ahead of the expected offset, before the FIN and in the window.
  mutating func mark(_ content: Piece.Content, _ range: Range<Int64>, _ half: HalfIndex) {
    let window = window(half)
    let isStarted = pool.slab[half].flags.contains(.started)
    let start = isStarted ? max(range.lowerBound, pool.slab[half].next) : range.lowerBound
    var end = min(range.upperBound, min(window.upperBound, start &+ Self.windowReach) &+ Self.longestSegment)
    if isStarted, pool.slab[half].flags.contains(.fin) { end = min(end, pool.slab[half].fin) }
    guard start < end, start >= window.lowerBound else { return }
    insertMark(content, start..<end, half)
    reviewPendingReset(half)
    enforceLimits(half)
    giveUpLongPlaceholders(half)
  }

  /// A capture of headers alone queues nothing that could age or fill a page: what it lacks is given up before what follows would lie
  /// outside the window.
  private mutating func giveUpLongPlaceholders(_ half: HalfIndex) {
    guard pool.slab[half].flags.contains(.started), !pool.slab[half].queue.hasBytes else { return }
    let last = pool.slab[half].queue.tree.last(pages)
    guard last.exists, pool.slab[half].position(of: pages.runEnd(of: last)) &- pool.slab[half].next >= Self.windowReach / 2 else { return }
    giveUpGap(half, cause: .age)
  }
}
