internal import Packets
internal import Reassembly
internal import Report

/// What report.html takes of a completed connection besides its points.
struct RecordedConnection {
  /// Line of the table.
  var row = ConnectionRow(id: 0, client: "", server: "", start: 0, end: 0)
  /// Direction of the client.
  var client = Side.originator
  /// Address of the client as text.
  var clientAddress = ""
  /// Whether the server refused the connection.
  var isRefused = false
  /// Sums of the two equations, of both directions.
  var account = ByteAccount()
  /// Missing bytes by reason.
  var missing = RunFacts.Missing()
  /// Number of packets with copies that could not be compared.
  var unchecked: UInt64 = 0
  /// Times of the gaps and of the conflicts in nanoseconds.
  var gapTimes: [Int64] = []
  var conflictTimes: [Int64] = []

  init() {}

  init(_ facts: ConnectionFacts, _ points: [SegmentPoint], _ missing: RunFacts.Missing) {
    let report = facts.report
    row = facts.row
    row.spark = Sparkline(points, report).heights
    client = report.client
    clientAddress = "\(report.clientEndpoint.address)"
    isRefused = report.close == .refused
    self.missing = missing
    unchecked = report.originator.anomalies[.unchecked] &+ report.responder.anomalies[.unchecked]
    for side in Side.allCases {
      account += facts.account(of: side)
      let (gaps, conflicts) = facts.listed(of: side)
      guard !gaps.isEmpty || !conflicts.isEmpty else { continue }
      let place = PointPlaces(points, side, origin: facts.origin(of: side))
      let end = report.lastInfo.time.nanoseconds
      gapTimes += gaps.map { place.time(beyond: $0.gap.offset &+ $0.gap.length) ?? end }
      conflictTimes += conflicts.map { place.time(ofPacket: $0.otherBy.number) ?? end }
    }
  }
}

/// All that report.html takes of a completed connection: a shard writes it to a file, and the merge adds it to the page.
struct PageConnection {
  var connection = RecordedConnection()
  var detail = DetailFacts()
  /// Bytes of the lane with the points and the first bytes.
  var lane: [UInt8] = []
}
