import Foundation
import Testing

/// Whatever tells why a transfer stalls is said in the index, in the list and in the headings of the console.
@Suite struct AnalysisTests {
  private typealias Object = [String: Any]

  private static let capture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Fixtures/stalled/input.pcap").path

  private func object(_ line: String) throws -> Object { try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? Object) }

  private func line(_ options: [String]) throws -> Object {
    let command = try Command()
    let outcome = try command.run(["-q", "-r", Self.capture, "-o", "out"] + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try object(command.contents("out/connections.ndjson") ?? "")
  }

  /// Three segments sent again, a window closed for six seconds, and seven seconds of silence that the server ends.
  @Test func theIndexSaysEach() throws {
    let line = try line([])
    let (client, server) = (line["client_to_server"] as? Object ?? [:], line["server_to_client"] as? Object ?? [:])
    #expect(server["retransmitted_segments"] as? Int == 3)
    #expect(client["retransmitted_segments"] == nil)
    let window = try #require(client["zero_window"] as? Object)
    #expect(window["count"] as? Int == 1)
    #expect(abs((window["time"] as? Double ?? 0) - 6) < 0.01)
    #expect(server["window_probes"] as? Int == 2)
    let silence = try #require(line["longest_silence"] as? Object)
    #expect(abs((silence["length"] as? Double ?? 0) - 7) < 0.01)
    #expect(silence["side"] as? String == "server")
    #expect(silence["packet"] as? Int == 6)
    #expect(abs((line["syn_rtt"] as? Double ?? 0) - 0.03) < 0.002)
    let roundTrips = try #require(client["rtt"] as? Object)
    #expect(roundTrips["count"] as? Int == 3)
    #expect(abs((roundTrips["max"] as? Double ?? 0) - 0.03) < 0.002)
    #expect(server["throughput"] as? Int ?? 0 > 0)
  }

  @Test func theListSaysEach() throws {
    let outcome = try Command().run([Self.capture, "--list"])
    let row = try #require(outcome.output.split(separator: "\n").last)
    for words in ["3: 3000", "31.0 ms", "6.0 s", "7.0 s server"] { #expect(row.contains(words), "\(row) lacks \(words)") }
    let object = try object(try Command().run([Self.capture, "--list=json"]).output)
    #expect(object["retransmitted_segments"] as? Int == 3)
    #expect(object["zero_window_count"] as? Int == 1)
    #expect(object["longest_silence_side"] as? String == "server")
    #expect(object["longest_silence_packet"] as? Int == 6)
  }

  @Test func theConsoleSaysEach() throws {
    let text = try Command().run([Self.capture, "--console", "-q"]).output
    for words in [
      "SYN RTT 31.0 ms", "longest silence 7.0 s, ended by the server in packet 6", "3 segments sent again",
      "window closed 1 time, 6.0 s in all",
    ] {
      #expect(text.contains(words), "the console lacks: \(words)")
    }
  }

  @Test func thePageSaysEach() throws {
    let command = try Command()
    #expect(try command.run(["-q", "-r", Self.capture, "-o", "out", "--report"]).status == 0)
    let page = try #require(command.contents("out/report.html"))
    for words in ["window closed 1 time, 6 s in all", "3 repeated segments", "2 window probes", "ended by the server with packet 6"] {
      #expect(page.contains(words), "the page lacks: \(words)")
    }
  }

  /// Without the analysis nothing is measured; `--index full` keeps its fields.
  @Test func itCanBeLeftOut() throws {
    let names = ["syn_rtt", "longest_silence"]
    let sideNames = [
      "rtt", "retransmitted_segments", "duplicate_acks", "zero_window", "window_probes", "keep_alives", "first_data", "last_data",
      "throughput",
    ]
    let (without, full) = (try line(["--no-analysis"]), try line(["--no-analysis", "--index", "full"]))
    for name in names {
      #expect(without[name] == nil)
      #expect(full[name] is NSNull, "\(name)")
    }
    for side in ["client_to_server", "server_to_client"] {
      for name in sideNames {
        #expect((without[side] as? Object)?[name] == nil)
        #expect((full[side] as? Object)?[name] is NSNull, "\(name)")
      }
    }
    let list = try Command().run([Self.capture, "--list=csv", "--no-analysis"]).output
    // Seven fields of the connection and thirteen of each direction.
    #expect(list.contains("fin" + String(repeating: ",", count: 34) + "http,files.example"), "\(list)")
    #expect(!(try Command().run([Self.capture, "--console", "-q", "--no-analysis"]).output.contains("RTT")))
  }
}
