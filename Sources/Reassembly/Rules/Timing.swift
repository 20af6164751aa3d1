import Packets

/// Timing: round-trip times, silences, closed windows and repetitions, which tell why a transfer stalls.
///
/// Rules, section 11: Timing.
///
/// The times stand in the engine and not in an observer of segments, because a connection whose observer sees every segment has no fast path.
/// A whole run over a long transfer takes 2.9 % more instructions with them. They change nothing else.
extension Assembler {
  // MARK: every packet

  /// Measures the silence before a packet of a connection.
  @inline(always)
  mutating func measureSilence(before info: CaptureInfo, _ half: HalfHandle) {
    let length = info.time.nanoseconds &- half.connection.state.lastTime.nanoseconds
    // A negative length is above every bound; `recordSilence` refuses it.
    if UInt64(bitPattern: length) >> Self.silenceUnit >= UInt64(half.state.silenceBound) { recordSilence(length, before: info, half) }
  }

  /// Binary logarithm of the unit of `silenceBound`; shorter silences are not measured.
  private static let silenceUnit = 20

  @inline(never)
  private mutating func recordSilence(_ length: Int64, before info: CaptureInfo, _ half: HalfHandle) {
    let connection = half.connection
    guard length > connection.times.longestSilence else { return }
    let bound = UInt16(clamping: length >> Self.silenceUnit)
    half.state.silenceBound = bound
    half.other.state.silenceBound = bound
    connection.times.longestSilence = length
    connection.times.silenceStart = connection.state.lastTime
    connection.times.silenceNumberAndInput = Connection.numberAndInput(info)
    connection.times.silenceEndedBy = half.side
  }

  /// Measures a packet that is counted and has no other part in the connection.
  mutating func measureUnused(_ info: CaptureInfo, _ half: HalfHandle) {
    measureSilence(before: info, half)
    endRun(half)
  }

  /// Counts a bare acknowledgment that is a duplicate, a keep-alive or a window probe.
  @inline(__always)
  private mutating func measureBare(_ number: UInt32, window: UInt16, sequence: UInt32, _ half: HalfHandle, _ times: HalfTimesHandle) {
    if half.state.flags.contains(.started), sequence == half.state.base &- 1 { countProbe(half) }
    let isSameWindow = window == times.state.window
    times.state.window = window
    guard number == half.state.highestAcknowledgment, isSameWindow, half.state.flags.contains(.acknowledges) else { return }
    // An acknowledgment is a duplicate only while data is outstanding.
    if let end = highestEnd(half.other), Int32(bitPattern: end &- number) > 0 { times.state.duplicateAcknowledgments &+= 1 }
  }

  /// Measures what a segment of the slow path brought: payload, a repetition, or a byte that only asks for an acknowledgment.
  ///
  /// - Parameters:
  ///   - kind: what became of the segment.
  ///   - length: the number of its bytes on the wire.
  ///   - isRepetition: whether a byte, the SYN or the FIN was captured before.
  ///   - half: the direction.
  ///   - time: the capture time of the packet.
  mutating func measureOutcome(_ kind: Disposition.Kind, length: Int, isRepetition: Bool, _ half: HalfHandle, at time: Int64) {
    if kind == .keepAlive { return countProbe(half) }
    if length > 0 { half.times.state.addPayload(at: time) }
    if isRepetition { half.times.state.retransmittedSegments &+= 1 }
  }

  /// Counts a segment just below the next byte, of no byte or one.
  private mutating func countProbe(_ half: HalfHandle) {
    if half.other.times.state.closedSince != HalfTimes.none {
      half.times.state.windowProbes &+= 1
    } else {
      half.times.state.keepAlives &+= 1
    }
  }

  /// Measures how long a window is closed.
  private mutating func measureWindow(_ window: UInt16, _ half: HalfHandle, at time: Int64) {
    if (window == 0) != (half.times.state.closedSince != HalfTimes.none) { recordWindowChange(half, at: time) }
  }

  private mutating func recordWindowChange(_ half: HalfHandle, at time: Int64) {
    if half.times.state.closedSince == HalfTimes.none {
      half.times.state.closedSince = time
      if half.times.state.closures < .max { half.times.state.closures &+= 1 }
    } else {
      half.times.state.closedTime &+= max(0, time &- half.times.state.closedSince)
      half.times.state.closedSince = HalfTimes.none
    }
  }

  // MARK: the two paths of a segment

