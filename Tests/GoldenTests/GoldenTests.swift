import Foundation
import Testing

/// Whole output directories, names and bytes, the index and run.json among them, nothing masked; under three seeds, of which one is the
/// same in every run of the test and two are drawn anew.
///
/// `RECORD=1` writes what the program makes now in the place of what is expected, and fails, so that no run can record by accident
/// and pass.
@Suite struct GoldenTests {
  private static let records = ProcessInfo.processInfo.environment["RECORD"] == "1"

  @Test func thereAreFixtures() {
    #expect(GoldenCase.all.count >= 40)
  }

  @Test(arguments: GoldenCase.all)
  func theSameDirectory(golden: GoldenCase) throws {
    let outcome = try golden.run()
    let summary = try #require(outcome.files["run.json"], "no run.json; exit status \(outcome.status), \(outcome.messages)")
    let object = try #require(try JSONSerialization.jsonObject(with: summary) as? [String: Any])
    #expect(object["exit_status"] as? Int32 == outcome.status)
    if Self.records {
      try golden.record(outcome.files)
      Issue.record("recorded \(golden)")
      return
    }
    let expected = try GoldenCase.files(in: golden.expected)
    for made in [outcome.files, try golden.run().files, try golden.run(isSeedFixed: true).files] { Self.compare(made, expected) }
  }

  private static func compare(_ files: [String: Data], _ expected: [String: Data]) {
    #expect(files.keys.sorted() == expected.keys.sorted())
    for (name, data) in expected.sorted(by: { $0.key < $1.key }) {
      guard let made = files[name], made != data else { continue }
      Issue.record("\(name) differs: \(difference(made, data))")
    }
  }

  /// The first line that differs, and both versions of it.
  private static func difference(_ made: Data, _ expected: Data) -> String {
    let lines = made.split(separator: 10, omittingEmptySubsequences: false)
    let wanted = expected.split(separator: 10, omittingEmptySubsequences: false)
    for (number, pair) in zip(lines, wanted).enumerated() where pair.0 != pair.1 {
      return "line \(number + 1) is\n\(String(decoding: pair.0, as: UTF8.self))\nexpected\n\(String(decoding: pair.1, as: UTF8.self))"
    }
    return "\(lines.count) lines, expected \(wanted.count)"
  }
}
