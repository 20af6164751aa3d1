import Packets
import Reassembly

/// What the report of a connection says about stalls, in words: only what is not zero.
struct StallText {
  /// Length in nanoseconds from which a silence is shown: the least retransmission timeout of Linux.
  static let leastSilence: Int64 = 200_000_000

  private let report: ConnectionReport

  init(_ report: ConnectionReport) { self.report = report }

  /// One line for the connection and one for each direction that has something to say; none if times were not measured.
  var lines: [String] {
    guard let timing = report.timing else { return [] }
    var all: [String] = []
    var parts: [String] = []
    if let roundTrip = timing.synRoundTrip { parts.append("SYN RTT \(DisplayText.shortTime(roundTrip.nanoseconds))") }
    if let silence = timing.longestSilence, silence.length.nanoseconds >= Self.leastSilence {
      parts.append(
        "longest silence \(DisplayText.seconds(silence.length.nanoseconds)), ended by the \(name(silence.endedBy)) in packet \(silence.packetNumber)"
      )
    }
    if !parts.isEmpty { all.append(parts.joined(separator: "; ")) }
    for side in [report.client, report.client.other] {
      if let words = words(of: side) { all.append("\(name(side)): \(words)") }
    }
    return all
  }

  private func name(_ side: Side) -> String { side == report.client ? "client" : "server" }

  private func words(of side: Side) -> String? {
    guard let timing = report[side].timing else { return nil }
    var parts: [String] = []
    if timing.retransmittedSegments > 0 {
      parts.append("\(DisplayText.count(timing.retransmittedSegments, "segment")) sent again")
    }
    if report[side].outOfOrderPackets > 0 {
      parts.append("\(DisplayText.count(report[side].outOfOrderPackets, "packet")) out of order")
    }
    if timing.duplicateAcknowledgments > 0 { parts.append(DisplayText.count(timing.duplicateAcknowledgments, "duplicate ACK")) }
    if timing.zeroWindows > 0 {
      parts.append(
        "window closed \(DisplayText.count(timing.zeroWindows, "time")), \(DisplayText.seconds(timing.zeroWindowTime.nanoseconds)) in all")
    }
    if timing.keepAlives > 0 { parts.append(DisplayText.count(timing.keepAlives, "keep-alive")) }
    if let roundTrips = timing.roundTrips, !parts.isEmpty {
      let (least, most) = (DisplayText.shortTime(roundTrips.minimum.nanoseconds), DisplayText.shortTime(roundTrips.maximum.nanoseconds))
      parts.append(least == most ? "RTT \(least)" : "RTT \(least) to \(most)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
