import Packets

/// Counter of unusual steps of the packet times of each source: back by over a second, or forward by over an hour.
///
/// A source is an interface of an input. O(1) for a packet of the same source as the previous one.
struct ClockSteps {
  private static let back: UInt64 = 1_000_000_000
  private static let forward: UInt64 = 3_600_000_000_000
  /// Greatest number of sources whose times are remembered; those beyond are not examined.
  private static let mostSources = 4_096

  /// Number of steps.
  private(set) var count: UInt64 = 0
  private var source = UInt64.max
  private var last: Int64 = 0
  /// Last time of each other source.
  private var others: [UInt64: Int64] = [:]

  /// Examines the time of a packet.
  @inline(__always)
  mutating func add(_ info: CaptureInfo) {
    let source = info.source
    if source != self.source, !select(source, info.time.nanoseconds) { return }
    let time = info.time.nanoseconds
    // The distance of two 64-bit times fits into 64 bits without a sign.
    let isStep = time >= last ? UInt64(bitPattern: time &- last) > Self.forward : UInt64(bitPattern: last &- time) > Self.back
    if isStep { count &+= 1 }
    last = time
  }

  /// Makes a source the current one; returns false if this is its first packet.
  @inline(never)
  private mutating func select(_ next: UInt64, _ time: Int64) -> Bool {
    if source != .max, others.count < Self.mostSources || others[source] != nil { others[source] = last }
    source = next
    guard let known = others[next] else {
      last = time
      return false
    }
    last = known
    return true
  }
}
