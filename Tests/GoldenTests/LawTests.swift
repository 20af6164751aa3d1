import Foundation
import Testing

/// No captured byte is without account: what holds for every line of every index.
@Suite struct LawTests {
  private static let directions = ["client_to_server", "server_to_client"]

  @Test(arguments: GoldenCase.all)
  func theTwoLaws(golden: GoldenCase) throws {
    let outcome = try golden.run()
    let index = try #require(outcome.files["connections.ndjson"])
    for line in index.split(separator: 10) {
      let connection = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      for name in Self.directions {
        let direction = try #require(connection[name] as? [String: Any])
        let broken = Self.broken(direction, outcome.files)
        #expect(broken == [], "\(golden), connection \(connection["id"] ?? "?"), \(name)")
      }
    }
  }

  /// Every byte of a connection with HTTP is a head, a body, framing, between messages, or unparsed; in TLS every clear byte.
  @Test(arguments: GoldenCase.all)
  func theLawOfHTTP(golden: GoldenCase) throws {
    let isOfHTTP = golden.arguments.contains("--http")
    let outcome = try golden.run(isOfHTTP ? [] : ["--http"])
    let index = try #require(outcome.files["connections.ndjson"], "\(outcome.messages)")
    let exchanges = try #require(outcome.files["http.ndjson"]).split(separator: 10).count
    var expected = 0
    for line in index.split(separator: 10) {
      let connection = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      guard let http = connection["http"] as? [String: Any] else { continue }
      expected += http["exchanges"] as? Int ?? 0
      let inside = http["inside"] as? [String: Any]
      for name in Self.directions {
        let direction = try #require(connection[name] as? [String: Any])
        let clear = direction["clear"] as? [String: Any]
        let layers = inside.map { [(http, direction), ($0, clear ?? [:])] } ?? [(http, clear ?? direction)]
        for (layer, read) in layers {
          let came = ["bytes", "truncated_bytes"].reduce(0) { $0 + (read[$1] as? Int ?? 0) }
          let withheld = (read["dropped"] as? [String: Int])?["below_minimum"] ?? 0
          let counts = try #require(layer[name] as? [String: Int])
          #expect(counts.values.reduce(0, +) == came + withheld, "\(golden), connection \(connection["id"] ?? "?"), \(name)")
        }
      }
    }
    #expect(exchanges == expected)
    if isOfHTTP { #expect(exchanges > 0, "\(golden) shows no HTTP") }
  }

  private static func broken(_ direction: [String: Any], _ files: [String: Data]) -> [String] {
    func number(_ key: String) -> Int? { direction[key] as? Int }
    let bytes = number("bytes") ?? -1
    let truncated = number("truncated_bytes") ?? 0
    let gapBytes = number("gap_bytes") ?? 0
    let dropped = (direction["dropped"] as? [String: Int] ?? [:]).values.reduce(0, +)
    var found: [String] = []
    if number("length") ?? bytes != bytes + gapBytes + truncated { found.append("the length is not bytes and gaps") }
    if number("payload_bytes") ?? bytes != bytes + truncated + (number("retransmitted_bytes") ?? 0) + dropped {
      found.append("the payload is not bytes, repetitions and drops")
    }
    let gaps = direction["gaps"] as? [[String: Any]] ?? []
    if gaps.count != number("gap_count") ?? 0 { found.append("gap_count") }
    if gaps.reduce(0, { $0 + ($1["length"] as? Int ?? 0) }) != gapBytes { found.append("gap_bytes") }
    if let file = direction["file"] as? String {
      if files[file]?.count != number("file_size") ?? bytes { found.append("file_size") }
    } else if bytes != 0 {
      found.append("bytes without a file")
    }
    return found
  }
}
