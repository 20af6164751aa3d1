import Foundation
import Testing

/// Runs for some of the connections: what they get is what a run for all gives them.
@Suite struct SelectionTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path

  private func lines(_ command: Command, _ folder: String) -> [String] {
    (command.contents("\(folder)/connections.ndjson") ?? "").split(separator: "\n").map(String.init)
  }

  private func object(_ line: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
  }

  private func files(_ line: String) throws -> [String] {
    let connection = try object(line)
    return ["client_to_server", "server_to_client"].compactMap { (connection[$0] as? [String: Any])?["file"] as? String }
  }

  /// Names with a counter of connections, and names that are all equal, so that `~2` and `~3` come up.
  @Test(arguments: ["http-parallel", "port-reuse", "several-connections", "tunnels", "fuzz"], ["", "%A%C%c", "x", "%K/%a"])
  func theOthersLeaveEverythingAsItIs(_ fixture: String, _ template: String) throws {
    let capture = "\(Self.fixtures)/\(fixture)/input.pcap"
    guard FileManager.default.fileExists(atPath: capture) else { return }
    let command = try Command()
    let options = ["--chunks", "-q"] + (template.isEmpty ? [] : ["-T", template])
    #expect(try command.run([capture, "-o", "all"] + options).status == 0)
    let all = lines(command, "all")
    let chunks = (command.contents("all/chunks.ndjson") ?? "").split(separator: "\n").map(String.init)
    #expect(all.count > 1)
    for line in all.prefix(4) {
      let id = try #require(try object(line)["id"] as? Int)
      #expect(try command.run([capture, "-o", "some", "--force", "--connection", "\(id)"] + options).status == 0)
      #expect(lines(command, "some") == [line])
      #expect(
        (command.contents("some/chunks.ndjson") ?? "").split(separator: "\n").map(String.init)
          == chunks.filter {
            $0.hasPrefix("{\"connection\":\(id),") || $0.contains("\"id\":\(id),")
          })
      for file in try files(line) {
        let paths = ["all", "some"].map { FileManager.default.contents(atPath: "\(command.folder)/\($0)/\(file)") }
        #expect(paths[0] != nil && paths[0] == paths[1], "\(file)")
      }
      let run = try #require(command.contents("some/run.json"))
      #expect(run.contains("\"connection\": [\n      \"\(id)\"\n    ]"), "\(run)")
      #expect(run.contains("\"connections_passed_over\": \(all.count - 1)"))
    }
  }

  /// Two connections of one client port after the other, and a third.
  @Test(arguments: [
    (["1"], [1]), (["2-3"], [2, 3]), (["1,3"], [1, 3]), (["3", "1-2"], [1, 2, 3]), (["2-99"], [2, 3, 4]),
    (["10.0.0.1:40000"], [1, 2]), (["10.0.0.2:80"], [1, 2, 3]), (["[2001:db8::2]:443,10.0.0.3:1"], [4]), (["1,1,1"], [1]),
  ])
  func ways(_ words: [String], _ ids: [Int]) throws {
    let command = try Command(["a.pcap": try Self.several()])
    let options = words.flatMap { ["--connection", $0] }
    let listed = try command.run(["a.pcap", "--list=json", "-q"] + options)
    #expect(try listed.output.split(separator: "\n").map { try object(String($0))["id"] as? Int } == ids, "\(listed.errors)")
    let printed = try command.run(["a.pcap", "--console", "-q"] + options)
    #expect(printed.output.matches(of: /=== connection (\d+):/).compactMap { Int($0.1) }.sorted() == ids)
  }

  @Test func aCommunityIDSelectsBothDirections() throws {
    let command = try Command(["a.pcap": try Self.several()])
    let all = try command.run(["a.pcap", "--list=json", "-q"]).output.split(separator: "\n").map { try object(String($0)) }
    let wanted = try #require(all[3]["community_id"] as? String)
    let some = try command.run(["a.pcap", "--list=json", "-q", "--connection", wanted])
    #expect(try some.output.split(separator: "\n").map { try object(String($0))["id"] as? Int } == [4])
  }

  private static func several() throws -> [UInt8] {
    var capture = CaptureBytes()
    var second: UInt32 = 1
    func talk(_ ports: (UInt16, UInt16), _ sequence: UInt32) {
      capture.packet(seconds: second, CaptureBytes.segment(ports: ports, sequence: sequence, flags: 0x02))
      capture.packet(seconds: second + 1, CaptureBytes.segment(ports: ports, sequence: sequence + 1, flags: 0x18, "text"))
      capture.packet(seconds: second + 2, CaptureBytes.segment(ports: ports, sequence: sequence + 5, flags: 0x11))
      second += 200
    }
    talk((40_000, 80), 1_000)
    talk((40_000, 80), 90_000)
    talk((40_001, 80), 1_000)
    // IPv6: version, traffic class and flow, payload length, next header, hop limit, addresses; then TCP.
    func address(_ last: UInt8) -> [UInt8] { [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [last] }
    let tcp: [UInt8] = [0xc3, 0x50, 0x01, 0xbb, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0, 0x68, 0x69]
    let header: [UInt8] = [0x60, 0, 0, 0, 0, UInt8(tcp.count), 6, 64]
    capture.packet(seconds: second, [UInt8](repeating: 0, count: 12) + [0x86, 0xdd] + header + address(1) + address(2) + tcp)
    return capture.bytes
  }

  @Test(arguments: [
    ["--connection", "9"], ["--connection", "9", "--list"], ["--connection", "9", "--console"], ["--connection", "10.0.0.9:80"],
  ])
  func noneIsAFailure(_ options: [String]) throws {
    let command = try Command(["a.pcap": try Self.several()])
    let outcome = try command.run(["a.pcap"] + options)
    #expect(outcome.status == 1 && outcome.output == "")
    #expect(outcome.errors == "reasm: --connection \(options[1]) is none of the 4 connections; --list shows them\n")
    #expect(command.names(in: ".") == ["a.pcap"])
  }

  @Test func whatMatchesNothingIsNoted() throws {
    let command = try Command(["a.pcap": try Self.several()])
    let outcome = try command.run(["a.pcap", "-o", "out", "--connection", "2,9,10.0.0.9:1"])
    #expect(outcome.status == 0)
    #expect(outcome.errorLines.first == "1 of 4 connections, 1 file of 4 bytes in out")
    #expect(outcome.errors.contains("note: --connection 9,10.0.0.9:1 is none of the 4 connections\n"))
  }

  @Test(arguments: [
    "0", "5-2", "x", "1:", "1:AAAA", "10.0.0.1", "10.0.0.1:99999", "2001:db8::1:443", "[2001:db8::1]", "1,,2", "-3", "1-",
    "999999999999999999999",
  ])
  func isRefused(_ words: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["a.pcap", "-o", "out", "--connection=\(words)"])
    #expect(outcome.status == 64 && outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("names no connection: say an id"), "\(outcome.errors)")
  }
}
