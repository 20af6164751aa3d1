import Foundation
import Testing

/// What a test looks at in a line of connections.ndjson.
struct IndexLine {
  struct Direction {
    var file: String?
    var isComplete: Bool
    var bytes: Int
    /// Of the stream: bytes and gaps.
    var length: Int
    var gaps: Int
    /// Those that are listed.
    var listed: [Gap]
  }

  struct Gap {
    var range: Range<Int>
    var kind: String
  }

  var id: Int
  var close: String
  var client: Direction
  var server: Direction

  init(_ text: some StringProtocol) throws {
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    id = try #require(object["id"] as? Int)
    close = try #require(object["close"] as? String)
    client = try Self.direction(object["client_to_server"])
    server = try Self.direction(object["server_to_client"])
  }

  private static func direction(_ value: Any?) throws -> Direction {
    let object = try #require(value as? [String: Any])
    let bytes = try #require(object["bytes"] as? Int)
    return Direction(
      file: object["file"] as? String, isComplete: try #require(object["complete"] as? Bool), bytes: bytes,
      length: object["length"] as? Int ?? bytes, gaps: object["gap_count"] as? Int ?? 0,
      listed: try (object["gaps"] as? [[String: Any]] ?? []).map { gap in
        let (offset, length) = (try #require(gap["offset"] as? Int), try #require(gap["length"] as? Int))
        return Gap(range: offset..<offset + length, kind: try #require(gap["kind"] as? String))
      })
  }

  /// Every line of a run's index.
  static func all(_ folder: Folder, _ output: String) throws -> [IndexLine] {
    let text = try #require(folder.data(output + "/connections.ndjson"))
    return try String(decoding: text, as: UTF8.self).split(separator: "\n").map { try IndexLine($0) }
  }

  /// The kernel's counters in a run's run.json.
  static func kernel(_ folder: Folder, _ output: String) throws -> [String: Int] {
    let text = try #require(folder.data(output + "/run.json"))
    let object = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    return try #require(object["kernel"] as? [String: Int])
  }
}
