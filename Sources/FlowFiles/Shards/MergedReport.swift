internal import Paths
internal import Reassembly

/// Merger of the reports of shards: what all see alike is taken once, counters are added.
struct MergedReport {
  /// Rule for a value of the report.
  private enum Rule {
    /// All shards have the same value.
    case equal
    /// Counters are added.
    case sum
    /// The largest counter counts.
    case most
    /// The members of an object have rules of their own, and those without have another rule.
    case members([(name: String, rule: Rule)], others: [Rule])
    /// Another part of the merge computes it.
    case computed
  }

  private static let rules: Rule = .members(
    [
      ("limits", .computed), ("exit_status", .computed),
      ("connections", .members([("most_at_once", .computed)], others: [.sum])),
      ("stray", .members([], others: [.sum])), ("stragglers", .members([], others: [.sum])),
      (
        "counters",
        .members(
          [
            ("segments", .equal), ("payload_bytes", .equal), ("clock_jump", .equal), ("biggest_chunk_packets", .most),
            ("biggest_chunk_bytes", .most),
          ], others: [.sum])
      ),
      ("dropped", .members([], others: [.sum])), ("anomalies", .members([], others: [.sum])),
      ("output", .members([("match_memory_peak", .computed)], others: [.sum])),
    ], others: [.equal])

  /// Limits that may be listed, in their order; the others come behind them.
  private static let limits = [
    "connection_memory", "memory_limit", "fragment_memory", "max_connections", "max_holes", "mapped_gaps", "key_wait_memory",
    "http_max_body", "http_head", "http2_open_heads", "http_header_lines", "http_open_requests", "http_codings", "http_decoders",
    "http_decoder_memory", "http_parts", "http2_streams", "http_held", "match_lines", "match_memory",
  ]

  /// Members of `output` that may be listed, in their order.
  private static let outputs = [
    "files", "bytes", "conflicts", "connections_with_errors", "connections_passed_over", "truncated_bytes", "below_minimum_bytes",
    "pcap_files", "pcap_bytes", "http_exchanges", "http_bodies", "matches", "match_memory_peak",
  ]

  /// The merged report.
  private(set) var report: JSONValue
  /// Numbers of times that limits were reached which all connections share.
  private(set) var sharedHits: [(name: String, hits: UInt64)] = []

  /// Merges reports.
  ///
  /// - Parameters:
  ///   - reports: the reports by shard, one or more.
  ///   - names: the paths of the shards, for messages.
  /// - Throws: `MergeRefusal` if they are not those of one run; it says what differs.
  init(_ reports: [JSONValue], _ names: [FilePath]) throws(MergeRefusal) {
    var merged = reports[0]
    for (index, report) in reports.enumerated().dropFirst() {
      merged = try Self.merge(merged, report, by: Self.rules, "", names[0], names[index])
    }
    report = merged
    let limits = try Self.mergedLimits(reports, names)
    sharedHits = Self.sharedLimits.compactMap { name in
      guard let hits = limits[name]?["hits"]?.count, hits > 0 else { return nil }
      return (name, hits)
    }
    set(limits, at: ["limits"])
    set(try Self.exitStatus(reports, names), at: ["exit_status"])
  }

  /// Limits whose effect depends on all connections together.
  private static let sharedLimits = [
    "memory_limit", "max_connections", "max_holes", "mapped_gaps", "key_wait_memory", "http2_open_heads", "http_decoders",
    "http_decoder_memory", "match_memory",
  ]

