internal import Foundation
internal import Packets
internal import TestSupport

/// A line of connections.ndjson.
struct IndexLine {
  struct Gap {
    var offset: Int
    var length: Int
    var kind: String
    var fileOffset: Int
    var fileLength: Int
  }

  struct Direction {
    var sender: Endpoint
    var receiver: Endpoint
    var file: String?
    var isComplete: Bool
    /// Sequence number of offset 0.
    var sequence: UInt32?
    var end: String
    var bytes: Int
    var length: Int
    var payloadBytes: Int
    var fileSize: Int
    var truncatedBytes: Int
    var gapCount: Int
    var gapBytes: Int
    var gaps: [Gap]
    var conflictCount: Int
    var repeatedBytes: Int
    var dropped: [String: Int]
    var anomalies: [String: Int]
    var sha256: String?

    /// Every gap is listed, so that offsets in the file can be told from those in the stream.
    var listsAllGaps: Bool { gaps.count == gapCount }

    /// The parts of the stream that lie in the file: offset, place in the file, length.
    var pieces: [(offset: Int, place: Int, length: Int)] {
      var found: [(offset: Int, place: Int, length: Int)] = []
      var (offset, place) = (0, 0)
      func add(_ length: Int) { if length > 0 { found.append((offset, place, length)) } }
      for gap in gaps {
        let count = min(gap.offset - offset, fileSize - place)
        add(count)
        place += max(0, count) + gap.fileLength
        offset = gap.offset + gap.length
      }
      add(min(length - offset, fileSize - place))
      return found
    }
  }

  var id: Int
  var firstPacket: Int
  var lastPacket: Int
  var directions: [Direction]

  struct Malformed: Error, CustomStringConvertible {
    var line: String
    var description: String { "a line that is no index line: \(line)" }
  }

  static func lines(_ index: [UInt8]) throws -> [IndexLine] {
    try index.split(separator: 10).map { line in
      guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any], let parsed = IndexLine(object) else {
        throw Malformed(line: String(decoding: line, as: UTF8.self))
      }
      return parsed
    }
  }

  private init?(_ object: [String: Any]) {
    guard let id = object["id"] as? Int, let first = object["first_packet"] as? Int, let last = object["last_packet"] as? Int,
      let client = Self.endpoint(object["client"]), let server = Self.endpoint(object["server"]),
      let toServer = Self.direction(object["client_to_server"], client, server),
      let toClient = Self.direction(object["server_to_client"], server, client)
    else { return nil }
    self.id = id
    firstPacket = first
    lastPacket = last
    directions = [toServer, toClient]
  }

  private static func endpoint(_ value: Any?) -> Endpoint? {
    guard let object = value as? [String: Any], let ip = object["ip"] as? String, let port = object["port"] as? Int else { return nil }
    return Endpoint(ip, UInt16(port))
  }

  private static func direction(_ value: Any?, _ sender: Endpoint, _ receiver: Endpoint) -> Direction? {
    guard let object = value as? [String: Any], let bytes = object["bytes"] as? Int, let complete = object["complete"] as? Bool,
      let end = object["end"] as? String
    else { return nil }
    func number(_ name: String, _ standard: Int) -> Int { object[name] as? Int ?? standard }
    let gaps = (object["gaps"] as? [[String: Any]] ?? []).map { gap in
      Gap(
        offset: gap["offset"] as? Int ?? -1, length: gap["length"] as? Int ?? -1, kind: gap["kind"] as? String ?? "",
        fileOffset: gap["file_offset"] as? Int ?? -1, fileLength: gap["file_length"] as? Int ?? -1)
    }
    return Direction(
      sender: sender, receiver: receiver, file: object["file"] as? String, isComplete: complete,
      sequence: (object["seq"] as? Int).flatMap { UInt32(exactly: $0) }, end: end, bytes: bytes, length: number("length", bytes),
      payloadBytes: number("payload_bytes", bytes), fileSize: number("file_size", bytes), truncatedBytes: number("truncated_bytes", 0),
      gapCount: number("gap_count", 0), gapBytes: number("gap_bytes", 0), gaps: gaps,
      conflictCount: number("conflict_count", (object["conflicts"] as? [Any])?.count ?? 0), repeatedBytes: number("retransmitted_bytes", 0),
      dropped: object["dropped"] as? [String: Int] ?? [:], anomalies: object["anomalies"] as? [String: Int] ?? [:],
      sha256: object["sha256"] as? String)
  }
}

/// A line of chunks.ndjson.
struct ChunkLine {
  var connection: Int
  var isToServer: Bool
  var offset: Int
  var length: Int
  var fileOffset: Int
  var packet: Int

  static func lines(_ chunks: [UInt8]) throws -> [ChunkLine] {
    try chunks.split(separator: 10).map { line in
      guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
        let connection = object["connection"] as? Int, let direction = object["direction"] as? String,
        let offset = object["offset"] as? Int, let length = object["length"] as? Int, let packet = object["packet"] as? Int
      else { throw IndexLine.Malformed(line: String(decoding: line, as: UTF8.self)) }
      return ChunkLine(
        connection: connection, isToServer: direction == "client_to_server", offset: offset, length: length,
        fileOffset: object["file_offset"] as? Int ?? offset, packet: packet)
    }
  }
}
