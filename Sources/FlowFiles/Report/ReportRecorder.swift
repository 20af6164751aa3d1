internal import Glibc
internal import Packets
internal import Paths
internal import Reassembly
internal import Report

/// Recorder of what report.html shows of a run.
///
/// Its memory does not grow with the number of completed connections: lines, details, hosts and objects are bounded, and points are in a
/// spool.
final class ReportRecorder {
  static let name = "report.html"
  /// Number of bytes of points in memory.
  private static let poolMemory = 64 << 20
  /// Block size in bytes of the pool: most connections have few points.
  private static let block = 4 << 10
  /// Greatest number of connections with details because of their size, and because of a gap, a conflict or a reset.
  private static let mostLargest = 1_000
  private static let mostNotable = 2_000

  let directory: OutputDirectory
  private let displayFilter: DisplayFilter
  private let spool: Spool
  let readers = ContentReaders()
  var facts = RunFacts()
  private(set) var timeline = Timeline()
  private(set) var hosts = HostTable()
  private var largestRows = KeptFirst<ConnectionRow>(most: ReportPage.mostRows)
  private var notableRows = KeptFirst<ConnectionRow>(most: ReportPage.mostRows / 2)
  private var largestDetails = KeptFirst<RecordedDetail>(most: ReportRecorder.mostLargest)
  private var notableDetails = KeptFirst<RecordedDetail>(most: ReportRecorder.mostNotable)
  /// Objects of HTTP, those with a remarkable property apart.
  ///
  /// Only the thread that writes bodies adds to them; the page is made when it has done all.
  var objects: [ObjectRow] = []
  var markedObjects: [ObjectRow] = []
  var objectsLeftOut: UInt64 = 0
  /// Details in the order of the page, once the run is over.
  private(set) var details: [RecordedDetail] = []

  /// Files of a shard, which has no page of its own: what the page takes is written there, and the merge adds it to a recorder.
  var pageFiles: PageFiles?

  /// Creates a recorder for the output in a directory.
  init(_ directory: OutputDirectory, scopes: KeyScopes) {
    self.directory = directory
    displayFilter = DisplayFilter(scopes: scopes)
    spool = directory.makeSpool(memoryLimit: Self.poolMemory, blockSize: Self.block)
  }

  func makeRecord() -> SegmentRecord { SegmentRecord(spool) }

  /// First error of the pool, in which case graphs lack points, or of the files of a shard.
  var failure: OutputError? { spool.failure ?? pageFiles?.failure }

  // MARK: Connections

  /// Takes a connection whose files are closed.
  func completed(_ connection: ConnectionStream, _ report: ConnectionReport) {
    guard let record = connection.record else { return }
    let lane = record.takeLane()
    let (points, _) = lane.map(RecordedText.read) ?? ([], [])
    let facts = ConnectionFacts(connection, report, record)
    let recorded = RecordedConnection(facts, points, record.missing)
    guard let pageFiles else { return add(recorded, points, lane) { DetailFacts(facts, displayFilter) } }
    pageFiles.append(PageConnection(connection: recorded, detail: DetailFacts(facts, displayFilter), lane: lane?.allBytes ?? []))
    lane?.release()
  }

  /// Adds a connection of a shard, with the id and the paths of the merged directory; those of all shards come in the order of one run.
  func add(_ page: PageConnection) {
    let lane = SpoolLane(spool)
    lane.append([], page.lane.span)
    add(page.connection, RecordedText.read(lane).points, lane) { page.detail }
  }

  private func add(_ recorded: RecordedConnection, _ points: [SegmentPoint], _ lane: SpoolLane?, _ detail: () -> DetailFacts) {
    count(recorded)
    addTraffic(of: recorded, points)
    let row = recorded.row
    hosts.add(client: recorded.clientAddress, row, isRefused: recorded.isRefused)
    let isNotable = !row.marks.isDisjoint(with: .notable)
    let rank = 0 &- row.totalBytes
    if largestRows.wants(rank: rank, id: row.id) { largestRows.add(row, rank: rank, id: row.id) }
    if isNotable, notableRows.wants(rank: rank, id: row.id) { notableRows.add(row, rank: rank, id: row.id) }
    // A connection is in one of the two collections of details, so that its lane has one owner.
    let isWanted = isNotable ? notableDetails.wants(rank: rank, id: row.id) : largestDetails.wants(rank: rank, id: row.id)
    guard isWanted else {
      lane?.release()
      return
    }
    let shown = RecordedDetail(recorded, detail(), lane)
    if isNotable {
      notableDetails.add(shown, rank: rank, id: row.id) { $0.release() }
    } else {
      largestDetails.add(shown, rank: rank, id: row.id) { $0.release() }
    }
  }

