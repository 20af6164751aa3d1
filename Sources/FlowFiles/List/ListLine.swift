internal import Glibc
internal import Packets
internal import Paths

/// Format of the list for programs.
public enum ListForm: String, CaseIterable, Sendable {
  /// Comma-separated values (RFC 4180), with a header.
  case csv
  /// Tab-separated values (IANA text/tab-separated-values), with a header.
  case tsv
  /// A JSON object a line.
  case json
}

/// Writer of lines of the list of connections, for programs.
public struct ListLine {
  /// Value of a field.
  private enum Value {
    case none
    /// Digits and letters of the program, which need no escaping: in JSON a number or a string.
    case number([UInt8])
    case word([UInt8])
    /// Text from the network.
    case text(String)
  }

  /// Names of the fields, in their order.
  static let names = [
    "id", "community_id", "client_ip", "client_port", "server_ip", "server_port", "start", "end", "duration", "client_bytes",
    "server_bytes", "gap_bytes", "retransmitted_bytes", "conflict_count", "unchecked", "close", "syn_rtt",
    "retransmitted_segments", "zero_window_count", "zero_window_time", "longest_silence", "longest_silence_side",
    "longest_silence_packet",
    "client_rtt_min", "client_rtt_mean", "client_rtt_max", "client_retransmitted_segments", "client_out_of_order",
    "client_duplicate_acks", "client_zero_window_count", "client_zero_window_time", "client_window_probes", "client_keep_alives",
    "client_first_data", "client_last_data", "client_throughput",
    "server_rtt_min", "server_rtt_mean", "server_rtt_max", "server_retransmitted_segments", "server_out_of_order",
    "server_duplicate_acks", "server_zero_window_count", "server_zero_window_time", "server_window_probes", "server_keep_alives",
    "server_first_data", "server_last_data", "server_throughput",
    "protocol", "host",
  ]

  private var communityID: CommunityID
  private var json = JSONWriter()
  private let form: ListForm

  /// Creates a writer.
  ///
  /// - Parameter form: the format of the lines.
  /// - Throws: `OutputError` if libcrypto has no SHA-1.
  public init(_ form: ListForm) throws(OutputError) {
    communityID = try CommunityID()
    self.form = form
  }

  /// First line, with the names of the fields; empty for JSON.
  public var header: [UInt8] {
    switch form {
    case .csv: Array((Self.names.joined(separator: ",") + "\r\n").utf8)
    case .tsv: Array((Self.names.joined(separator: "\t") + "\n").utf8)
    case .json: []
    }
  }

  /// Returns the line of a connection, with its end.
  ///
  /// - Parameter row: the connection.
  /// - Returns: one line; nothing in it can drive a terminal.
  public mutating func line(_ row: ListedConnection) -> [UInt8] {
    let values = values(of: row)
    guard form == .json else { return separated(values) }
    json.removeAll()
    json.beginObject()
    for (name, value) in zip(Self.names, values) {
      json.key(named: name)
      switch value {
      case .none: json.null()
      case .number(let digits): json.number { $0 += digits }
      case .word(let word): json.string { writer in writer.appendPlain { $0 += word } }
      case .text(let text): json.string(text)
      }
    }
    json.endObject()
    json.endLine()
    return json.bytes
  }

