import DocumentedCode
import Foundation
import Reassembly
import Testing

/// Code that the documentation shows is code that compiles: each block stands in a file of `Tests/DocumentedCode`, which is built as a user of
/// the libraries builds, without experimental features.
@Suite struct SnippetTests {
  private static func lines(_ text: some StringProtocol) -> [String] {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  /// The Markdown pages of all catalogues, and the README.
  private static func pages() throws -> [String] {
    let sources = try FileManager.default.subpathsOfDirectory(atPath: Program.root.appendingPathComponent("Sources").path)
    return ["README.md"] + sources.filter { $0.contains(".docc/") && $0.hasSuffix(".md") }.map { "Sources/" + $0 }
  }

  @Test func everyBlockOfSwiftCompiles() throws {
    let folder = Program.root.appendingPathComponent("Tests/DocumentedCode")
    let snippets = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }.map { name in
      Self.lines(try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
    }
    var count = 0
    for page in try Self.pages() {
      let text = try String(contentsOf: Program.root.appendingPathComponent(page), encoding: .utf8)
      for block in text.components(separatedBy: "```swift\n").dropFirst() {
        let code = Self.lines(try #require(block.components(separatedBy: "```").first))
        count += 1
        #expect(snippets.contains { $0.firstRange(of: code) != nil }, "\(page): no file of Tests/DocumentedCode has \(code)")
      }
    }
    #expect(count >= 4)
  }

  /// The capture of the fixture `hole`: nine packets with 26 bytes of payload, four more missing.
  @Test func documentedCodeWorks() throws {
    let capture = Program.root.appendingPathComponent("Fixtures/hole/input.pcap")
    let headers = 24 + 9 * 16
    let bytes = Array(try Data(contentsOf: capture))
    #expect(try bytesCaptured(in: [capture.path, capture.path]) == [0: bytes.count - headers, 1: bytes.count - headers])
    let statistics = try reassemble(capture.path, into: MyFactory())
    #expect(statistics.reassembledBytes == 26)
    #expect(statistics.missedBytes == 4)
    #expect(describe(Array(bytes[40..<94])) == "40000 > 80, sequence 1000, 0 bytes")
    #expect(describe([]) == "no TCP segment: truncated")
  }
}
