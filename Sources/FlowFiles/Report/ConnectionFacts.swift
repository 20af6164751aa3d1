internal import HTTP
internal import Packets
internal import Reassembly
internal import Report
internal import TLS

/// What is known of a completed connection, in the terms of the page.
struct ConnectionFacts {
  /// Greatest number of gaps and of conflicts of a direction that the page shows.
  private static let mostGaps = 50
  private static let mostConflicts = 20

  let connection: ConnectionStream
  let report: ConnectionReport
  private let record: SegmentRecord

  init(_ connection: ConnectionStream, _ report: ConnectionReport, _ record: SegmentRecord) {
    self.connection = connection
    self.report = report
    self.record = record
  }

  /// Offset in the points of the first byte of a stream.
  func origin(of side: Side) -> Int64 { record.origin(of: side, report[side].firstSequence) }

  /// Gaps and conflicts that the index lists.
  func listed(of side: Side) -> (gaps: [ListedGap], conflicts: [ListedConflict]) {
    guard let notes = connection.existingFile(of: side)?.notes, notes.listedGaps + notes.listedConflicts > 0 else { return ([], []) }
    return notes.listed()
  }

  func account(of side: Side) -> ByteAccount {
    let half = report[side]
    var account = ByteAccount()
    account.length = half.length
    account.bytes = half.bytes
    account.gapBytes = half.gapBytes
    account.payloadBytes = half.payloadBytes
    account.repeatedBytes = half.retransmittedBytes
    account.droppedBytes = Int64(clamping: half.dropped.total)
    return account
  }

  private func conflicts(of side: Side) -> UInt64 { connection.existingFile(of: side)?.notes?.conflictCount ?? 0 }

  /// Line of the table, without its sparkline.
  var row: ConnectionRow {
    let (client, server) = (report[report.client], report[report.client.other])
    var row = ConnectionRow(
      id: report.id, client: "\(report.clientEndpoint)", server: "\(report.serverEndpoint)", start: report.start.nanoseconds,
      end: report.lastInfo.time.nanoseconds)
    row.handshake = report.handshake.name.description
    row.close = report.close.name.description
    (row.clientBytes, row.serverBytes) = (client.bytes, server.bytes)
    row.roundTrip = report.timing?.synRoundTrip?.nanoseconds
    row.repeatedBytes = client.retransmittedBytes &+ server.retransmittedBytes
    row.outOfOrder = client.outOfOrderPackets &+ server.outOfOrderPackets
    row.gapBytes = client.gapBytes &+ server.gapBytes
    row.conflicts = conflicts(of: .originator) &+ conflicts(of: .responder)
    row.marks = marks(row)
    row.name = record.reader?.content.host ?? ""
    row.tls = tls
    row.http = http
    for side in [report.client, report.client.other] {
      guard let file = connection.existingFile(of: side), file.isCreated else { continue }
      let reasons = IncompleteReason.allCases.filter { $0.holds(for: report[side], file) }.map(\.name.description)
      row.files.append(ConnectionRow.File(path: file.path, isFromClient: side == report.client, reasons: reasons))
    }
    return row
  }

  private func marks(_ row: ConnectionRow) -> ConnectionRow.Marks {
    var marks: ConnectionRow.Marks = []
    if row.gapBytes > 0 { marks.insert(.gap) }
    if row.conflicts > 0 { marks.insert(.conflict) }
    if report.close == .rst || report.close == .refused { marks.insert(.reset) }
    if Side.allCases.contains(where: { report[$0].start == .midstream }) { marks.insert(.midstream) }
    if record.missing.cut > 0 { marks.insert(.cut) }
    if record.missing.recorder > 0 { marks.insert(.recorderLoss) }
    if record.missing.network > 0 { marks.insert(.networkLoss) }
    if report.close == .open { marks.insert(.open) }
    if row.repeatedBytes > 0 { marks.insert(.repeated) }
    if report[report.client.other].packets == 0 { marks.insert(.silent) }
    if Side.allCases.contains(where: { connection.existingFile(of: $0)?.failure != nil }) || connection.stages?.hasFailed == true {
      marks.insert(.writeError)
    }
    return marks
  }

  private var tls: String {
    if let stage = connection.stages?.tls?.stage, stage.isTLS {
      let version = stage.facts.version ?? "TLS"
      if stage.facts.isClear { return "\(version), clear" }
      return stage.facts.obstacle.map { "\(version), not opened: \($0.name)" } ?? version
    }
    return record.reader?.content.kind == .tls ? "not opened" : ""
  }

  private var http: String {
    if let exchanges = connection.stages?.exchanges { return "\(exchanges)" }
    return record.reader?.content.kind == .http ? "yes" : ""
  }

  /// Times of the connection as text; none if they were not measured.
  var times: [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = []
    if let time = report.timing?.synRoundTrip { facts.append(("Round trip of the SYN", Figures.duration(time.nanoseconds))) }
    if let silence = report.timing?.longestSilence {
      let end = silence.endedBy == report.client ? "the client" : "the server"
      facts.append(
        (
          "Longest silence",
          "\(Figures.duration(silence.length.nanoseconds)) from \(silence.start), ended by \(end) with packet \(silence.packetNumber)"
        ))
    }
    for (side, name) in [(report.client, "client"), (report.client.other, "server")] {
      guard let timing = report[side].timing else { continue }
      if let trips = timing.roundTrips {
        let range = [trips.minimum, trips.mean, trips.maximum].map { Figures.duration($0.nanoseconds) }
        facts.append(("Round trips of the \(name)", "\(range[0]) least, \(range[1]) mean, \(range[2]) greatest, of \(trips.count)"))
      }
      var counts: [String] = []
      for (count, noun) in [
        (timing.retransmittedSegments, "repeated segment"), (timing.duplicateAcknowledgments, "duplicate acknowledgment"),
        (timing.windowProbes, "window probe"), (timing.keepAlives, "keep-alive"),
      ] where count > 0 { counts.append(Figures.count(count, noun)) }
      if timing.zeroWindows > 0 {
        let time = Figures.duration(timing.zeroWindowTime.nanoseconds)
        counts.append("window closed \(Figures.count(timing.zeroWindows, "time")), \(time) in all")
      }
      if !counts.isEmpty { facts.append(("Sent by the \(name)", counts.joined(separator: ", "))) }
    }
    return facts
  }

  /// What the page shows of a direction besides its points.
  func direction(_ side: Side) -> ConnectionDetail.Direction {
    var direction = ConnectionDetail.Direction()
    direction.length = report[side].length
    direction.origin = origin(of: side)
    direction.account = account(of: side)
    let (gaps, conflicts) = listed(of: side)
    direction.gaps = gaps.prefix(Self.mostGaps).map { listed in
      ConnectionDetail.Gap(
        offset: listed.gap.offset, length: listed.gap.length, words: "\(listed.gap.kind.name), given up by \(listed.gap.cause.name)",
        isAcknowledged: listed.gap.acknowledged)
    }
    direction.conflicts = conflicts.prefix(Self.mostConflicts).map { conflict in
      ConnectionDetail.Conflict(
        offset: conflict.offset, length: conflict.length, kept: conflict.kept, keptPacket: conflict.keptBy?.number, other: conflict.other,
        otherPacket: conflict.otherBy.number)
    }
    return direction
  }
}
