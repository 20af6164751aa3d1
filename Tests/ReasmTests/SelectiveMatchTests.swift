import Foundation
import Testing

/// `--matching` writes of each connection in which something matched what a whole run writes, and nothing of the others.
@Suite(.enabled(if: MatchOutputTests.isLibraryThere, "\(MatchOutputTests.reason)")) struct SelectiveMatchTests {
  private static let lineFiles = ["connections.ndjson", "chunks.ndjson", "http.ndjson", "websocket.ndjson"]

  /// Contents of every file below a folder, by path.
  private func files(_ command: Command, _ folder: String) throws -> [String: Data] {
    let root = "\(command.folder)/\(folder)"
    var files: [String: Data] = [:]
    for path in try #require(FileManager.default.subpaths(atPath: root)) {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder), !isFolder.boolValue else { continue }
      files[path] = FileManager.default.contents(atPath: "\(root)/\(path)")
    }
    return files
  }

  private func lines(_ data: Data?) -> [String] { String(decoding: data ?? Data(), as: UTF8.self).split(separator: "\n").map(String.init) }

  private func connection(_ line: String, _ name: String) throws -> Int {
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    return try #require(object[name == "connections.ndjson" ? "id" : "connection"] as? Int)
  }

  @Test(arguments: MatchOutputTests.captures, ["[0-9]{3}", "e$"])
  func isAPartOfTheWholeRun(_ name: String, _ pattern: String) throws {
    let command = try Command(["a.pcap": try MatchOutputTests.fixture(name)])
    let options = ["-r", "a.pcap", "-q", "--http", "--pcap", "--chunks", "--match", pattern]
    let whole = try command.run(options + ["-o", "whole"])
    let part = try command.run(options + ["-o", "part", "--matching"])
    #expect(whole.status == part.status, "\(part.errors)")
    let (all, some) = (try files(command, "whole"), try files(command, "part"))
    #expect(all["matches.ndjson"] == some["matches.ndjson"])
    let matched = Set(try lines(all["matches.ndjson"]).map { try connection($0, "matches.ndjson") })
    var named = ""
    for file in Self.lineFiles {
      let kept = try lines(all[file]).filter { matched.contains(try connection($0, file)) }
      #expect(kept.sorted() == lines(some[file]).sorted(), "\(file)")
      named += kept.joined()
    }
    for (path, contents) in all where !path.hasSuffix(".ndjson") && path != "run.json" {
      let word = try #require(String(data: JSONEncoder().encode(path), encoding: .utf8)).replacingOccurrences(of: "\\/", with: "/")
      #expect(some[path] == (named.contains(word) ? contents : nil), "\(path)")
    }
    let others = lines(all["connections.ndjson"]).count - matched.count
    let report = String(decoding: some["run.json"] ?? Data(), as: UTF8.self)
    #expect(report.contains("\"connections_passed_over\": \(others)"), "\(report)")
  }

  /// The names of files are those of a whole run, in which earlier connections have taken some.
  @Test func keepsNumbersOfNames() throws {
    let command = try Command(["a.pcap": try MatchOutputTests.fixture("port-reuse")])
    #expect(try command.run(["-r", "a.pcap", "-q", "-T", "all", "-o", "whole"]).status == 0)
    let last = try #require(try files(command, "whole").filter { $0.key.hasPrefix("all~") }.max { $0.key < $1.key })
    let text = try #require(String(data: last.value, encoding: .utf8))
    #expect(
      try command.run(["-r", "a.pcap", "-q", "-T", "all", "-o", "part", "--match-fixed", "--match", text, "--matching"]).status == 0)
    #expect(try files(command, "part")[last.key] == last.value)
  }
}
