import Packets

/// Timing: round-trip times, silences, closed windows and repetitions, which tell why a transfer stalls.
///
/// Rules, section 11: Timing.
///
/// The times stand in the engine and not in an observer of segments, because an observer has no fast path: it would take 40 % more
/// instructions for a long transfer, where this takes 2 %. They change nothing else.
extension Assembler {
  // MARK: every packet

  /// Measures the silence before a packet of a connection.
  @inline(always)
  mutating func measureSilence(before info: CaptureInfo, _ half: HalfHandle) {
    let connection = half.connection
    let length = info.time.nanoseconds &- connection.state.lastTime.nanoseconds
    if length > connection.times.longestSilence { recordSilence(length, before: info, half) }
  }

  @inline(never)
  private mutating func recordSilence(_ length: Int64, before info: CaptureInfo, _ half: HalfHandle) {
    let connection = half.connection
    connection.times.longestSilence = length
    connection.times.silenceStart = connection.state.lastTime
    connection.times.silenceNumberAndInput = Connection.numberAndInput(info)
    connection.times.silenceEndedBy = half.side
  }

  /// Measures a packet that is counted and has no other part in the connection.
  @inline(__always)
  mutating func measureUnused(_ info: CaptureInfo, _ half: HalfHandle) {
    measureSilence(before: info, half)
    endRun(half.connection)
  }

  /// Measures the acknowledgment and the window of a segment that is no reset, before they are recorded.
  @inline(__always)
  private mutating func measureAcknowledgment(
    _ number: UInt32, window: UInt16, isBare: Bool, sequence: UInt32, isSYN: Bool, _ half: HalfHandle, at time: Int64
  ) {
    let other = half.other
    if isTimed(other), Int32(bitPattern: number &- other.times.timedEnd) >= 0 { recordRoundTrip(other, at: time, isSYN: isSYN) }
    if isBare { measureBare(number, window: window, sequence: sequence, half) }
  }

  private mutating func recordRoundTrip(_ half: HalfHandle, at time: Int64, isSYN: Bool) {
    let length = time &- half.times.timedSince
    stopTiming(half)
    // The clock of the capture may go back.
    guard length >= 0 else { return }
    half.times.roundTrips &+= 1
    half.times.sum &+= length
    half.times.shortest = min(half.times.shortest, length)
    half.times.longest = max(half.times.longest, length)
    if isSYN { half.connection.times.synRoundTrip = length }
  }

  /// Counts a bare acknowledgment that is a duplicate, a keep-alive or a window probe.
  @inline(__always)
  private mutating func measureBare(_ number: UInt32, window: UInt16, sequence: UInt32, _ half: HalfHandle) {
    defer { half.times.window = window }
    if half.state.flags.contains(.started), sequence == half.state.base &- 1 { countProbe(half) }
    guard number == half.state.highestAcknowledgment, window == half.times.window, half.state.flags.contains(.acknowledges) else { return }
    // An acknowledgment is a duplicate only while data is outstanding.
    if let end = highestEnd(half.other), Int32(bitPattern: end &- number) > 0 { half.times.duplicateAcknowledgments &+= 1 }
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
    if length > 0 { recordPayload(half, at: time) }
    if isRepetition { half.times.retransmittedSegments &+= 1 }
  }

  /// Counts a segment just below the next byte, of no byte or one.
  private mutating func countProbe(_ half: HalfHandle) {
    if half.other.times.closedSince != HalfTimes.none { half.times.windowProbes &+= 1 } else { half.times.keepAlives &+= 1 }
  }

  /// Measures how long a window is closed.
  private mutating func measureWindow(_ window: UInt16, _ half: HalfHandle, at time: Int64) {
    if (window == 0) != (half.times.closedSince != HalfTimes.none) { recordWindowChange(half, at: time) }
  }

  private mutating func recordWindowChange(_ half: HalfHandle, at time: Int64) {
    if half.times.closedSince == HalfTimes.none {
      half.times.closedSince = time
      half.times.closures &+= 1
    } else {
      half.times.closedTime &+= max(0, time &- half.times.closedSince)
      half.times.closedSince = HalfTimes.none
    }
  }

