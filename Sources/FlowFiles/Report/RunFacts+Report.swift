internal import Packets
internal import Paths
internal import Reassembly
internal import Report

extension RunFacts {
  /// Takes what run.json has.
  mutating func take(_ report: RunReport) {
    version = report.version
    inputs = report.inputs.map(Input.init)
    filter = report.filter ?? ""
    options = report.options.map { ($0.name, $0.value.words) }
    limits = report.limits.filter { $0.hits > 0 }.map { Limit(name: $0.name, hits: $0.hits) }
    drops = report.inputs.reduce(0) { $0 &+ ($1.drops ?? 0) }
    if let kernel = report.kernel { drops &+= kernel.dropped &+ kernel.droppedByInterface }
    cutPackets = report.cutPackets
    connections = report.statistics.connections
    passedOver = report.connectionsPassedOver ?? 0
    readsHTTP = report.output.http != nil
    if let first = report.inputs.compactMap(\.first).min() { start = "\(first)" }
    if let last = report.inputs.compactMap(\.last).max() { end = "\(last)" }
    counters = Self.counters(report)
  }

  private static func counters(_ report: RunReport) -> [(name: String, value: UInt64)] {
    let total = report.statistics
    var counters: [(name: String, value: UInt64)] = [
      ("packets", report.packets), ("packets that passed the filter", report.filteredPackets), ("cut packets", report.cutPackets),
      ("TCP segments", total.segments), ("payload bytes", total.payloadBytes), ("reassembled bytes", total.reassembledBytes),
      ("missed bytes", total.missedBytes), ("gaps", total.gaps), ("out-of-order packets", total.outOfOrderPackets),
      ("overlap packets", total.overlapPackets), ("overlap bytes", total.overlapBytes), ("conflicts", report.output.conflicts),
      ("connections", total.connections), ("connections at once at most", total.connectionsMost),
      ("stray packets", total.strayPackets), ("their payload bytes", total.strayPayloadBytes),
      ("packets in time-wait", total.stragglerPackets), ("their payload bytes", total.stragglerPayloadBytes),
      ("IP fragments", total.fragments.fragments), ("files", report.output.files), ("bytes in files", report.output.bytes),
    ]
    for reason in DropReason.allCases where total.dropped[reason] > 0 {
      counters.append(("dropped payload bytes: \(reason.name)", total.dropped[reason]))
    }
    for anomaly in Anomaly.allCases where total.anomalies[anomaly] > 0 {
      counters.append(("packets: \(anomaly.name)", total.anomalies[anomaly]))
    }
    for reason in DecodeError.allCases {
      if let count = report.skipped[reason], count > 0 { counters.append(("packets without a segment: \(reason.name)", count)) }
    }
    return counters
  }
}

extension RunFacts.Input {
  fileprivate init(_ input: RunReport.Input) {
    self.init(path: "\(input.file)")
    format = ([input.format].compactMap(\.self) + input.linkTypes).joined(separator: ", ")
    size = input.size
    if let sha256 = input.sha256 {
      var digits: [UInt8] = []
      digits.append(hexadecimal: sha256)
      self.sha256 = String(decoding: digits, as: UTF8.self)
    }
    packets = input.packets
    if let time = input.first { first = "\(time)" }
    if let time = input.last { last = "\(time)" }
    drops = input.drops
    var parts: [String] = []
    if input.isTruncated { parts.append("ends inside a packet") }
    if input.damagedBytes > 0 { parts.append("\(input.damagedBytes) bytes of damaged blocks passed over") }
    if input.undescribedPackets > 0 { parts.append("\(input.undescribedPackets) packets of interfaces that it does not describe") }
    damage = parts.joined(separator: "; ")
  }
}

extension RunReport.Value {
  /// The value as text.
  fileprivate var words: String {
    switch self {
    case .none: "none"
    case .bool(let value): value ? "yes" : "no"
    case .integer(let value): "\(value)"
    case .text(let value): value
    case .path(let value): "\(value)"
    case .list(let values): values.isEmpty ? "none" : values.joined(separator: ", ")
    }
  }
}
