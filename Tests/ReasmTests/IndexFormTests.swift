import Foundation
import Testing

/// Both forms of the index say the same.
@Suite struct IndexFormTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Fixtures")
  private static let captures = ["injection", "hole", "several-connections", "tunnels", "strict-state", "http-chunked", "tls13"]

  private typealias Object = [String: Any]

  private func lines(_ capture: String, _ options: [String]) throws -> [Object] {
    let command = try Command()
    let input = Self.fixtures.appendingPathComponent(capture + "/input.pcap").path
    let outcome = try command.run(["-q", "-r", input, "-o", "out"] + options)
    #expect([0, 2].contains(outcome.status), "\(outcome.errors)")
    return try #require(command.contents("out/connections.ndjson")).split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? Object)
    }
  }

  /// Members of the short form that the full form has not, or with another value.
  private func missing(_ short: Object, _ full: Object, at path: String) -> [String] {
    short.flatMap { name, value -> [String] in
      guard let other = full[name] else { return [path + name] }
      if let part = value as? Object, let otherPart = other as? Object { return missing(part, otherPart, at: path + name + ".") }
      return (value as? NSObject)?.isEqual(other) == true ? [] : [path + name]
    }
  }

  private static func keys(_ line: Object) -> Set<String> {
    var keys = Set(line.keys)
    for part in ["client_to_server", "server_to_client"] {
      for name in (line[part] as? Object ?? [:]).keys { keys.insert(part + "." + name) }
    }
    return keys
  }

  @Test(arguments: captures, [[], ["--http", "--hash"], ["--tls"]]) func theFullFormHasEveryField(_ capture: String, _ options: [String])
    throws
  {
    let short = try lines(capture, options)
    let full = try lines(capture, options + ["--index", "full"])
    #expect(short.count == full.count)
    for (short, full) in zip(short, full) { #expect(missing(short, full, at: "") == []) }
    let first = try #require(full.first)
    #expect(full.allSatisfy { Self.keys($0) == Self.keys(first) })
    for name in ["layers", "tls", "start_epoch", "duration", "first_input", "client_to_server.gaps", "server_to_client.write_error"] {
      #expect(Self.keys(first).contains(name), "\(name)")
    }
    #expect(Self.keys(first).contains("http") == options.contains("--http"))
  }

  @Test func timesAreNumbers() throws {
    let line = try #require(try lines("hole", ["--index", "full"]).first)
    #expect(line["start_epoch"] as? Double == 1_700_000_000)
    #expect(line["duration"] as? Double == 0.009)
  }

  @Test func runJSONNamesTheForm() throws {
    let command = try Command()
    let input = Self.fixtures.appendingPathComponent("hole/input.pcap").path
    #expect(try command.run(["-q", "-r", input, "-o", "out", "--index", "full"]).status == 0)
    #expect(try #require(command.contents("out/run.json")).contains(#""index": "full""#))
    #expect(try command.run(["-q", "-r", input, "-o", "other", "--index", "full", "--no-index"]).status == 64)
    #expect(try command.run(["-q", "-r", input, "--console", "--index", "full"]).status == 64)
  }
}
