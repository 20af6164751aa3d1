import Capture
import Reassembly

/// Schedule of a live run by the system's clock: files are flushed, counters are read, figures are shown, the run ends.
///
/// All times are nanoseconds of `SystemClock.monotonic`.
struct LiveSchedule {
  struct Due: OptionSet {
    let rawValue: UInt8
    static let flush = Due(rawValue: 1)
    static let counters = Due(rawValue: 2)
    static let figures = Due(rawValue: 4)
  }

  /// Time in nanoseconds after which a byte that was read is in its file; before, the kernel kept it for `LiveSettings.readTimeout`.
  private static let flushInterval: Int64 = 250_000_000
  /// Time in nanoseconds between two readings of the kernel's counters, which have 32 bits.
  private static let countersInterval: Int64 = 10_000_000_000

  private let figuresInterval: Int64?
  private let end: Int64
  private var nextFlush: Int64
  private var nextCounters: Int64
  private var nextFigures: Int64

  init(_ options: LiveOptions, now: Int64) {
    figuresInterval = options.statsInterval?.duration?.nanoseconds
    let (end, isBeyond) = now.addingReportingOverflow(options.duration?.duration?.nanoseconds ?? .max)
    self.end = isBeyond ? .max : end
    nextFlush = now
    nextCounters = now
    nextFigures = figuresInterval.map { Self.later(now, $0) } ?? .max
  }

  func isOver(_ now: Int64) -> Bool { now >= end }

  /// Returns the actions that are due now; none is due again before its interval is over.
  mutating func due(_ now: Int64) -> Due {
    var due = Due()
    if now >= nextFlush { due.insert(.flush) }
    if now >= nextCounters {
      due.insert(.counters)
      nextCounters = now + Self.countersInterval
    }
    if now >= nextFigures, let figuresInterval {
      due.insert(.figures)
      nextFigures = Self.later(now, figuresInterval)
    }
    return due
  }

  /// Records that a flush is over.
  ///
  /// If a flush takes long, three times as much time remains for packets before the next one.
  mutating func flushed(from start: Int64, to now: Int64) { nextFlush = now + max(Self.flushInterval, 3 * (now - start)) }

  /// Returns the longest time to wait for packets, in milliseconds.
  func wait(_ now: Int64) -> Int32 {
    let next = min(nextFlush, nextFigures, end) - now
    return Int32(clamping: min(Int64(LiveSettings.readTimeout), max(0, next) / 1_000_000 + 1))
  }

  private static func later(_ now: Int64, _ interval: Int64) -> Int64 {
    let (time, isBeyond) = now.addingReportingOverflow(interval)
    return isBeyond ? .max : time
  }
}
