import Foundation
import Testing

/// `--strict-state`, `--strict-options` and `--checksum verify`: what is turned away shows in the summary, run.json and the index.
@Suite struct StrictnessTests {
  /// SYN, data, the data once more, FIN; nobody answers, and checksums are zero.
  private static func oneSided() -> [UInt8] {
    var capture = CaptureBytes()
    capture.packet(CaptureBytes.segment(sequence: 1_000, flags: 0x02))
    for _ in 0..<2 { capture.packet(CaptureBytes.segment(sequence: 1_001, flags: 0x18, "hello")) }
    capture.packet(CaptureBytes.segment(sequence: 1_006, flags: 0x11))
    return capture.bytes
  }

  struct Row: Sendable {
    var arguments: [String]
    var byState: Int
    var byOptions: Int
    /// Connections in the index; a bad checksum makes none.
    var connections = 1
    var bytes: Int
  }

  @Test(arguments: [
    Row(arguments: [], byState: 0, byOptions: 0, bytes: 5),
    // Without an answer the state stays at the SYN.
    Row(arguments: ["--strict-state"], byState: 3, byOptions: 0, bytes: 0),
    Row(arguments: ["--strict-options"], byState: 0, byOptions: 1, bytes: 5),
    Row(arguments: ["--strict-state", "--strict-options"], byState: 3, byOptions: 0, bytes: 0),
    Row(arguments: ["--checksum", "verify"], byState: 0, byOptions: 0, connections: 0, bytes: 0),
  ])
  func whatIsTurnedAwayIsShown(row: Row) throws {
    let command = try Command(["a.pcap": Self.oneSided()])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "-v"] + row.arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    func figure(_ label: String) -> Int? {
      outcome.errorLines.first { $0.hasPrefix(label) }?.dropFirst(label.count).split(separator: " ").first.flatMap { Int($0) }
    }
    #expect(figure("rejected by the state machine") == row.byState)
    #expect(figure("rejected by the option check") == row.byOptions)
    #expect(figure("reassembled bytes") == row.bytes)

    let text = try #require(command.contents("out/run.json"))
    let run = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let options = try #require(run["options"] as? [String: Any])
    #expect(options["strict_state"] as? Bool == row.arguments.contains("--strict-state"))
    #expect(options["strict_options"] as? Bool == row.arguments.contains("--strict-options"))
    let anomalies = try #require(run["anomalies"] as? [String: Int])
    #expect(anomalies["rejected_by_state"] == row.byState)
    #expect(anomalies["rejected_by_options"] == row.byOptions)
    #expect(anomalies["rejected"] == row.byState + row.byOptions)

    let lines = try #require(command.contents("out/connections.ndjson")).split(separator: "\n")
    #expect(lines.count == row.connections)
    for line in lines {
      let connection = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let direction = try #require(connection["client_to_server"] as? [String: Any])
      let noted = direction["anomalies"] as? [String: Int] ?? [:]
      #expect(noted["rejected", default: 0] == row.byState + row.byOptions)
      #expect(noted["rejected_by_state", default: 0] == row.byState)
      #expect(noted["rejected_by_options", default: 0] == row.byOptions)
    }
  }
}