  /// Measures a segment of the fast path before it is recorded, and records its window.
  ///
  /// The segment is a bare acknowledgment, or it has the next bytes of its direction or its FIN.
  ///
  /// The fast path does not call it in a run of payload (`HalfConnection.Flags.runs`), in which there is nothing to measure but the silence.
  @inline(never)
  mutating func measureInOrder(
    _ sequence: UInt32, acknowledgment: UInt32, window: UInt16, count: Int, isFIN: Bool, _ half: HalfHandle, info: CaptureInfo
  ) {
    measureSilence(before: info, half)
    endRun(half)
    let time = info.time.nanoseconds
    let connection = half.connection
    let (own, other) = half.bothTimes
    var flags = connection.state.flags
    _ = Self.endTiming(&flags, of: half.side.other, other, by: acknowledgment, at: time)
    if count == 0, !isFIN {
      measureBare(acknowledgment, window: window, sequence: sequence, half, own)
    } else {
      // The segment begins at the expected number, so only a segment above it can have been sent before.
      let isNew = !half.state.flags.contains(.hasHighestEnd) || Int32(bitPattern: sequence &- own.state.highestEnd) >= 0
      let end = sequence &+ UInt32(truncatingIfNeeded: count) &+ (isFIN ? 1 : 0)
      if isNew, !flags.contains(.timed(half.side)) {
        own.state.timedSince = time
        own.state.timedEnd = end
        flags.insert(.timed(half.side))
      } else if !isNew, Int32(bitPattern: end &- own.state.highestEnd) <= 0, Int32(bitPattern: own.state.timedEnd &- sequence) > 0 {
        // A segment out of the window was measured before.
        flags.remove(.timed(half.side))
      }
      // From here on the expected number is the highest one. In a long run the distance of the two would wrap.
      if Int32(bitPattern: end &- own.state.highestEnd) >= 0 { half.state.flags.remove(.hasHighestEnd) }
      if count > 0 {
        own.state.addPayload(at: time)
        let mayRun = !half.state.flags.contains(.hasHighestEnd) && window != 0
        if mayRun, flags.intersection([.originatorTimed, .responderTimed]) == .timed(half.side) { half.state.flags.insert(.runs) }
      }
    }
    connection.state.flags = flags
    if window == 0 || half.state.flags.contains(.zeroWindow) { measureWindow(window, half, at: time) }
    half.state.record(window: window)
  }

  /// Ends a run of payload: the last packet of the connection was its last one.
  @inline(__always)
  private mutating func endRun(_ half: HalfHandle) {
    endRun(of: half)
    endRun(of: half.other)
  }

  @inline(__always)
  private mutating func endRun(of half: HalfHandle) {
    guard half.state.flags.contains(.runs) else { return }
    half.times.state.lastPayload = half.connection.state.lastTime.nanoseconds
    half.state.flags.remove(.runs)
  }

  /// Ends the timing of a segment of `side` if an acknowledgment covers it.
  ///
  /// - Returns: the round trip in nanoseconds; nil if there is none.
  @inline(__always)
  private static func endTiming(
    _ flags: inout Connection.Flags, of side: Side, _ times: HalfTimesHandle, by number: UInt32, at time: Int64
  ) -> Int64? {
    guard flags.contains(.timed(side)), Int32(bitPattern: number &- times.state.timedEnd) >= 0 else { return nil }
    flags.remove(.timed(side))
    return times.state.addRoundTrip(until: time)
  }

