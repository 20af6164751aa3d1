@testable import FlowFiles

/// The schemas beside the pages.
enum Schema: String, CaseIterable, Sendable {
  case connections, connectionsFull = "connections-full", chunks, run, events, http, websocket, list, matches

  var fileName: String { rawValue + ".schema.json" }

  /// What the table of the output gives.
  var text: String {
    switch self {
    case .connections: FormatSchema.text(title: "A line of connections.ndjson", [OutputFormat.connection])
    case .connectionsFull:
      FormatSchema.text(
        title: "A line of connections.ndjson with --index full", [OutputFormat.connection], full: ["connection", "direction"])
    case .chunks: FormatSchema.text(title: "A line of chunks.ndjson", [OutputFormat.chunk])
    case .run: FormatSchema.text(title: "run.json", [OutputFormat.run])
    case .http: FormatSchema.text(title: "A line of http.ndjson", [OutputFormat.exchange])
    case .websocket: FormatSchema.text(title: "A line of websocket.ndjson", [OutputFormat.webSocketMessage])
    case .list: FormatSchema.text(title: "A line of --list=json", [OutputFormat.listedConnection])
    case .matches: FormatSchema.text(title: "A line of matches.ndjson", [OutputFormat.match])
    case .events:
      FormatSchema.text(
        title: "A line of --events",
        [OutputFormat.openedEvent, OutputFormat.gapEvent, OutputFormat.conflictEvent, OutputFormat.closedEvent])
    }
  }
}
