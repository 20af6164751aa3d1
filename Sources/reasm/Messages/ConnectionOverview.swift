import FlowFiles
import Packets
import Paths
import Reassembly

/// Figures about single connections for the summary: the largest ones, the worst file, and the numbers of unusually captured ones.
///
/// Its memory does not grow with the number of connections.
final class ConnectionOverview: ConnectionObserver {
  static let listed = 10

  struct Entry {
    var id: UInt64
    var key: FlowKey
    var client: Side
    var fromClient: Int64
    var fromServer: Int64
    var duration: Int64

    var total: Int64 { fromClient &+ fromServer }
  }

  /// Connections with the most bytes, the largest first; equal ones in the order of completion.
  private(set) var largest: [Entry] = []
  /// Number of connections that carried bytes and of which one direction was not captured.
  private(set) var oneSided: UInt64 = 0
  /// Number of connections whose packets came in more than one VLAN.
  private(set) var severalVLANs: UInt64 = 0

  /// Number of files of streams that are whole.
  private(set) var wholeFiles: UInt64 = 0
  /// Number of files of streams that are not whole.
  private(set) var incompleteFiles: UInt64 = 0
  /// File that lacks the most bytes, then the one with the most reasons not to be whole, then the first one; nil if all are whole.
  private(set) var worstFile: WorstFile?
  /// Number of connections with missing bytes, and the number of these bytes.
  private(set) var connectionsWithGaps: UInt64 = 0
  private(set) var gapBytes: UInt64 = 0
  /// Connection that lacks the most bytes.
  private(set) var mostGaps: (connection: UInt64, bytes: UInt64) = (0, 0)
  /// Number of connections with conflicts.
  private(set) var connectionsWithConflicts: UInt64 = 0
  /// Connection with the most conflicts.
  private(set) var mostConflicts: (connection: UInt64, count: UInt64) = (0, 0)

  struct WorstFile {
    var path: FilePath
    var gapBytes: Int64
    var reasons: [String]
  }

  func completed(_ report: ConnectionReport, hasSeveralVLANs: Bool, conflicts: UInt64, files: [FileOutcome]) {
    if hasSeveralVLANs { severalVLANs &+= 1 }
    for file in files { add(file) }
    let missing = UInt64(clamping: report.originator.gapBytes &+ report.responder.gapBytes)
    if missing > 0 { connectionsWithGaps &+= 1 }
    gapBytes &+= missing
    if missing > mostGaps.bytes { mostGaps = (report.id, missing) }
    if conflicts > 0 { connectionsWithConflicts &+= 1 }
    if conflicts > mostConflicts.count { mostConflicts = (report.id, conflicts) }
    addLargest(report)
  }

  private func add(_ file: FileOutcome) {
    guard !file.isWhole else {
      wholeFiles &+= 1
      return
    }
    incompleteFiles &+= 1
    let reasons = file.reasons
    if let worst = worstFile, (worst.gapBytes, worst.reasons.count) >= (file.gapBytes, reasons.count) { return }
    worstFile = WorstFile(path: file.path, gapBytes: file.gapBytes, reasons: reasons)
  }

  private func addLargest(_ report: ConnectionReport) {
    let total = report.originator.bytes &+ report.responder.bytes
    guard total > 0 else { return }
    if report.originator.packets == 0 || report.responder.packets == 0 { oneSided &+= 1 }
    if largest.count == Self.listed, let least = largest.last, least.total >= total { return }
    let place = largest.firstIndex { $0.total < total } ?? largest.count
    let entry = Entry(
      id: report.id, key: report.key, client: report.client, fromClient: report[report.client].bytes,
      fromServer: report[report.client.other].bytes, duration: report.duration.nanoseconds)
    largest.insert(entry, at: place)
    if largest.count > Self.listed { largest.removeLast() }
  }

  /// Heading and one line for each of the largest connections; empty if no connection carried bytes.
  var lines: [String] {
    guard !largest.isEmpty else { return [] }
    var rows = [["largest connections", "from client", "from server", "duration"]]
    rows += largest.map { entry in
      let ends = ConversationPrinter.endpoints(entry.key, from: entry.client)
      return [
        "\(entry.id)  \(ends)", DisplayText.bytes(entry.fromClient), DisplayText.bytes(entry.fromServer),
        DisplayText.seconds(entry.duration),
      ]
    }
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        let space = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + space : space + text
      }.joined(separator: "  ")
    }
  }
}