  /// Measures a segment of the slow path before it is recorded.
  ///
  /// - Returns: whether it is a repetition that brings no byte: a SYN or a FIN that was captured before.
  mutating func measure(
    _ segment: borrowing TCPSegment, _ half: HalfHandle, _ control: ControlBits, _ meaning: SYNMeaning, info: CaptureInfo
  )
    -> Bool
  {
    measureUnused(info, half)
    let time = info.time.nanoseconds
    let sequence = segment.sequence.rawValue
    let count = segment.payload.count &+ segment.missingLength
    let controls: UInt32 = (control.isSYN ? 1 : 0) &+ (control.isFIN ? 1 : 0)
    let isBare = count == 0 && controls == 0
    if !control.isRST {
      measureWindow(segment.window, half, at: time)
      if control.isACK {
        let number = segment.acknowledgment.rawValue
        let length = Self.endTiming(&half.connection.state.flags, of: half.side.other, half.other.times, by: number, at: time)
        if control.isSYN, let length { half.connection.times.synRoundTrip = length }
        if isBare { measureBare(number, window: segment.window, sequence: sequence, half, half.times) }
      }
    }
    guard !isBare, !control.isRST else { return false }
    let end = sequence &+ UInt32(truncatingIfNeeded: count) &+ controls
    // A new SYN may have any number.
    let isNewSYN = control.isSYN && meaning.isFirst
    let highest = isNewSYN ? sequence : highestEnd(half) ?? sequence
    if isNewSYN { stopTiming(half) }
    if Int32(bitPattern: end &- highest) > 0 {
      if Int32(bitPattern: sequence &- highest) >= 0, !isTimed(half) { startTiming(half, to: end, at: time) }
      half.times.state.highestEnd = end
      half.state.flags.insert(.hasHighestEnd)
      return false
    }
    // The acknowledgment may be that of either copy.
    if Int32(bitPattern: half.times.state.timedEnd &- sequence) > 0 { stopTiming(half) }
    return count == 0 && (control.isSYN ? meaning.isOwn : half.state.flags.contains(.fin))
  }

  /// The sequence number after the highest byte, SYN or FIN that a direction has sent; nil before it has sent one.
  ///
  /// The fast path moves the expected number only.
  private mutating func highestEnd(_ half: HalfHandle) -> UInt32? {
    let flags = half.state.flags
    let expected = flags.contains(.started) ? half.state.base &+ (flags.contains(.finReached) ? 1 : 0) : nil
    guard flags.contains(.hasHighestEnd) else { return expected }
    guard let expected, Int32(bitPattern: expected &- half.times.state.highestEnd) > 0 else { return half.times.state.highestEnd }
    return expected
  }

  @inline(__always)
  private mutating func isTimed(_ half: HalfHandle) -> Bool { half.connection.state.flags.contains(.timed(half.side)) }

  @inline(__always)
  private mutating func stopTiming(_ half: HalfHandle) { half.connection.state.flags.remove(.timed(half.side)) }

  @inline(__always)
  private mutating func startTiming(_ half: HalfHandle, to end: UInt32, at time: Int64) {
    half.connection.state.flags.insert(.timed(half.side))
    half.times.state.timedSince = time
    half.times.state.timedEnd = end
  }

  // MARK: the report

  /// The times of a connection; nil if none are measured.
  func timing(_ connection: ConnectionHandle) -> ConnectionTiming? {
    guard options.measuresTiming else { return nil }
    let times = connection.times
    let silence = Silence(
      start: times.silenceStart, length: PacketDuration(nanoseconds: times.longestSilence), endedBy: times.silenceEndedBy,
      packetNumber: Connection.number(times.silenceNumberAndInput), input: Connection.input(times.silenceNumberAndInput))
    return ConnectionTiming(
      synRoundTrip: times.synRoundTrip == HalfTimes.none ? nil : PacketDuration(nanoseconds: times.synRoundTrip),
      longestSilence: times.longestSilence > 0 ? silence : nil)
  }

  /// The times of a direction; nil if none are measured.
  func timing(_ half: HalfHandle) -> DirectionTiming? {
    guard options.measuresTiming else { return nil }
    let times = half.times.state
    let isRunning = half.state.flags.contains(.runs)
    var closed = times.closedTime
    if times.closedSince != HalfTimes.none { closed &+= max(0, half.connection.state.lastTime.nanoseconds &- times.closedSince) }
    func timestamp(_ time: Int64) -> Timestamp? { time == HalfTimes.none ? nil : Timestamp(nanoseconds: time) }
    let roundTrips = RoundTrips(
      count: UInt64(times.roundTrips), minimum: PacketDuration(nanoseconds: times.shortest),
      maximum: PacketDuration(nanoseconds: times.longest), sum: PacketDuration(nanoseconds: times.sum))
    return DirectionTiming(
      roundTrips: times.roundTrips > 0 ? roundTrips : nil, retransmittedSegments: UInt64(times.retransmittedSegments),
      duplicateAcknowledgments: UInt64(times.duplicateAcknowledgments), zeroWindows: UInt64(times.closures),
      zeroWindowTime: PacketDuration(nanoseconds: closed), windowProbes: UInt64(times.windowProbes),
      keepAlives: UInt64(times.keepAlives), firstPayload: timestamp(times.firstPayload),
      lastPayload: timestamp(isRunning ? half.connection.state.lastTime.nanoseconds : times.lastPayload))
  }
}
