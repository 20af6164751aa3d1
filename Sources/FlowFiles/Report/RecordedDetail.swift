internal import Packets
internal import Reassembly
internal import Report

/// A connection that may be shown in detail: its points are in a spool until the page is written.
final class RecordedDetail {
  private let row: ConnectionRow
  private let client: Side
  private let facts: DetailFacts
  private var lane: SpoolLane?

  init(_ connection: RecordedConnection, _ facts: DetailFacts, _ lane: SpoolLane?) {
    row = connection.row
    client = connection.client
    self.facts = facts
    self.lane = lane
  }

  deinit { release() }

  /// Order on the page: first what is incomplete or contested, then the largest connections.
  var rank: (Int, Int64, UInt64) {
    (row.marks.isDisjoint(with: [.gap, .conflict]) ? 1 : 0, 0 &- row.totalBytes, row.id)
  }

  /// Releases the points.
  func release() {
    lane?.release()
    lane = nil
  }

  /// Returns what the page shows, with at most `limit` marks of payload a direction.
  func detail(limit: Int) -> ConnectionDetail {
    var detail = ConnectionDetail(
      row: row, firstPacket: facts.firstPacket, lastPacket: facts.lastPacket, displayFilter: facts.displayFilter,
      startText: facts.startText)
    (detail.fromClient, detail.fromServer) = (facts.fromClient, facts.fromServer)
    detail.facts = facts.times
    guard let lane else { return detail }
    let (points, texts) = RecordedText.read(lane)
    detail.fromClient.points = points.reduced(direction: client.rawValue, to: limit)
    detail.fromServer.points = points.reduced(direction: client.other.rawValue, to: limit)
    var ends: [Int64] = [0, 0]
    for (head, bytes) in texts where head.direction < 2 {
      let isFromClient = head.direction == client.rawValue
      let missing = head.offset &- ends[Int(head.direction)]
      ends[Int(head.direction)] = head.offset &+ Int64(bytes.count)
      if missing <= 0, detail.turns.last?.isFromClient == isFromClient {
        detail.turns[detail.turns.count - 1].bytes += bytes
      } else {
        detail.turns.append(ConnectionDetail.Turn(isFromClient: isFromClient, bytes: bytes, missingBefore: missing))
      }
    }
    return detail
  }
}
