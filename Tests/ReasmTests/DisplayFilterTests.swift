import Foundation
import Testing

/// `display_filter` of the index, given to tshark: the packets that it takes are those that `--trace` names for the connection.
@Suite struct DisplayFilterTests {
  private static let tshark = ["/usr/bin/tshark", "/usr/local/bin/tshark"].first { FileManager.default.isExecutableFile(atPath: $0) }
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Fixtures")

  @Test(
    .enabled(if: tshark != nil, "needs tshark"),
    arguments: [
      "several-connections", "port-reuse", "http-ipv6", "link-vlan", "key-vlan", "fragments-ipv4", "fragments-ipv6", "tunnels",
      "ipv6-extension-headers", "link-pppoe", "link-mpls",
    ])
  func takesThePacketsOfTheConnection(_ name: String) throws {
    let tshark = try #require(Self.tshark)
    let folder = Self.fixtures.appendingPathComponent(name)
    let command = try Command(["a.pcap": Array(try Data(contentsOf: folder.appendingPathComponent("input.pcap")))])
    let arguments = (try? String(contentsOf: folder.appendingPathComponent("args"), encoding: .utf8)) ?? ""
    let outcome = try command.run(
      ["-r", "a.pcap", "-o", "out", "--trace", "--summary", "none"] + arguments.split(separator: "\n").map(String.init))
    let trace = outcome.errorLines.map { $0.split(separator: " ").map(String.init) }
    let index = try #require(command.contents("out/connections.ndjson"))
    let connections = try index.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    let firsts = connections.compactMap { ($0["first_packet"] as? Int).map(String.init) }
    for connection in connections {
      let id = try #require(connection["id"] as? Int)
      let filter = try #require(connection["display_filter"] as? String)
      let shown = try command.run(["-r", "a.pcap", "-Y", filter, "-T", "fields", "-e", "frame.number"], of: tshark)
      #expect(shown.status == 0, "\(shown.errors)")
      // A SYN that turned out to begin the next connection was traced as one of the connection before.
      let first = try #require(connection["first_packet"] as? Int)
      let others = trace.filter { $0[1] == String(id) && !firsts.contains($0[0]) }.map { $0[0] }
      #expect(shown.output.split(separator: "\n").map(String.init) == [String(first)] + others, "\(filter)")
    }
  }

  /// An error of ICMP quotes a segment of the connection, and another connection has the ports the other way round.
  @Test(.enabled(if: tshark != nil, "needs tshark"))
  func leavesOutWhatOnlyLooksLikeIt() throws {
    let tshark = try #require(Self.tshark)
    let segment = CaptureBytes.segment(sequence: 1_000, flags: 2)
    var capture = CaptureBytes()
    capture.packet(segment)
    capture.packet(CaptureBytes.segment(ports: (80, 40_000), sequence: 1, flags: 2))
    let quoted = Array(segment.dropFirst(14))
    let error = [3, 1, 0, 0, 0, 0, 0, 0] + quoted
    capture.packet(
      segment.prefix(14) + [0x45, 0, 0, UInt8(20 + error.count), 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1] + error)
    capture.packet(CaptureBytes.segment(sequence: 1_001, flags: 0x18, "x"))
    let command = try Command(["a.pcap": capture.bytes])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q"]).status == 0)
    let index = try #require(command.contents("out/connections.ndjson"))
    let first = try #require(index.split(separator: "\n").first { $0.hasPrefix(#"{"id":1,"#) })
    let connection = try #require(try JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any])
    let filter = try #require(connection["display_filter"] as? String)
    let shown = try command.run(["-r", "a.pcap", "-Y", filter, "-T", "fields", "-e", "frame.number"], of: tshark)
    #expect(shown.output == "1\n4\n")
  }

  /// Frames count in each input for itself.
  @Test func hasNoFramesOfTwoInputs() throws {
    var (first, second) = (CaptureBytes(), CaptureBytes())
    first.packet(seconds: 1, CaptureBytes.segment(sequence: 1_000, flags: 2))
    second.packet(seconds: 2, CaptureBytes.segment(sequence: 1_001, flags: 0x18, "x"))
    let command = try Command(["a.pcap": first.bytes, "b.pcap": second.bytes])
    #expect(try command.run(["-r", "a.pcap", "-r", "b.pcap", "-o", "out", "-q"]).status == 0)
    let index = try #require(command.contents("out/connections.ndjson"))
    #expect(index.contains("tcp.dstport==40000)) && !icmp\""))
  }

  /// What an option leaves out of a file is a reason too.
  @Test(arguments: [("--max-bytes", "truncated"), ("--min-bytes", "below_minimum")])
  func optionsAreReasons(_ option: String, _ reason: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", option, option == "--max-bytes" ? "3" : "1K"]).status == 0)
    let index = try #require(command.contents("out/connections.ndjson"))
    #expect(index.contains(#""complete":false,"incomplete_because":["\#(reason)"],"whole_bytes":true"#), "\(index)")
  }
}