  private static func merge(
    _ a: JSONValue, _ b: JSONValue, by rule: Rule, _ path: String, _ first: FilePath, _ other: FilePath
  ) throws(MergeRefusal) -> JSONValue {
    switch rule {
    case .computed: return a
    case .equal:
      if let words = difference(a, b, path, first, other) { throw MergeRefusal(other, words) }
      return a
    case .sum, .most:
      guard let x = a.count, let y = b.count else { throw MergeRefusal(other, "run.json: \(path) is no number; make the shard again") }
      if case .sum = rule { return JSONValue(count: x &+ y) }
      return JSONValue(count: max(x, y))
    case .members(let rules, let others):
      guard case .object(let mine) = a, case .object(let theirs) = b, let rest = others.first else {
        throw MergeRefusal(other, "run.json: \(path) is no object; make the shard again")
      }
      var members: [JSONValue.Member] = []
      for member in mine {
        let name = String(decoding: member.name, as: UTF8.self)
        let rule = rules.first { $0.name == name }?.rule ?? rest
        let place = path.isEmpty ? name : "\(path).\(name)"
        guard let counterpart = b[name] else {
          if case .sum = rule {
            // Counters of what did not happen may be left out.
            members.append(member)
            continue
          }
          throw MergeRefusal(other, "\(place) is missing, which \(first) has")
        }
        members.append(
          JSONValue.Member(name: member.name, value: try merge(member.value, counterpart, by: rule, place, first, other)))
      }
      for member in theirs where a[String(decoding: member.name, as: UTF8.self)] == nil {
        let name = String(decoding: member.name, as: UTF8.self)
        guard case .sum = rules.first(where: { $0.name == name })?.rule ?? rest else {
          throw MergeRefusal(first, "\(path.isEmpty ? name : "\(path).\(name)") is missing, which \(other) has")
        }
        members.append(member)
      }
      if path == "output" { members = sorted(members, by: outputs) }
      return .object(members)
    }
  }

  /// Sorts members by a list of names; those that it lacks come last.
  private static func sorted(_ members: [JSONValue.Member], by names: [String]) -> [JSONValue.Member] {
    func rank(_ name: [UInt8]) -> Int { names.firstIndex { name.elementsEqual($0.utf8) } ?? names.count }
    return members.enumerated().sorted { (rank($0.element.name), $0.offset) < (rank($1.element.name), $1.offset) }.map(\.element)
  }

  /// Returns one line about the first difference of two values; nil if they are equal.
  private static func difference(_ a: JSONValue, _ b: JSONValue, _ path: String, _ first: FilePath, _ other: FilePath) -> String? {
    if a == b { return nil }
    if case .object(let mine) = a, case .object(let theirs) = b {
      for name in (mine + theirs).map({ String(decoding: $0.name, as: UTF8.self) }) where a[name] != b[name] {
        let place = path.isEmpty ? name : "\(path).\(name)"
        guard let mine = a[name] else { return "\(place) is \(b[name]?.words ?? "null"), and \(first) has no such value" }
        guard let theirs = b[name] else { return "\(place) is missing, and \(first) has \(mine.words)" }
        return difference(mine, theirs, place, first, other)
      }
      return "the members of \(path) are in another order than in \(first)"
    }
    if case .array(let mine) = a, case .array(let theirs) = b, mine.count == theirs.count {
      for (index, pair) in zip(mine, theirs).enumerated() where pair.0 != pair.1 {
        return difference(pair.0, pair.1, "\(path)[\(index)]", first, other)
      }
    }
    return "\(path) is \(b.words), and \(a.words) in \(first): the shards are not those of one run"
  }

