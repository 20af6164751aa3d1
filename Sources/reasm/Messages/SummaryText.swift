import Capture
import FlowFiles
import Packets
import Reassembly

/// Summary at the end of a run, for people: the verdict, figures in a column, then notes.
struct SummaryText {
  /// Line of the column.
  private struct Row {
    var label: String
    var value: UInt64
    /// Note after the figure.
    var note = ""
    /// Whether the line is shown even if the value is 0.
    var isAlwaysShown = false
  }

  let result: RunResult
  let report: OutputReport
  let command: ReasmCommand

  init(_ result: RunResult, _ report: OutputReport, _ command: ReasmCommand) {
    self.result = result
    self.report = report
    self.command = command
  }

  /// All lines of the summary.
  var lines: [String] {
    // A list is what was asked for: without -v, the figures of the run would only push it off the screen.
    let all = command.list.isWanted && !command.messages.verbose ? [] : figures + refused + anomalies
    let shown = all.filter { $0.value > 0 || $0.isAlwaysShown || command.messages.verbose }
    let labelWidth = shown.map(\.label.count).max() ?? 0
    let valueWidth = shown.map { String($0.value).count }.max() ?? 0
    let figures = shown.map { row in
      let value = String(row.value)
      let label = row.label + String(repeating: " ", count: labelWidth - row.label.count)
      let number = String(repeating: " ", count: valueWidth - value.count) + value
      return "\(label)  \(number)" + (row.note.isEmpty ? "" : "  \(row.note)")
    }
    let largest =
      command.messages.verbose && !command.list.isWanted && !report.overview.largest.isEmpty ? [""] + report.overview.lines + [""] : []
    return Self.wrapped(SummaryVerdict(result, report).lines) + figures + largest
      + Self.wrapped(SummaryNotes(result, report, command).lines)
  }

  /// Breaks sentences between words on a terminal; in a pipe each remains one line, so that it can be searched for.
  private static func wrapped(_ sentences: [String]) -> [String] {
    guard let width = StandardStream.error.columns else { return sentences }
    return sentences.flatMap { DisplayText.wrapped($0, width: width) }
  }

  private var figures: [Row] {
    let total = result.statistics
    let passed = result.packetsUsed == result.packetsRead ? "" : "\(result.packetsUsed) passed the filter"
    return kernel + [
      Row(label: "packets", value: result.packetsRead, note: passed),
      Row(label: "TCP segments", value: total.segments),
      Row(label: "TCP bytes", value: total.payloadBytes, note: DisplayText.largeSize(total.payloadBytes)),
      Row(
        label: "reassembled bytes", value: total.reassembledBytes,
        note: Self.size(total.reassembledBytes, "in \(DisplayText.count(total.reassembledChunks, "chunk"))")),
      Row(
        label: "missed bytes", value: total.missedBytes, note: Self.size(total.missedBytes, "in \(DisplayText.count(total.gaps, "gap"))")),
      Row(label: "out-of-order packets", value: total.outOfOrderPackets, note: DisplayText.size(total.outOfOrderBytes)),
      Row(label: "biggest chunk, packets", value: total.biggestChunkPackets, note: DisplayText.size(total.biggestChunkBytes)),
      Row(
        label: "overlap packets", value: total.overlapPackets,
        note: DisplayText.size(total.overlapBytes) + ", " + DisplayText.count(report.figures.conflicts, "conflict")),
      Row(label: "rejected by the state machine", value: total.anomalies[.rejectedByState]),
      Row(label: "rejected by the option check", value: total.anomalies[.rejectedByOptions]),
      Row(label: "fragments", value: total.fragments.fragments, note: "\(total.fragments.datagrams) datagrams reassembled"),
      Row(label: "connections", value: total.connections, note: "\(total.connectionsMost) at once at most"),
      Row(label: "files", value: report.figures.files, note: filesNote),
      Row(
        label: "exchanges of HTTP", value: report.figures.http?.exchanges ?? 0, note: bodiesNote,
        isAlwaysShown: report.figures.http != nil),
      Row(
        label: "matches", value: report.figures.matches?.matches ?? 0, note: matchesNote, isAlwaysShown: report.figures.matches != nil),
      Row(
        label: "bytes beyond --max-bytes", value: report.figures.truncatedBytes, note: DisplayText.largeSize(report.figures.truncatedBytes)),
      Row(label: "bytes below --min-bytes", value: report.figures.withheldBytes, note: DisplayText.largeSize(report.figures.withheldBytes)),
    ]
  }

