import Foundation
import TestSupport
import Testing

/// `--tar` on every capture: the members are the files, and the lines are the same but for where a file is.
@Suite struct ArchiveTests {
  private static let indexes = [
    "connections.ndjson", "chunks.ndjson", "http.ndjson", "websocket.ndjson", "matches.ndjson", "http.har", "run.json",
  ]

  /// Replaces members by the names that files would have.
  private static func withFiles(_ value: Any, _ check: ([String: Any]) throws -> Void) throws -> Any {
    if let list = value as? [Any] { return try list.map { try withFiles($0, check) } }
    guard let object = value as? [String: Any] else { return value }
    var result: [String: Any] = [:]
    for (key, value) in object { result[key] = try withFiles(value, check) }
    for (key, file) in [("member", "file"), ("raw_member", "raw_file"), ("joined_member", "joined")] {
      guard let member = object[key] as? [String: Any] else { continue }
      try check(member)
      #expect(object[file] == nil || object[file] is NSNull)
      result[key] = nil
      result[file] = member["name"]
      if let base64 = member["name_base64"] { result[file + "_base64"] = base64 }
    }
    return result
  }

  private static let options: [[String]] = [
    [], ["--chunks", "--hash", "--write-empty"], ["-T", "%A/%K/%N-%a-%B.%b"], ["--max-bytes", "5"], ["--http", "--no-ciphertext"],
  ]

  @Test(arguments: GoldenCase.all, options)
  func membersAreTheFiles(_ golden: GoldenCase, _ options: [String]) throws {
    // No option is given twice.
    let options = options.first.map(golden.arguments.contains) == true ? Array(options.dropFirst(2)) : options
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("reasm-\(UUID().uuidString).tar")
    defer { try? FileManager.default.removeItem(at: path) }
    let files = try golden.run(options)
    let archived = try golden.run(options + ["--tar", path.path])
    #expect(archived.status == files.status, "\(archived.messages)")
    let bytes = Array(try Data(contentsOf: path))
    let archive = try ParsedTar(bytes)
    #expect(archive.hasEnd)
    #expect(Set(archive.members.map(\.text)) == Set(files.files.keys), "\(archive.members.map(\.text))")
    #expect(archive.members.count == files.files.count)
    let firstIndex = archive.members.firstIndex { Self.indexes.contains($0.text) } ?? 0
    #expect(archive.members[firstIndex...].allSatisfy { Self.indexes.contains($0.text) })
    for (name, data) in files.files where !Self.indexes.contains(name) { #expect(archive.files[name] == Array(data), "\(name)") }
    // The folder has copies of the indexes, and nothing else.
    for (name, data) in archived.files { #expect(archive.files[name] == Array(data), "\(name)") }
    #expect(Set(archived.files.keys) == Set(files.files.keys.filter { Self.indexes.contains($0) }))
    let check = { (member: [String: Any]) in
      let name = try #require(member["name"] as? String)
      let (offset, length) = (try #require(member["offset"] as? Int), try #require(member["length"] as? Int))
      #expect(files.files[name].map { Array($0) } == Array(bytes[offset..<(offset + length)]), "\(name)")
    }
    for name in Self.indexes {
      guard let expected = files.files[name] else { continue }
      let got = Data(archive.files[name] ?? [])
      let isWhole = name.hasSuffix(".json") || name.hasSuffix(".har")
      let (left, right) = isWhole ? ([expected], [got]) : (expected.split(separator: 0x0a), got.split(separator: 0x0a))
      #expect(left.count == right.count)
      for (one, other) in zip(left, right) {
        var object = try Self.withFiles(JSONSerialization.jsonObject(with: other), check)
        if name == "run.json", var run = object as? [String: Any], var given = run["options"] as? [String: Any] {
          #expect(given.removeValue(forKey: "tar") as? Bool == true)
          run["options"] = given
          object = run
        }
        let line = try Self.withFiles(JSONSerialization.jsonObject(with: one), { _ in })
        #expect((line as? NSDictionary) == (object as? NSDictionary), "\(name)")
      }
    }
  }
}
