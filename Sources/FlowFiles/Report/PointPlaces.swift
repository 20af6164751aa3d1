internal import Packets
internal import Reassembly
internal import Report

/// Index of the points of one direction by offset and by packet.
struct PointPlaces {
  private var times: [Int64] = []
  private var packets: [UInt64] = []
  /// Highest stream offset up to each point.
  private var ends: [Int64] = []

  init(_ points: [SegmentPoint], _ side: Side, origin: Int64) {
    for point in points where point.kind.isPayload && point.direction == side.rawValue {
      times.append(point.time)
      packets.append(point.packet)
      ends.append(max(ends.last ?? .min, point.high &- origin))
    }
  }

  /// Returns the time of the first payload beyond an offset; nil if there is none.
  func time(beyond offset: Int64) -> Int64? { time { ends[$0] > offset } }

  /// Returns the time of a packet, or of the mark that it is part of; nil if it is not known.
  func time(ofPacket number: UInt64) -> Int64? { time { packets[$0] >= number } }

  /// O(log n); the condition holds for all points behind the first one that it holds for.
  private func time(_ holds: (Int) -> Bool) -> Int64? {
    let first = times.indices.partitioningIndex(where: holds)
    return first < times.count ? times[first] : nil
  }
}

/// Throughput of a connection over its life.
struct Sparkline {
  /// Heights from 0 to 255, those of the client first; empty without payload.
  private(set) var heights: [UInt8] = []

  init(_ points: [SegmentPoint], _ report: ConnectionReport) {
    let columns = ConnectionRow.sparkColumns
    let scale = Scale(from: report.start.nanoseconds, to: report.lastInfo.time.nanoseconds, units: columns)
    var sums = [UInt64](repeating: 0, count: columns * 2)
    for point in points where point.kind.isPayload {
      sums[(point.direction == report.client.rawValue ? 0 : columns) + scale.unit(of: point.time)] &+= point.bytes
    }
    guard let most = sums.max(), most > 0 else { return }
    heights = sums.map { $0 == 0 ? 0 : UInt8(max(1, min(255, Double($0) / Double(most) * 255))) }
  }
}
