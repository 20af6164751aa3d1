import Foundation
import Matching
import Testing

/// Every file of the corpus through the functions that the fuzzers call.
@Suite struct ReplayTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
    .appendingPathComponent("Fixtures/fuzz", isDirectory: true)

  private static let targets = FuzzTarget.allCases.filter { $0 != .match || PatternSet.isLoadable }

  @Test(arguments: targets)
  func nothingIsFound(target: FuzzTarget) throws {
    let folder = Self.root.appendingPathComponent(target.rawValue, isDirectory: true)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(!names.isEmpty, "no corpus")
    for name in names {
      let input = try Data(contentsOf: folder.appendingPathComponent(name))
      #expect(target.problems([UInt8](input)) == [], "\(name)")
    }
  }
}
