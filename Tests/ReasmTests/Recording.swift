import Foundation
import Testing

/// Text that a test expects to find unchanged; `RECORD=1` writes it anew and fails, so that nobody records by accident.
enum Recording {
  static func expect(_ name: String, _ text: String, testFile: String = #filePath) throws {
    let file = URL(fileURLWithPath: testFile).deletingLastPathComponent().appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(name)")
      return
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text, "RECORD=1 swift test records \(name) again")
  }
}