  private func count(_ connection: RecordedConnection) {
    let (row, missing) = (connection.row, connection.missing)
    facts.account += connection.account
    facts.missing.recorder &+= missing.recorder
    facts.missing.network &+= missing.network
    facts.missing.cut &+= missing.cut
    facts.missing.rejected &+= missing.rejected
    facts.missing.jump &+= missing.jump
    if row.marks.contains(.gap) { facts.connectionsWithGaps &+= 1 }
    if row.marks.contains(.conflict) { facts.connectionsWithConflicts &+= 1 }
    if row.marks.contains(.reset) { facts.resets &+= 1 }
    if row.marks.contains(.midstream) { facts.midstream &+= 1 }
    if row.marks.contains(.open) { facts.open &+= 1 }
    if row.marks.contains(.writeError) { facts.connectionsWithErrors &+= 1 }
    facts.conflicts &+= row.conflicts
    facts.unchecked &+= connection.unchecked
  }

  /// Adds the traffic of a connection to the timeline.
  private func addTraffic(of connection: RecordedConnection, _ points: [SegmentPoint]) {
    let client = connection.client.rawValue
    for point in points where point.kind.isPayload {
      timeline.add(at: point.time) { bin in
        if point.direction == client { bin.fromClient &+= point.bytes } else { bin.fromServer &+= point.bytes }
        if point.kind == .repeated { bin.repeated &+= point.bytes }
      }
    }
    for time in connection.gapTimes { timeline.add(at: time) { $0.gaps &+= 1 } }
    for time in connection.conflictTimes { timeline.add(at: time) { $0.conflicts &+= 1 } }
  }

  // MARK: Page

  /// Returns the page, at the end of the run.
  ///
  /// - Parameter report: run.json.
  /// - Returns: the page in UTF-8; nil if libcrypto has no SHA-256.
  func page(_ report: JSONValue) -> [UInt8]? {
    guard let digest = Digest(.sha256) else { return nil }
    facts.take(report)
    var page = ReportPage(facts: facts)
    let notable = notableRows.first()
    let known = Set(notable.map(\.id))
    let others = largestRows.first().filter { !known.contains($0.id) }
    page.rows = (notable + others.prefix(ReportPage.mostRows - notable.count)).sorted { $0.id < $1.id }
    page.timeline = timeline
    page.hosts = hosts
    page.objects = (markedObjects + objects).sorted { ($0.connection, $0.exchange) < ($1.connection, $1.exchange) }
    page.objectsLeftOut = objectsLeftOut
    let first = notableDetails.first { $0.release() }
    let second = largestDetails.first { $0.release() }
    details = (first + second).sorted { $0.rank < $1.rank }
    page.detailsLeftOut = notableDetails.offered &- UInt64(first.count)
    if let failure { page.loss = "\(failure)" }
    return page.html(source: self) { bytes in
      digest.update(bytes)
      return digest.finish()
    }
  }
}

extension ReportRecorder: PageSource {
  var detailCount: Int { details.count }

  func detail(at index: Int, limit: Int) -> ConnectionDetail? { details[index].detail(limit: limit) }

  func content(ofFile path: [UInt8]) -> [UInt8]? {
    do throws(SystemError) {
      var name = path
      let descriptor = try directory.openFile(&name, flags: O_RDONLY | O_NONBLOCK)
      defer { do throws(SystemError) { try directory.calls.close(descriptor) } catch {} }
      var bytes = [UInt8](repeating: 0, count: ObjectRow.mostThumbnail + 1)
      var failure: SystemError?
      let count = bytes.withUnsafeMutableBytes { memory -> Int in
        do throws(SystemError) {
          return try directory.calls.readFully(descriptor, into: memory, at: 0)
        } catch {
          failure = error
          return 0
        }
      }
      guard failure == nil, count <= ObjectRow.mostThumbnail else { return nil }
      return Array(bytes.prefix(count))
    } catch {
      return nil
    }
  }
}