  private mutating func values(of row: ListedConnection) -> [Value] {
    func text(_ append: (inout [UInt8]) -> Void) -> [UInt8] { Self.text(append) }
    func number(_ value: UInt64) -> Value { .number(text { $0.append(decimal: value) }) }
    func number(_ value: Int64) -> Value { .number(text { $0.append(decimal: value) }) }
    let community = text { communityID.append(row.key, to: &$0) }
    return [
      number(row.id), .word(community), .word(text { $0.append(address: row.key.source) }), number(UInt64(row.key.sourcePort)),
      .word(text { $0.append(address: row.key.destination) }), number(UInt64(row.key.destinationPort)),
      .word(text { $0.append(time: row.start) }), .word(text { $0.append(time: row.end) }),
      .number(text { $0.append(seconds: row.duration) }),
      number(row.clientBytes),
      number(row.serverBytes), number(row.gapBytes), number(row.retransmittedBytes), number(row.conflictCount), number(row.unchecked),
      .word(Array(row.closeName.utf8)),
    ] + stalls(row.stalls) + direction(row.stalls?.client) + direction(row.stalls?.server) + [
      row.content.kind == .unknown ? .none : .word(Array(row.content.kind.name.utf8)),
      row.content.host.isEmpty ? .none : .text(row.content.host),
    ]
  }

  private func direction(_ direction: ListedDirection?) -> [Value] {
    guard let direction else { return [Value](repeating: .none, count: ListedDirection.fieldCount) }
    func seconds(_ time: Int64?) -> Value { time.map { time in .number(Self.text { $0.append(seconds: time) }) } ?? .none }
    func number(_ value: UInt64?) -> Value { value.map { value in .number(Self.text { $0.append(decimal: value) }) } ?? .none }
    return [
      seconds(direction.roundTrips?.least), seconds(direction.roundTrips?.mean), seconds(direction.roundTrips?.most),
      number(direction.retransmittedSegments), number(direction.outOfOrder), number(direction.duplicateAcknowledgments),
      number(direction.zeroWindows), seconds(direction.zeroWindowTime), number(direction.windowProbes), number(direction.keepAlives),
      seconds(direction.data?.first), seconds(direction.data?.last), number(direction.throughput),
    ]
  }

  private static func text(_ append: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    append(&bytes)
    return bytes
  }

  private func stalls(_ stalls: ListedStalls?) -> [Value] {
    func number(_ append: (inout [UInt8]) -> Void) -> Value { .number(Self.text(append)) }
    guard let stalls else { return [Value](repeating: .none, count: 7) }
    let hasSilence = stalls.longestSilence > 0
    return [
      stalls.synRoundTrip.map { time in number { $0.append(seconds: time) } } ?? .none,
      number { $0.append(decimal: stalls.retransmittedSegments) }, number { $0.append(decimal: stalls.zeroWindows) },
      number { $0.append(seconds: stalls.zeroWindowTime) }, hasSilence ? number { $0.append(seconds: stalls.longestSilence) } : .none,
      hasSilence ? .word(Array(stalls.silenceSide.utf8)) : .none,
      hasSilence ? number { $0.append(decimal: stalls.silencePacket) } : .none,
    ]
  }

  private func separated(_ values: [Value]) -> [UInt8] {
    var line: [UInt8] = []
    for (index, value) in values.enumerated() {
      if index > 0 { line.append(form == .csv ? 0x2c : 0x09) }
      switch value {
      case .none: break
      case .number(let bytes), .word(let bytes): line += bytes
      case .text(let text): append(text, to: &line)
      }
    }
    return line + (form == .csv ? [0x0d, 0x0a] : [0x0a])
  }

  /// Appends text from the network as a field.
  ///
  /// Characters that could drive a terminal become `?`, line ends and tabs among them. A spreadsheet takes text with one of `=+-@` in
  /// front as a formula, so an apostrophe is put before it.
  private func append(_ text: String, to line: inout [UInt8]) {
    var field = String.UnicodeScalarView()
    if let first = text.unicodeScalars.first, "=+-@".unicodeScalars.contains(first) { field.append("'") }
    for scalar in text.unicodeScalars { field.append(scalar.isHarmlessOnTerminal ? scalar : "?") }
    let bytes = Array(String(field).utf8)
    guard form == .csv, bytes.contains(where: { $0 == 0x22 || $0 == 0x2c }) else {
      line += bytes
      return
    }
    line.append(0x22)
    for byte in bytes { line += byte == 0x22 ? [0x22, 0x22] : [byte] }
    line.append(0x22)
  }
}
