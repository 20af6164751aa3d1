import Packets

/// Packet clock: advances by the time between the packets of one clock, never backwards and never by more than an hour at once.
///
/// Time stamps of one capture may come from several clocks with constant offsets between them: those of several inputs or interfaces, or
/// those of captures that were joined to one file. A step between packets of different clocks is not elapsed time. Therefore the packet
/// clock keeps the time that each clock shows at `now`:
///
///     clock              10:00:00        9:59:30        17:00:00       time stamps that are expected now
///     a packet states    10:00:02                                      two seconds have passed, for all three
///                                       9:59:32                        nothing has passed
///
/// A step that no known clock explains reveals a further clock. It may also be a silence, so a step forward counts as elapsed time, up to
/// an hour. A constant offset between two clocks thus ages a connection by an hour at most, however often they alternate.
///
/// It starts at 0 with the first packet and stops at 2^63 ns (292 years), which only forged times can reach.
///
/// Rules, section 2: Connections.
struct PacketClock {
  /// Nanoseconds since the first packet.
  private(set) var now: Int64 = 0
  /// Source of the last packet; before the first packet, a value that no packet has.
  private var source = UInt64.max
  /// Time stamp of a packet captured now by the clock of the last packet.
  private var expected = Int64.max
  /// Longest step on that clock, in nanoseconds, for which the other clocks need not be examined.
  private var longestPlainStep: UInt64 = 0
  /// Longest delay behind that clock, in nanoseconds, for which the other clocks need not be examined.
  private var longestPlainDelay: UInt64 = 0
  /// Number of steps beyond an hour, forward or back, to an unknown clock.
  private(set) var jumps: UInt64 = 0
  private var clocks = SourceClocks()

  private static let longestStep: Int64 = 3_600_000_000_000

  /// A time on the clock, in the units of `QueuedSegment.arrival`.
  static func arrival(at time: Int64) -> UInt64 { time <= 0 ? 0 : UInt64(time) >> 6 }

  var arrival: UInt64 { Self.arrival(at: now) }

  /// Advances to the time of a packet.
  ///
  /// O(1) for the clock of the packet before, O(log of the known clocks) for another one, O(known clocks) for one that was not known.
  @inline(__always)
  mutating func advance(to info: CaptureInfo) {
    let source = info.source
    let time = info.time.nanoseconds
    // Times in order have a distance that fits into 64 bits without a sign.
    if time >= expected {
      let step = UInt64(bitPattern: time &- expected)
      if source == self.source, step <= longestPlainStep {
        let (sum, overflow) = now.addingReportingOverflow(Int64(bitPattern: step))
        if !overflow {
          now = sum
          expected = time
          return
        }
      }
    } else if source == self.source, UInt64(bitPattern: expected &- time) <= longestPlainDelay {
      return
    }
    search(time, source)
  }

  /// Advances to a time on the clock of the last packet.
  mutating func advance(to time: Timestamp) { search(time.nanoseconds, clocks.isEmpty ? 0 : source) }

  /// Sets the clock to the due time of a timer, or back to the time of the packet after the timers.
  @inline(__always)
  mutating func turn(to time: Int64) { now = time }

  /// Finds the clock of a packet among the known ones, or creates it, and advances.
  @inline(never)
  private mutating func search(_ time: Int64, _ source: UInt64) {
    let zero = Int128(time) - Int128(now)
    if let known = clocks.match(zero, of: source) {
      pass(zero - clocks[known].zero)
      select(known)
    } else if let latest = clocks.latestZero(of: source), zero >= latest {
      jumps &+= 1
      let before = now
      pass(Int128(Self.longestStep))
      // If no time has passed, the other clocks show what they showed before.
      clocks.shift(by: Int128(before) - Int128(now))
      select(clocks.insert(Int128(time) - Int128(now), of: source))
    } else {
      if clocks.isLeap(zero, of: source) { jumps &+= 1 }
      select(clocks.insert(zero, of: source))
    }
  }

  /// Adds elapsed time; a step backwards adds none.
  private mutating func pass(_ duration: Int128) {
    if duration > 0 { now = Int64(clamping: Int128(now) + duration) }
  }

  /// Makes a clock that of the last packet.
  private mutating func select(_ clock: Int) {
    clocks.use(clock)
    let zero = clocks[clock].zero
    source = clocks[clock].source
    expected = Int64(clamping: zero + Int128(now))
    longestPlainStep = UInt64(clamping: clocks.reach(of: clock))
    longestPlainDelay = UInt64(clamping: clocks.delay(of: clock))
  }
}