  /// Merges the limits: their values are equal, and how often they were reached is added.
  private static func mergedLimits(_ reports: [JSONValue], _ names: [FilePath]) throws(MergeRefusal) -> JSONValue {
    var found: [(name: String, value: JSONValue, hits: UInt64, by: Int)] = []
    for (index, report) in reports.enumerated() {
      guard case .object(let members)? = report["limits"] else {
        throw MergeRefusal(names[index], "run.json has no limits; make the shard again")
      }
      for member in members {
        let name = String(decoding: member.name, as: UTF8.self)
        guard let value = member.value["value"], let hits = member.value["hits"]?.count else {
          throw MergeRefusal(names[index], "run.json: limits.\(name) is no limit; make the shard again")
        }
        guard let place = found.firstIndex(where: { $0.name == name }) else {
          found.append((name, value, hits, index))
          continue
        }
        if let words = difference(found[place].value, value, "limits.\(name)", names[found[place].by], names[index]) {
          throw MergeRefusal(names[index], words)
        }
        // Every shard reassembles all fragments.
        if name == "fragment_memory" {
          found[place].hits = max(found[place].hits, hits)
        } else {
          found[place].hits &+= hits
        }
      }
    }
    let members = found.map { entry in
      JSONValue.Member(
        name: Array(entry.name.utf8),
        value: .object([
          JSONValue.Member(name: Array("value".utf8), value: entry.value),
          JSONValue.Member(name: Array("hits".utf8), value: JSONValue(count: entry.hits)),
        ]))
    }
    return .object(sorted(members, by: limits))
  }

  /// Status of the whole run: nothing matched (3) only if nothing matched in any shard.
  private static func exitStatus(_ reports: [JSONValue], _ names: [FilePath]) throws(MergeRefusal) -> JSONValue {
    let all = reports.map { $0["exit_status"]?.count }
    guard let first = all[0] else { throw MergeRefusal(names[0], "run.json has no exit status; make the shard again") }
    for (index, status) in all.enumerated() where status != first && !(status == 0 && first == 3) && !(status == 3 && first == 0) {
      throw MergeRefusal(names[index], "exit_status is \(status.map(String.init) ?? "missing"), and \(first) in \(names[0])")
    }
    return JSONValue(count: all.contains(0) ? 0 : first)
  }

  /// Returns one line about the first difference of options, inputs or limits of two runs; nil if there is none.
  ///
  /// Results are not compared, so that one of the runs need not have been made.
  static func differenceOfRuns(_ made: JSONValue, _ wanted: JSONValue) -> String? {
    func words(_ place: String, _ made: JSONValue?, _ wanted: JSONValue?) -> String? {
      guard made != wanted else { return nil }
      if case .object(let members)? = made, case .object(let others)? = wanted {
        for name in (members + others).map({ String(decoding: $0.name, as: UTF8.self) }) where made?[name] != wanted?[name] {
          return words("\(place).\(name)", made?[name], wanted?[name])
        }
      }
      return "made by another run: \(place) was \(made?.words ?? "not given") and is now \(wanted?.words ?? "not given")"
    }
    for name in ["version", "filter", "options"] {
      if let words = words(name, made[name], wanted[name]) { return words }
    }
    if case .object(let members)? = wanted["limits"] {
      for name in members.map({ String(decoding: $0.name, as: UTF8.self) }) {
        if let words = words("limits.\(name)", made["limits"]?[name]?["value"], wanted["limits"]?[name]?["value"]) { return words }
      }
    }
    guard case .array(let inputs)? = made["inputs"], case .array(let others)? = wanted["inputs"] else { return "run.json has no inputs" }
    if inputs.count != others.count { return "made by another run: it read \(inputs.count) inputs, and there are \(others.count) now" }
    for (index, pair) in zip(inputs, others).enumerated() {
      for name in ["file", "size"] {
        if let words = words("inputs[\(index)].\(name)", pair.0[name], pair.1[name]) { return words }
      }
    }
    return nil
  }

  /// Replaces a value.
  mutating func set(_ value: JSONValue, at path: [String]) { report = Self.replacing(report, path[...], value) }

  /// Value at a path; nil if there is none.
  func value(at path: [String]) -> JSONValue? { path.reduce(report) { $0?[$1] } }

  private static func replacing(_ tree: JSONValue, _ path: ArraySlice<String>, _ value: JSONValue) -> JSONValue {
    guard let name = path.first, case .object(var members) = tree else { return value }
    for index in members.indices where members[index].name.elementsEqual(name.utf8) {
      members[index].value = replacing(members[index].value, path.dropFirst(), value)
    }
    return .object(members)
  }
}
