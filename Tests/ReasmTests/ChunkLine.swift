import Foundation

/// A line of chunks.ndjson, with the line of its connection's direction in the index.
struct ChunkLine {
  var connection: Int
  var direction: String
  var offset: Int
  var length: Int
  var fileOffset: Int
  var packet: Int
  var acknowledgment: Int?
  /// Whether the bytes are clear bytes of TLS.
  var isClear: Bool
  /// The direction in connections.ndjson, or its clear bytes.
  var index: [String: Any]

  struct Malformed: Error {
    var line: String
  }

  /// All lines of a log, each with its connection in the index beside it.
  static func lines(in path: String) throws -> [ChunkLine] {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var connections: [Int: [String: Any]] = [:]
    for object in try objects(folder + "/connections.ndjson") { connections[object["id"] as? Int ?? 0] = object }
    return try objects(path).map { object in
      guard let connection = object["connection"] as? Int, let direction = object["direction"] as? String,
        let offset = object["offset"] as? Int, let length = object["length"] as? Int, let packet = object["packet"] as? Int,
        object["time"] is String, let half = connections[connection]?[direction] as? [String: Any]
      else { throw Malformed(line: "\(object)") }
      let isClear = object["layer"] as? String == "clear"
      guard let index = isClear ? half["clear"] as? [String: Any] : half else { throw Malformed(line: "\(object)") }
      return ChunkLine(
        connection: connection, direction: direction, offset: offset, length: length, fileOffset: object["file_offset"] as? Int ?? offset,
        packet: packet, acknowledgment: object["acknowledgment"] as? Int, isClear: isClear, index: index)
    }
  }

  private static func objects(_ path: String) throws -> [[String: Any]] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
      guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
        throw Malformed(line: String(line))
      }
      return object
    }
  }

  /// The file that the bytes lie in.
  func file(in folder: String) -> [UInt8]? {
    (index["file"] as? String).flatMap { FileManager.default.contents(atPath: folder + "/" + $0) }.map(Array.init)
  }
}
