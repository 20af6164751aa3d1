import FlowFiles
import Packets
import Reassembly

/// Table of connections for people: columns of printable ASCII that fit the terminal.
struct ListTable {
  enum Column: Int, CaseIterable {
    case id, start, duration, client, server, toServer, toClient, missing, resent, conflicts, roundTrip, closed, silence, end, inside

    var heading: String {
      switch self {
      case .toServer: "to server"
      case .toClient: "to client"
      case .roundTrip: "SYN RTT"
      case .closed: "zero window"
      default: "\(self)"
      }
    }

    /// Whether the column is aligned on the right.
    var isNumber: Bool {
      switch self {
      case .id, .duration, .toServer, .toClient, .missing, .resent, .conflicts, .roundTrip, .closed: true
      case .start, .client, .server, .silence, .end, .inside: false
      }
    }
  }

  private static let space = 2
  /// Width that the last column keeps as long as others can be left out.
  private static let leastInside = 14
  private static let leastEndpoint = 15

  /// Number of columns of the terminal; nil if the output is none, and lines are whole.
  private let width: Int?
  /// Greatest length of the cells of each column; 0 if the column is left out.
  private var widths = [Int](repeating: 0, count: Column.allCases.count)
  private var hasOnlyZeros = [Bool](repeating: true, count: Column.allCases.count)
  private var showsDay = true

  init(width: Int?) { self.width = width }

  /// Takes note of the widths of a line, before the first one is printed.
  mutating func measure(_ row: ListedConnection) {
    for column in Column.allCases {
      let text = cell(column, row)
      widths[column.rawValue] = max(widths[column.rawValue], text.utf8.count)
      if !["0", "0 B", ""].contains(text) { hasOnlyZeros[column.rawValue] = false }
    }
  }

  /// Chooses columns and widths, once all lines were measured.
  mutating func fit() {
    for column in Column.allCases { self[column] = max(self[column], column.heading.utf8.count) }
    guard let width else { return }
    let steps: [(inout ListTable) -> Void] = [
      { $0.leaveOutDay() },
      {
        for column in [Column.missing, .resent, .conflicts, .roundTrip, .closed, .silence] where $0.hasOnlyZeros[column.rawValue] {
          $0[column] = 0
        }
      },
      { $0[.start] = 0 }, { $0[.roundTrip] = 0 }, { $0[.duration] = 0 }, { $0[.silence] = 0 }, { $0[.resent] = 0 }, { $0[.closed] = 0 },
      { $0[.end] = 0 },
    ]
    for step in steps where total(inside: min(self[.inside], Self.leastInside)) > width { step(&self) }
    let others = total(inside: min(self[.inside], Self.leastInside)) - self[.client] - self[.server]
    if others + self[.client] + self[.server] > width {
      let room = max(Self.leastEndpoint, (width - others) / 2)
      self[.client] = min(self[.client], room)
      self[.server] = min(self[.server], room)
    }
    self[.inside] = min(self[.inside], max(Self.leastInside, width - total(inside: 0)))
  }

  private subscript(column: Column) -> Int {
    get { widths[column.rawValue] }
    set { widths[column.rawValue] = newValue }
  }

  private mutating func leaveOutDay() {
    showsDay = false
    self[.start] = 12
  }

  private func total(inside: Int) -> Int {
    Column.allCases.dropLast().reduce(inside) { $0 + (self[$1] > 0 ? self[$1] + Self.space : 0) }
  }

  /// Whether the width left out a column that tells why transfers stall.
  var hidesStalls: Bool { [Column.resent, .closed, .silence].contains { self[$0] == 0 && !hasOnlyZeros[$0.rawValue] } }

