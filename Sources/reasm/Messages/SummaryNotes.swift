import Capture
import FlowFiles
import Packets
import Reassembly

/// Notes on the figures of the summary with advice: limits that took effect, and captures that could be improved.
struct SummaryNotes {
  let result: RunResult
  let report: OutputReport
  let command: ReasmCommand

  init(_ result: RunResult, _ report: OutputReport, _ command: ReasmCommand) {
    self.result = result
    self.report = report
    self.command = command
  }

  /// All notes, one line each.
  var lines: [String] { limits + drops + captures + selection + closeCommand }

  /// Note on descriptions of connections that matched none.
  private var selection: [String] {
    guard !report.unmatched.isEmpty else { return [] }
    let words = report.unmatched.prefix(10).joined(separator: ",") + (report.unmatched.count > 10 ? ",..." : "")
    return ["note: --connection \(words) is none of the \(DisplayText.count(result.statistics.connections, "connection"))"]
  }

  /// Notes on limits that took effect, with the option that changes each.
  private var limits: [String] {
    let total = result.statistics
    let limits = command.limits
    let bitten: [(count: UInt64, option: String, what: String)] = [
      (total.pageLimitFlushes, "--connection-memory \(limits.connectionMemory)", "gave up gaps of connections that queued too much"),
      (total.memoryLimitFlushes, "--memory-limit \(limits.memoryLimit)", "gave up gaps because all connections together queued too much"),
      (total.evictedConnections, "--max-connections \(limits.maxConnections)", "ended connections early"),
      (total.fragments.evicted, "--fragment-memory \(limits.fragmentMemory)", "dropped incomplete datagrams"),
      (total.fragments.timedOut, "--fragment-timeout \(limits.fragmentTimeout)", "dropped incomplete datagrams"),
      (
        report.figures.matches?.refusals ?? 0, "--match-memory \(command.search.matchMemory)", "left directions or bodies without a search"
      ),
      (report.figures.gapsWithoutRoom, "--max-holes \(command.output.maxHoles)", "left gaps without room in the files"),
    ]
    var notes = bitten.filter { $0.count > 0 }.map { "limit: \($0.option) \($0.what), \(DisplayText.count($0.count, "time"))" }
    if report.figures.mapsCut > 0 {
      notes.append(
        "limit: \(DisplayText.count(report.figures.mapsCut, "time")) the place of an earlier gap in its file was forgotten, because open connections "
          + "had too many: copies of bytes before it are unchecked")
    }
    return notes
  }

  /// Notes on packets that were lost before they could be read, with advice on how to keep them.
  private var drops: [String] {
    guard let kernel = result.kernel else { return [] }
    var notes: [String] = []
    if kernel.dropped > 0 {
      let immediate = command.live.immediate ? ", leave --immediate out" : ""
      let size = SizeArgument(bytes: min(command.live.bufferSize?.bytes ?? LiveSettings(interface: "").bufferSize, 512 << 20) * 2)
      notes.append(
        "the kernel dropped \(DisplayText.count(kernel.dropped, "packet")), which are gaps in the files: give it a larger buffer (-B \(size)), "
          + "capture less (a filter)\(immediate), or write to a faster disk")
    }
    if kernel.droppedByInterface > 0 {
      notes.append(
        "the interface dropped \(DisplayText.count(kernel.droppedByInterface, "packet")) before the kernel saw them: "
          + "give it larger rings (ethtool -G \(command.live.interfaces.first ?? "") rx 4096)")
    }
    return notes.map { "note: \($0)" }
  }

  /// Notes on the results of the `--on-close` program.
  private var closeCommand: [String] {
    let (failed, left) = (report.closeCommandFailures, report.closeCommandDropped)
    var notes: [String] = []
    if failed > 0 { notes.append("--on-close failed \(DisplayText.count(failed, "time"))") }
    if left > 0 { notes.append("--on-close was too slow for \(DisplayText.count(left, "connection")), which it was not run for") }
    return notes.map { "note: \($0)" }
  }

  /// Note on packets that were passed over and may hold TCP, with their three largest kinds; nil unless they exceed one percent of all
  /// packets.
  private var unread: String? {
    let tally = result.passedOver
    let packets = tally.mayHoldTCP
    guard packets > 0, packets > result.packetsUsed / 100 else { return nil }
    let kinds = tally.largestFirst.filter(\.kind.mayHoldTCP)
    let named = kinds.prefix(3).map { "\(DisplayText.count($0.packets, "packet")) behind \($0.kind)" }
    let share = DisplayText.tenths(Double(packets) * 100 / Double(max(1, result.packetsUsed)))
    return "what may hold TCP was not read in \(DisplayText.count(packets, "packet")), \(share) % of all: "
      + (kinds.count > 3 || named.isEmpty ? named + ["others"] : named).joined(separator: "; ")
      + "; for tunnels at numbers of one's own, say -d"
  }

