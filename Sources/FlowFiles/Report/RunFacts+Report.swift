internal import Report

extension RunFacts {
  /// Takes what run.json has.
  ///
  /// It is read as text, because a merge has no more of the run.
  mutating func take(_ report: JSONValue) {
    version = report["version"]?.words(empty: "") ?? ""
    inputs = report["inputs"]?.elements.map(Input.init) ?? []
    filter = report["filter"]?.words(empty: "") ?? ""
    options = report["options"]?.named.filter { !$0.name.hasSuffix("_base64") }.map { ($0.name, $0.value.words(empty: "none")) } ?? []
    limits = (report["limits"]?.named ?? []).map { Limit(name: $0.name, hits: $0.value.count("hits")) }.filter { $0.hits > 0 }
    drops = inputs.reduce(0) { $0 &+ ($1.drops ?? 0) }
    if let kernel = report["kernel"] { drops &+= kernel.count("dropped") &+ kernel.count("dropped_by_interface") }
    cutPackets = report.count("cut_packets")
    connections = report.count("connections", "total")
    passedOver = report.count("output", "connections_passed_over")
    readsHTTP = report["output"]?["http_exchanges"] != nil
    // Times are in the format of RFC 3339 with one width, so the order of texts is that of times.
    start = inputs.map(\.first).filter { !$0.isEmpty }.min() ?? ""
    end = inputs.map(\.last).filter { !$0.isEmpty }.max() ?? ""
    counters = Self.counters(report)
  }

  /// Places of counters in run.json, with their words on the page.
  private static let counterWords: [(words: String, place: [String])] = [
    ("packets", ["packets"]), ("packets that passed the filter", ["filtered_packets"]), ("cut packets", ["cut_packets"]),
    ("TCP segments", ["counters", "segments"]), ("payload bytes", ["counters", "payload_bytes"]),
    ("reassembled bytes", ["counters", "reassembled_bytes"]), ("missed bytes", ["counters", "missed_bytes"]),
    ("gaps", ["counters", "gaps"]), ("out-of-order packets", ["counters", "out_of_order_packets"]),
    ("overlap packets", ["counters", "overlap_packets"]), ("overlap bytes", ["counters", "overlap_bytes"]),
    ("conflicts", ["output", "conflicts"]), ("connections", ["connections", "total"]),
    ("connections at once at most", ["connections", "most_at_once"]), ("stray packets", ["stray", "packets"]),
    ("their payload bytes", ["stray", "payload_bytes"]), ("packets in time-wait", ["stragglers", "packets"]),
    ("their payload bytes", ["stragglers", "payload_bytes"]), ("IP fragments", ["fragments", "fragments"]),
    ("files", ["output", "files"]), ("bytes in files", ["output", "bytes"]),
  ]

  private static func counters(_ report: JSONValue) -> [(name: String, value: UInt64)] {
    var counters = counterWords.map { (name: $0.words, value: $0.place.reduce(report) { $0?[$1] }?.count ?? 0) }
    for (member, words) in [
      ("dropped", "dropped payload bytes"), ("anomalies", "packets"), ("skipped_packets", "packets without a segment"),
    ] {
      for (name, value) in report[member]?.named ?? [] {
        if let count = value.count, count > 0 { counters.append(("\(words): \(name)", count)) }
      }
    }
    return counters
  }
}

extension RunFacts.Input {
  fileprivate init(_ input: JSONValue) {
    func text(_ name: String) -> String { input[name]?.words(empty: "") ?? "" }
    self.init(path: text("file"))
    format = ([text("format")].filter { !$0.isEmpty } + (input["link_types"]?.elements.map { $0.words(empty: "") } ?? []))
      .joined(separator: ", ")
    size = input["size"]?.count.map(Int64.init(clamping:))
    if input["sha256"] != nil, !text("sha256").isEmpty { sha256 = text("sha256") }
    packets = input.count("packets")
    (first, last) = (text("first"), text("last"))
    drops = input["drops"]?.count
    var parts: [String] = []
    if text("truncated") == "yes" { parts.append("ends inside a packet") }
    let damaged = input.count("damaged_bytes")
    if damaged > 0 { parts.append("\(damaged) bytes of damaged blocks passed over") }
    let undescribed = input.count("undescribed_packets")
    if undescribed > 0 { parts.append("\(undescribed) packets of interfaces that it does not describe") }
    damage = parts.joined(separator: "; ")
  }
}

extension JSONValue {
  /// Elements of an array; none for anything else.
  fileprivate var elements: [JSONValue] {
    guard case .array(let values) = self else { return [] }
    return values
  }

  /// Members of an object; none for anything else.
  fileprivate var named: [(name: String, value: JSONValue)] {
    guard case .object(let members) = self else { return [] }
    return members.map { (String(decoding: $0.name, as: UTF8.self), $0.value) }
  }

  /// Count at a path; 0 if there is none.
  fileprivate func count(_ path: String...) -> UInt64 { path.reduce(self) { $0?[$1] }?.count ?? 0 }

  /// The value in words; `empty` for null and an empty list.
  fileprivate func words(empty: String) -> String {
    if let string { return String(decoding: string, as: UTF8.self) }
    switch words {
    case "null", "[]": return empty
    case "true": return "yes"
    case "false": return "no"
    default: return elements.isEmpty ? words : elements.map { $0.words(empty: empty) }.joined(separator: ", ")
    }
  }
}