  /// What the left-out columns say of a connection, on a line of its own; nil if that is nothing.
  func stalls(_ row: ListedConnection) -> String? {
    var parts: [String] = []
    if let segments = row.stalls?.retransmittedSegments, segments > 0 {
      parts.append("\(DisplayText.count(segments, "segment")) sent again")
    }
    if let stalls = row.stalls, stalls.zeroWindows > 0 { parts.append("window closed \(DisplayText.seconds(stalls.zeroWindowTime))") }
    let silence = cell(.silence, row)
    if !silence.isEmpty { parts.append("silence \(silence)") }
    guard !parts.isEmpty else { return nil }
    let line = "connection \(row.id): \(parts.joined(separator: ", "))"
    return width.map { Self.cut(line, $0) } ?? line
  }

  var heading: String { line { $0.heading } }

  func line(_ row: ListedConnection) -> String { line { cell($0, row) } }

  private func line(_ cell: (Column) -> String) -> String {
    var line = ""
    for column in Column.allCases where self[column] > 0 {
      if column != .id { line += String(repeating: " ", count: Self.space) }
      let text = Self.cut(cell(column), self[column])
      let padding = String(repeating: " ", count: self[column] - text.utf8.count)
      line += column.isNumber ? padding + text : column == .inside ? text : text + padding
    }
    while line.hasSuffix(" ") { line.removeLast() }
    return width.map { Self.cut(line, $0) } ?? line
  }

  private static func cut(_ text: String, _ width: Int) -> String {
    text.utf8.count <= width ? text : text.prefix(max(0, width - 2)) + ".."
  }

  private func cell(_ column: Column, _ row: ListedConnection) -> String {
    switch column {
    case .id: "\(row.id)"
    case .start: start(row.start)
    case .duration: width == nil ? Self.decimal(row.duration) : DisplayText.seconds(row.duration)
    case .client: "\(row.key.sourceEndpoint)"
    case .server: "\(row.key.destinationEndpoint)"
    case .toServer: size(row.clientBytes)
    case .toClient: size(row.serverBytes)
    case .missing: size(row.gapBytes)
    case .resent: resent(row)
    case .conflicts: "\(row.conflictCount)" + (row.unchecked > 0 ? "?" : "")
    case .roundTrip: row.stalls?.synRoundTrip.map(DisplayText.shortTime) ?? ""
    case .closed: row.stalls.map { $0.zeroWindows == 0 ? "0" : DisplayText.seconds($0.zeroWindowTime) } ?? ""
    case .silence:
      row.stalls.map { $0.longestSilence < StallText.leastSilence ? "" : "\(DisplayText.seconds($0.longestSilence)) \($0.silenceSide)" }
        ?? ""
    case .end: row.closeName
    case .inside: Self.inside(row.content)
    }
  }

  private func start(_ time: Timestamp) -> String {
    let (day, clock) = (time.description.prefix(10), time.description.dropFirst(11))
    return showsDay ? "\(day) \(clock.prefix(15))" : String(clock.prefix(12))
  }

  /// Segments that repeat earlier ones, and their bytes.
  private func resent(_ row: ListedConnection) -> String {
    guard let segments = row.stalls?.retransmittedSegments, segments > 0 else { return size(row.retransmittedBytes) }
    return "\(segments): \(size(row.retransmittedBytes))"
  }

  /// A number of bytes, exact where programs may read it.
  private func size(_ bytes: Int64) -> String { width == nil ? "\(bytes)" : DisplayText.bytes(bytes) }

  /// Seconds with six decimal places.
  private static func decimal(_ nanoseconds: Int64) -> String {
    let fraction = String(nanoseconds / 1_000 % 1_000_000)
    return "\(nanoseconds / 1_000_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
  }

  /// Text from the network, without what is not printable ASCII: widths are certain, and nothing drives the terminal.
  private static func inside(_ content: ListedContent) -> String {
    guard !content.host.isEmpty else { return content.kind.name }
    var host = ""
    for scalar in content.host.unicodeScalars { host.unicodeScalars.append((0x21..<0x7f).contains(scalar.value) ? scalar : "?") }
    return "\(content.kind.name) \(host)"
  }
}
