import Foundation
import Testing

/// What the index says of a direction that is not whole, and of its bytes.
@Suite struct CompletenessTests {
  private typealias Direction = [String: Any]

  private static func directions(_ golden: GoldenCase) throws -> [Direction] {
    let index = try #require(try golden.run().files["connections.ndjson"])
    return try index.split(separator: 10).flatMap { line in
      let connection = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      return ["client_to_server", "server_to_client"].compactMap { connection[$0] as? Direction }
    }
  }

  /// The reasons that follow from the other fields of the index.
  private static func reasons(_ direction: Direction) -> [String] {
    let kinds = (direction["gaps"] as? [[String: Any]] ?? []).map { $0["kind"] as? String }
    let anomalies = direction["anomalies"] as? [String: Int] ?? [:]
    let held: [(String, Bool)] = [
      ("gap", kinds.contains { $0 != "cut" }), ("cut", kinds.contains("cut")), ("conflict", direction["conflict_count"] != nil),
      ("no_syn", direction["start"] as? String != "syn"), ("no_end", direction["end"] as? String == "none"),
      ("reset", direction["end"] as? String == "rst"), ("withdrawn", anomalies["rst_withdrawn"] != nil),
      ("truncated", direction["truncated_bytes"] != nil), ("unchecked", anomalies["unchecked"] != nil),
      ("write_failed", direction["write_error"] != nil),
    ]
    return held.filter(\.1).map(\.0)
  }

  @Test(arguments: GoldenCase.all)
  func theReasonsFollowFromTheFields(golden: GoldenCase) throws {
    for direction in try Self.directions(golden) {
      let reasons = direction["incomplete_because"] as? [String] ?? []
      #expect(reasons == Self.reasons(direction), "\(golden)")
      #expect(direction["complete"] as? Bool == reasons.isEmpty)
      if reasons.isEmpty { #expect(direction["whole_bytes"] as? Bool == true) }
    }
  }

  /// Cases with the reasons of their directions that are not whole, and whether the bytes of those are.
  @Test(arguments: [
    ("hole", [["gap"]], [false]), ("injection", [["conflict"]], [false]), ("reset", [["reset"], ["no_end"]], [true, true]),
    ("midstream", [["no_syn"], ["no_syn"]], [true, true]),
  ])
  func knownCases(_ name: String, _ reasons: [[String]], _ whole: [Bool]) throws {
    let golden = try #require(GoldenCase.all.first { $0.folder.lastPathComponent == name })
    let incomplete = try Self.directions(golden).filter { $0["incomplete_because"] != nil }
    #expect(incomplete.map { $0["incomplete_because"] as? [String] } == reasons)
    #expect(incomplete.map { $0["whole_bytes"] as? Bool } == whole)
  }
}