  /// Note on payload that is in no stream, with its three largest categories; nil unless it exceeds one percent of all payload.
  private var withoutStream: String? {
    let total = result.statistics
    // The byte of a keep-alive is none of the stream.
    let lost = total.strayPayloadBytes &+ total.stragglerPayloadBytes &+ total.dropped.total &- total.dropped[.keepAlive]
    guard lost > total.payloadBytes / 100 else { return nil }
    var parts: [(bytes: UInt64, words: String)] = [
      (total.stragglerPayloadBytes, "behind the end of their connection (stragglers)"), (total.strayPayloadBytes, "of no known connection"),
    ]
    parts += DropReason.allCases.filter { $0 != .keepAlive }.map { (total.dropped[$0], "dropped as \($0.name)") }
    let named = parts.filter { $0.bytes > 0 }.sorted { $0.bytes > $1.bytes }.prefix(3)
    return "\(DisplayText.size(lost)) of \(DisplayText.size(total.payloadBytes)) of payload are in no stream: "
      + named.map { "\(DisplayText.size($0.bytes)) \($0.words)" }.joined(separator: ", ")
  }

  /// Notes on unusual properties of the capture, with advice on how to capture better.
  private var captures: [String] {
    let total = result.statistics
    var notes: [String] = []
    if result.packetsCut > 0 {
      let length = result.inputs.map(\.snapshotLength).filter { $0 > 0 }.min() ?? 0
      // The TCP header of such a packet, or a header before it, was cut off. So the missing bytes of its stream are not known.
      let isUnread = result.undecoded[Int(DecodeError.truncated.rawValue)] > 0
      let gaps =
        total.cutBytes > 0
        ? "the tails are gaps; capture with -s 0"
        : isUnread ? "some lack their headers and were not read; capture with -s 0" : "no byte of a stream is missing because of that"
      notes.append("\(DisplayText.count(result.packetsCut, "packet")) cut off by the snapshot length (\(length)): \(gaps)")
    }
    if result.packetsDropped > 0 {
      notes.append(
        "\(DisplayText.count(result.packetsDropped, "packet")) lost by the capturing host, as the capture says: those bytes are gaps; "
          + "capture with a larger buffer, -B")
    }
    if let filter = command.input.expression, result.packetsBehindTags > 0 {
      notes.append(
        "the filter '\(filter)' left out \(DisplayText.count(result.packetsBehindTags, "packet")) that it takes behind their VLAN tags; "
          + "to take them too, say: '(\(filter)) or (vlan and (\(filter)))'")
    }
    if result.packetsRead == 0, !command.live.isLive {
      notes.append(result.inputs.count == 1 ? "the capture is empty: it holds no packet" : "the captures are empty: they hold no packet")
    } else if result.packetsRead > 0 && result.packetsUsed == 0, let filter = command.input.expression {
      notes.append("no packet passed the filter '\(filter)'")
    } else if result.packetsUsed > 0 && total.segments == 0 && total.fragments.fragments == 0 {
      notes.append("no TCP segment among \(DisplayText.count(result.packetsUsed, "packet")); the lines 'not used' say why")
    }
    if let note = unread { notes.append(note) }
    if let note = withoutStream { notes.append(note) }
    let verified = command.reassembly.checksum == .verify
    if verified || command.messages.verbose, total.checksumsBad > 0 {
      let share = "\(total.checksumsBad) of \(total.checksumsChecked) checked TCP checksums are wrong"
      notes.append(
        verified
          ? "\(share): those segments were turned away; on captures made by the sending host leave --checksum verify out"
          : "\(share): usual and harmless where the sending host captured before its network card filled them in")
    }
    let overview = report.overview
    if overview.oneSided > 0 {
      notes.append(
        "\(DisplayText.count(overview.oneSided, "connection")) of which only one direction was captured; capture where both directions pass"
      )
    }
    if overview.severalVLANs > 0, !command.reassembly.keyScopes.contains(.vlan) {
      notes.append(
        "\(DisplayText.count(overview.severalVLANs, "connection")) with packets of several VLANs, taken as one each; --key vlan tells them apart"
      )
    }
    let untimed = result.inputs.reduce(0) { $0 &+ $1.damage.untimedPackets }
    if untimed > 0 {
      notes.append("\(DisplayText.count(untimed, "packet")) without a time that can be stated; each has that of the packet before it")
    }
    if result.clockSteps > 0, !command.live.isLive {
      let times = DisplayText.count(result.clockSteps, "time")
      notes.append(
        "packet times step back by over a second or forward by over an hour, \(times); if captures were joined, join them by time: mergecap"
      )
    }
    return notes.map { "note: \($0)" }
  }
}