  /// Counters of the kernel; empty for files.
  private var kernel: [Row] {
    guard let kernel = result.kernel else { return [] }
    return [
      Row(
        label: "received by the kernel", value: kernel.received,
        note: command.live.interfaces.contains("lo") ? "on lo each packet twice" : ""),
      Row(label: "dropped by the kernel", value: kernel.dropped, isAlwaysShown: true),
      Row(label: "dropped by the interface", value: kernel.droppedByInterface),
    ]
  }

  private var bodiesNote: String {
    guard let bodies = report.figures.http?.bodies else { return "" }
    return "\(bodies) \(bodies == 1 ? "body" : "bodies")"
  }

  private var matchesNote: String {
    guard let matches = report.figures.matches else { return "" }
    let patterns = "of \(DisplayText.count(UInt64(matches.patterns), "pattern"))"
    return matches.notListed == 0 ? patterns : patterns + ", \(matches.notListed) without a line"
  }

  private var filesNote: String {
    guard let place = report.place else { return "printed instead; -o writes files too" }
    return Self.size(report.figures.bytes, "in \(place)")
  }

  /// Returns the note after a number of bytes: the same number in a larger unit, if that is useful, and further text.
  private static func size(_ bytes: UInt64, _ words: String) -> String {
    let size = DisplayText.largeSize(bytes)
    return size.isEmpty ? words : "\(size) \(words)"
  }

  /// Numbers of packets that hold no TCP segment, by content with the largest first, or by decoding error.
  private var refused: [Row] {
    let passedOver = result.passedOver
    // Packets with these errors are listed by kind.
    let byKind: [DecodeError] = [.notIP, .notTCP, .unknownLinkType]
    return passedOver.largestFirst.map { Row(label: "not used: \($0.kind)", value: $0.packets) }
      + [Row(label: "not used: other kinds", value: passedOver.others)]
      + DecodeError.allCases.filter { !byKind.contains($0) }
      .map { Row(label: "not used: \(DisplayText.name(of: $0))", value: result.undecoded[Int($0.rawValue)]) }
  }

  /// Counters that are zero in an unremarkable capture.
  private var anomalies: [Row] {
    let total = result.statistics
    let fragments = total.fragments
    var rows = [
      Row(label: "cut by the snapshot length", value: result.packetsCut),
      Row(label: "stray packets", value: total.strayPackets, note: DisplayText.size(total.strayPayloadBytes)),
      Row(label: "straggler packets", value: total.stragglerPackets, note: DisplayText.size(total.stragglerPayloadBytes)),
      Row(label: "clock jumps", value: total.clockJumps),
      Row(label: "fragments: duplicate", value: fragments.duplicates),
      Row(label: "fragments: overlapping", value: fragments.overlapping),
      Row(label: "fragments: oversized", value: fragments.oversized),
      Row(label: "fragments: malformed", value: fragments.malformed),
      Row(label: "fragments: timed out", value: fragments.timedOut),
      Row(label: "fragments: given up for memory", value: fragments.evicted),
      Row(label: "fragments: incomplete at the end", value: fragments.incomplete),
    ]
    // The two anomalies of the strict checks have rows of their own.
    rows += Anomaly.allCases.filter { $0 != .rejectedByState && $0 != .rejectedByOptions }
      .map { Row(label: "anomaly: \($0.name)", value: total.anomalies[$0]) }
    rows += DropReason.allCases.map { Row(label: "bytes dropped: \($0.name)", value: total.dropped[$0]) }
    return rows
  }
}
