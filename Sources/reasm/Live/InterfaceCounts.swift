import Packets

/// Packet counts of each captured interface.
struct InterfaceCounts {
  private struct Count {
    var packets: UInt64 = 0
    var first: Timestamp?
    var last: Timestamp?
  }

  private var counts: [Count]

  init(_ interfaces: Int) { counts = Array(repeating: Count(), count: interfaces) }

  mutating func add(_ info: CaptureInfo) {
    let interface = Int(info.interface)
    counts[interface].packets &+= 1
    if counts[interface].first == nil { counts[interface].first = info.time }
    counts[interface].last = info.time
  }

  /// Adds the counts to a result.
  ///
  /// - Precondition: the result has an input for each interface.
  func put(into result: inout RunResult) {
    for (index, count) in counts.enumerated() {
      result.inputs[index].packets = count.packets
      result.inputs[index].first = count.first
      result.inputs[index].last = count.last
    }
  }
}