  // MARK: the two paths of a segment

  /// Measures a segment of the fast path before it is recorded: a bare acknowledgment, or the next bytes of its direction.
  ///
  /// The fast path does not call it in a run of payload, in which there is nothing to measure but the silence: one segment of the direction is
  /// being timed and none of the other one, and the window is open.
  @inline(never)
  mutating func measureInOrder(
    sequence: UInt32, acknowledgment: UInt32, window: UInt16, count: Int, isFIN: Bool, _ half: HalfHandle, info: CaptureInfo
  ) {
    let time = info.time.nanoseconds
    measureUnused(info, half)
    let isBare = count == 0 && !isFIN
    if window == 0 || half.state.flags.contains(.zeroWindow) { measureWindow(window, half, at: time) }
    measureAcknowledgment(acknowledgment, window: window, isBare: isBare, sequence: sequence, isSYN: false, half, at: time)
    guard !isBare else { return }
    // The segment begins at the expected number, so only a segment above it can have been sent before.
    let isNew = !half.times.hasHighestEnd || Int32(bitPattern: sequence &- half.times.highestEnd) >= 0
    if isNew, !isTimed(half) { startTiming(half, to: sequence &+ UInt32(truncatingIfNeeded: count) &+ (isFIN ? 1 : 0), at: time) }
    guard count > 0 else { return }
    recordPayload(half, at: time)
    if isTimed(half), !isTimed(half.other), window != 0 { half.connection.state.flags.insert(.runs(half.side)) }
  }

  /// Ends a run of payload: the last packet of the connection was its last one.
  @inline(__always)
  private mutating func endRun(_ connection: ConnectionHandle) {
    let flags = connection.state.flags
    guard !flags.isDisjoint(with: [.originatorRuns, .responderRuns]) else { return }
    connection.state.flags = flags.subtracting([.originatorRuns, .responderRuns])
    connection.half(flags.contains(.originatorRuns) ? .originator : .responder).times.lastPayload = connection.state.lastTime.nanoseconds
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
        measureAcknowledgment(
          segment.acknowledgment.rawValue, window: segment.window, isBare: isBare, sequence: sequence, isSYN: control.isSYN, half, at: time)
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
      half.times.highestEnd = end
      half.times.hasHighestEnd = true
      return false
    }
    // The acknowledgment may be that of either copy.
    if Int32(bitPattern: half.times.timedEnd &- sequence) > 0 { stopTiming(half) }
    return count == 0 && (!control.isSYN || meaning.isOwn)
  }

  /// The sequence number after the highest byte, SYN or FIN that a direction has sent; nil before it has sent one.
  ///
  /// The fast path moves the expected number only.
  private mutating func highestEnd(_ half: HalfHandle) -> UInt32? {
    let flags = half.state.flags
    let expected = flags.contains(.started) ? half.state.base &+ (flags.contains(.finReached) ? 1 : 0) : nil
    guard half.times.hasHighestEnd else { return expected }
    guard let expected, Int32(bitPattern: expected &- half.times.highestEnd) > 0 else { return half.times.highestEnd }
    return expected
  }

  @inline(__always)
  private mutating func isTimed(_ half: HalfHandle) -> Bool { half.connection.state.flags.contains(.timed(half.side)) }

  @inline(__always)
  private mutating func stopTiming(_ half: HalfHandle) { half.connection.state.flags.remove(.timed(half.side)) }

  @inline(__always)
  private mutating func startTiming(_ half: HalfHandle, to end: UInt32, at time: Int64) {
    half.connection.state.flags.insert(.timed(half.side))
    half.times.timedSince = time
    half.times.timedEnd = end
  }

  @inline(__always)
  private mutating func recordPayload(_ half: HalfHandle, at time: Int64) {
    if half.times.firstPayload == HalfTimes.none { half.times.firstPayload = time }
    half.times.lastPayload = time
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
    let times = half.times
    let isRunning = half.connection.state.flags.contains(.runs(half.side))
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
